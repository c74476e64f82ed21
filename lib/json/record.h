// Record: one event, as a view on the line that holds it.
//
// The top level of the line is indexed lazily: get() walks as far as it must to find a member,
// keeps what it passed, and stops.  Of duplicate names the first is read.  A line is therefore
// checked as far as it is read: damage behind the last member that anybody asks for is not noticed,
// unless check() (--strict) looks at all of it.  What get() returns has been checked.
//
// The index is reused from line to line; a Record is made once and reset for every line.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "json/name.h"
#include "json/passed_values.h"
#include "json/path.h"
#include "json/value.h"

namespace streamutils {

class Record {
 public:
  // Bytes that must be readable after the end of a line given to reset().
  static constexpr std::size_t kPadding = 64;

  Record();
  ~Record();
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  // What one of the two learns of how lines look, the other knows from now on: for records that
  // read the same stream, on one thread.  It changes no answer.
  void learn_with(Record& other);

  // Starts on another line, which has no line ending.  `line` must stay unchanged until the next
  // reset.  REQUIRES: kPadding readable bytes behind the line.
  void reset(std::string_view line);

  // The bytes that came in.
  std::string_view line() const { return line_; }

  // The value at the path; Kind::missing if there is none, or if damage was met on the way.
  Value get(const Path& path) const {
    return path.is_name() ? member(path.name()) : get_nested(path);
  }

  // A member of the top level by its exact name (unescaped).  Quicker for a lasting name.
  Value member(const WantedName& name) const;
  Value member(std::string_view name) const { return member(WantedName(name)); }

  // The same in two steps, for who reads a number and checks it in one: the text of the member,
  // which may be damaged, or an empty one; and what it is.  REQUIRES: raw() returned it last.
  std::string_view raw(const WantedName& name) const {
    const std::string_view passed = passed_->find(name);
    return passed.data() != nullptr ? passed : find(name);
  }
  Value checked(std::string_view raw) const;

  // Where a member of the top level stands in line(): its value, unread.  If there is none of that
  // name an empty text, where a new one would go: behind the last value, or behind the bracket of
  // an empty object.  Meaningless unless ok() afterwards.
  std::string_view place_of(const WantedName& name) const;

  // False if no two members of the top level have one name; true if they may.  REQUIRES: the line
  // has been read to its end, by place_of() of a name that is not there, and is ok().
  bool may_repeat_names() const;

  // The top-level members in their order, duplicates too.  key: the raw text with its quotes.  The
  // callback returns false to stop.  Walks the whole line.
  void for_each(const std::function<bool(std::string_view raw_key, Value value)>& visit) const;

  // Checks the whole line as RFC 8259, UTF-8 included, and refuses duplicate names at any level.
  // False on damage.
  bool check() const;

  // Why the line is no record, as far as it was read: "expected ':' after a name", or empty.  A
  // record with damage is bad, whatever get() has returned before.
  std::string_view damage() const { return damage_; }
  bool ok() const { return damage_.empty(); }

  // --- What the driver knows of the event
  // ----------------------------------------------------------

  // Event time; meaningful if the operator takes time.
  Timestamp time() const { return time_; }
  void set_time(Timestamp t) { time_ = t; }

  // Which input the line came from: 0, or 0 and 1 for a join.
  std::size_t input() const { return input_; }
  void set_input(std::size_t input) { input_ = input; }

 private:
  struct Shapes;
  struct Index;

  std::string_view find(const WantedName& name) const;
  std::string_view find_plain(const WantedName& name) const;
  Value whole() const;
  Value get_nested(const Path& path) const;

  std::string_view line_;
  Timestamp time_{};
  std::size_t input_ = 0;
  mutable std::string_view damage_;
  std::unique_ptr<Index> index_;
  const PassedValues* passed_;  // of index_
};

}  // namespace streamutils
