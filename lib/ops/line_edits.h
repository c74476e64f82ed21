// LineEdits: members of the top level of one event, set in its line; all other bytes stay.
//
// The quick way for what MemberText does in general: the line is never taken apart, but copied in
// few pieces with what was set between them.  A member that exists is replaced where it stands, a
// new one goes behind the last.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/value.h"
#include "json/record.h"

namespace streamutils {

class LineEdits {
 public:
  // names: of the members that may be set, each once.
  explicit LineEdits(const std::vector<std::string>& names);
  LineEdits(const LineEdits&) = delete;
  LineEdits& operator=(const LineEdits&) = delete;

  // Starts on another line, of which nothing is set.  The record is read to its end at once, so
  // that whatever else is asked of it has been passed.  False if damage was met.
  bool begin(const Record& record);

  // Sets the member names[i] to the JSON text that the caller appends to the string.  Valid until
  // begin().
  std::string& set(std::size_t i) {
    Edit& edit = edits_[i];
    edit.is_set = true;
    edit.number_size = 0;
    edit.text.resize(edit.key_size);
    return edit.text;
  }
  // Sets it to a number; false, and nothing done, if that is not finite.  REQUIRES: it is numeric.
  bool set_number(std::size_t i, expr::Value value);
  // Takes it back.
  void unset(std::size_t i) { edits_[i].is_set = false; }

  // The line with the changes, in pieces that together are it.  Valid until begin(), and as long as
  // the record is.
  std::span<const std::string_view> pieces();

 private:
  std::span<const std::string_view> pieces_of_one();

  struct Edit {
    explicit Edit(std::string_view name);

    std::string_view member() const {
      return number_size == 0 ? std::string_view(text)
                              : std::string_view(number).substr(0, number_size);
    }
    std::string_view value() const { return member().substr(key_size); }

    WantedName wanted;
    std::string text;             // ,"name":value
    std::string number;           // the same with room for any number behind the colon
    std::size_t number_size = 0;  // with the name; 0: it is in text
    std::size_t key_size = 0;
    bool is_set = false;
    std::string_view place;  // Record::place_of
  };

  std::vector<Edit> edits_;
  std::string_view line_;
  std::vector<const Edit*> in_order_;     // of their places; scratch
  std::vector<std::string_view> pieces_;  // as many as there may be
};

}  // namespace streamutils
