// EventText: writes the members of one flat event.
//
// Straight into the memory of a string that is a little longer than what has been written so far:
// most lines are members and texts of a few bytes, for each of which std::string would look twice
// whether there is room.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/copy.h"
#include "base/decimal.h"
#include "json/writer.h"

namespace streamutils {

class EventText {
 public:
  // Begins an event at the end of out, which has it when this is gone, and may hold anything until
  // then.
  explicit EventText(std::string& out) : out_(out) {
    grow(out.size(), kFirstRoom);
    raw("{");
  }
  ~EventText() { out_.resize(size()); }
  EventText(const EventText&) = delete;
  EventText& operator=(const EventText&) = delete;

  // A member.  key: a plain ASCII name with nothing to escape; quoted_key: a name as JSON.
  EventText& key(std::string_view name) {
    char* to = room(name.size() + 4);
    to = separate(to);
    *to++ = '"';
    to = copy_bytes(to, name);
    *to++ = '"';
    *to++ = ':';
    at_ = to;
    return *this;
  }
  EventText& quoted_key(std::string_view json) {
    char* to = room(json.size() + 2);
    to = copy_bytes(separate(to), json);
    *to++ = ':';
    at_ = to;
    return *this;
  }

  void text(std::string_view value) {
    char* const to = room(value.size() + 2);
    if (!copy_literal_text(to + 1, value)) return escaped(value);
    to[0] = to[value.size() + 1] = '"';
    at_ = to + value.size() + 2;
  }
  void raw(std::string_view json) { at_ = copy_bytes(room(json.size()), json); }
  void null() { raw("null"); }
  // "-" is no value.
  void text_or_null(std::string_view value) { value == "-" ? null() : text(value); }
  // A number where it is spelled like one; null if empty.
  void number_or_text(std::string_view value) {
    if (value.empty()) return null();
    is_number(value) ? raw(value) : text(value);
  }

  void end() { raw("}"); }

 private:
  static constexpr std::size_t kFirstRoom = 512;

  std::size_t size() const { return static_cast<std::size_t>(at_ - out_.data()); }

  // Where n bytes have room.
  char* room(std::size_t n) {
    if (static_cast<std::size_t>(end_ - at_) < n) [[unlikely]]
      grow(size(), n);
    return at_;
  }
  void grow(std::size_t used, std::size_t more) {
    out_.resize(std::max(used + more, used * 2));
    at_ = out_.data() + used;
    end_ = out_.data() + out_.size();
  }

  char* separate(char* to) {
    if (comma_) *to++ = ',';
    comma_ = true;
    return to;
  }

  void escaped(std::string_view value) {
    std::string json;
    append_json_string(json, value);
    raw(json);
  }

  std::string& out_;
  char* at_ = nullptr;   // behind what has been written
  char* end_ = nullptr;  // of the string
  bool comma_ = false;
};

}  // namespace streamutils
