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
    if (edit.place.empty()) added = &edit;
    if (!edit.place.empty()) in_place_.push_back(&edit);
  }
  if (in_place_.size() > 1) {
    std::sort(in_place_.begin(), in_place_.end(),
              [](const Edit* a, const Edit* b) { return a->place.data() < b->place.data(); });
  }
  std::string_view* piece = pieces_.data();
  const char* at = record.line().data();
  const auto add_up_to = [&](const char* end) {
    *piece++ = {at, static_cast<std::size_t>(end - at)};
    at = end;
  };
  for (const Edit* edit : in_place_) {
    add_up_to(edit->place.data());
    *piece++ = edit->json;
    at += edit->place.size();
  }
  if (added != nullptr) {
    add_up_to(added->place.data());
    bool is_first = at[-1] == '{';  // in an empty object
    for (const Edit& edit : edits_) {
      if (!edit.is_set || !edit.place.empty()) continue;
      *piece++ = std::string_view(edit.key).substr(std::exchange(is_first, false) ? 1 : 0);
      *piece++ = edit.json;
    }
  }
  add_up_to(record.line().data() + record.line().size());
  return {pieces_.data(), piece};
}

}  // namespace streamutils
