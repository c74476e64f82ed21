// Path: where in an event a value stands.
//
//   user.address.city   member of member of member; a key that has the dotted name itself wins at
//   every
//                       step, the longest first (`id.orig_h` of Zeek logs)
//   items.0.price       a number is an array index where it meets an array, a name where an object
//   /user/a~1b/0        a JSON Pointer (RFC 6901): no dots are special, ~0 is ~ and ~1 is /
//   this                the whole event, unless it has a member of that name (only via /this)
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/name.h"

namespace streamutils {

class Path {
 public:
  // Refuses the empty text, empty steps ("a..b") and bad pointers.
  static Result<Path> parse(std::string_view text);

  // "a,b.c" -> two paths.  A comma cannot be part of a path here.
  static Result<std::vector<Path>> parse_list(std::string_view text);

  // The text as it was given; a key leaves under this name.
  const std::string& text() const { return text_; }
  const std::vector<std::string>& steps() const { return steps_; }
  // The names that may be a member of the top level on the way, the longest first: of "a.b.c" that,
  // "a.b" and "a"; of a pointer its first step.  Empty for `this`.
  const std::vector<WantedName>& top_names() const { return top_names_; }
  // The name of the member.  REQUIRES: is_name().
  const WantedName& name() const { return top_names_.front(); }
  // True for the name of one member of the top level.
  bool is_name() const { return is_name_; }
  bool is_pointer() const { return pointer_; }
  // True for `this`.
  bool is_whole() const { return whole_; }

  friend bool operator==(const Path& a, const Path& b) { return a.text_ == b.text_; }

 private:
  std::string text_;
  std::vector<std::string> steps_;
  std::vector<WantedName> top_names_;
  bool is_name_ = false;
  bool pointer_ = false;
  bool whole_ = false;
};

}  // namespace streamutils
