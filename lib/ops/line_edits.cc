// SPDX-License-Identifier: Apache-2.0
#include "ops/line_edits.h"

#include <algorithm>
#include <utility>

#include "json/writer.h"

namespace streamutils {

LineEdits::LineEdits(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    Edit& edit = edits_.emplace_back(name);
    edit.key = ',';
    append_json_string(edit.key, name);
    edit.key += ':';
  }
}

std::span<const std::string_view> LineEdits::pieces(const Record& record) {
  pieces_.clear();
  in_place_.clear();
  const Edit* added = nullptr;  // a new member: all of them go to one place
  for (Edit& edit : edits_) {
    if (!edit.is_set) continue;
    edit.place = record.place_of(edit.wanted);
    if (!record.ok()) return {};
    if (edit.place.exists) in_place_.push_back(&edit);
    if (!edit.place.exists) added = &edit;
  }
  if (in_place_.size() > 1) {
    std::sort(in_place_.begin(), in_place_.end(),
              [](const Edit* a, const Edit* b) { return a->place.begin < b->place.begin; });
  }
  const std::string_view line = record.line();
  std::size_t at = 0;
  for (const Edit* edit : in_place_) {
    pieces_.push_back(line.substr(at, edit->place.begin - at));
    pieces_.push_back(edit->json);
    at = edit->place.end;
  }
  if (added != nullptr) {
    pieces_.push_back(line.substr(at, added->place.end - at));
    at = added->place.end;
    bool first = added->place.is_first;
    for (const Edit& edit : edits_) {
      if (!edit.is_set || edit.place.exists) continue;
      pieces_.push_back(std::string_view(edit.key).substr(std::exchange(first, false) ? 1 : 0));
      pieces_.push_back(edit.json);
    }
  }
  pieces_.push_back(line.substr(at));
  return pieces_;
}

}  // namespace streamutils
