// SPDX-License-Identifier: Apache-2.0
#include "ops/line_edits.h"

#include <algorithm>
#include <utility>

#include "json/writer.h"

namespace streamutils {

LineEdits::LineEdits(std::vector<std::string> names) : names_(std::move(names)) {
  for (const std::string& name : names_) {
    Edit& edit = edits_.emplace_back(name);
    edit.key = ',';
    append_json_string(edit.key, name);
    edit.key += ':';
  }
  pieces_.resize(2 * edits_.size() + 2);
}

std::span<const std::string_view> LineEdits::pieces(const Record& record) {
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
  std::string_view* piece = pieces_.data();
  std::size_t at = 0;
  for (const Edit* edit : in_place_) {
    *piece++ = line.substr(at, edit->place.begin - at);
    *piece++ = edit->json;
    at = edit->place.end;
  }
  if (added != nullptr) {
    *piece++ = line.substr(at, added->place.end - at);
    at = added->place.end;
    bool first = added->place.is_first;
    for (const Edit& edit : edits_) {
      if (!edit.is_set || edit.place.exists) continue;
      *piece++ = std::string_view(edit.key).substr(std::exchange(first, false) ? 1 : 0);
      *piece++ = edit.json;
    }
  }
  *piece++ = line.substr(at);
  return {pieces_.data(), piece};
}

}  // namespace streamutils
