// SPDX-License-Identifier: Apache-2.0
#include "ops/line_edits.h"

#include <algorithm>
#include <utility>

#include "json/writer.h"

namespace streamutils {

LineEdits::LineEdits(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    Edit& edit = edits_.emplace_back(name);
    append_json_string(edit.key, name);
    edit.key += ':';
  }
}

bool LineEdits::write(const Record& record, std::string& out) {
  in_place_.clear();
  Record::Place end;  // where new members go
  for (Edit& edit : edits_) {
    if (!edit.is_set) continue;
    edit.place = record.place_of(edit.wanted);
    if (!record.ok()) return false;
    if (edit.place.exists) in_place_.push_back(&edit);
    if (!edit.place.exists) end = edit.place;
  }
  std::sort(in_place_.begin(), in_place_.end(),
            [](const Edit* a, const Edit* b) { return a->place.begin < b->place.begin; });
  const std::string_view line = record.line();
  std::size_t at = 0;
  for (const Edit* edit : in_place_) {
    out.append(line, at, edit->place.begin - at).append(edit->json);
    at = edit->place.end;
  }
  if (end.end > 0) {
    out.append(line, at, end.end - at);
    at = end.end;
  }
  bool first = end.is_first;
  for (const Edit& edit : edits_) {
    if (!edit.is_set || edit.place.exists) continue;
    if (!std::exchange(first, false)) out += ',';
    out.append(edit.key).append(edit.json);
  }
  out.append(line, at);
  return true;
}

}  // namespace streamutils
