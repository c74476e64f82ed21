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

#include "json/record.h"

namespace streamutils {

class LineEdits {
 public:
  // names: of the members that may be set, each once.
  explicit LineEdits(std::vector<std::string> names);
  LineEdits(const LineEdits&) = delete;
  LineEdits& operator=(const LineEdits&) = delete;

  // Forgets what was set.
  void clear() {
    for (Edit& edit : edits_) edit.is_set = false;
  }

  // Sets the member names[i] to the JSON text that the caller puts into the empty string.  Valid
  // until clear().
  std::string& set(std::size_t i) {
    edits_[i].is_set = true;
    edits_[i].json.clear();
    return edits_[i].json;
  }
  // Takes it back.
  void unset(std::size_t i) { edits_[i].is_set = false; }

  // The record's line with the changes, in pieces that together are it; none if damage was met.
  // Valid until clear(), and as long as the record is.
  std::span<const std::string_view> pieces(const Record& record);

 private:
  struct Edit {
    explicit Edit(std::string_view name) : wanted(WantedName::lasting(name)) {}

    WantedName wanted;
    std::string key;  // with a comma before it, quotes and colon
    std::string json;
    bool is_set = false;
    std::string_view place;  // Record::place_of
  };

  std::vector<std::string> names_;
  std::vector<Edit> edits_;
  std::vector<const Edit*> in_place_;     // scratch
  std::vector<std::string_view> pieces_;  // as many as there may be
};

}  // namespace streamutils
