// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup_count_row.h"

#include "json/writer.h"

namespace streamutils {

CountRow::CountRow(std::vector<Path> fields) : fields_(std::move(fields)) {
  for (const Path& field : fields_) append_json_string(labels_.emplace_back(), field.text());
}

std::string CountRow::members_of(const Record& record) const {
  std::string members;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Value value = record.get(fields_[i]);
    if (!value.exists()) continue;
    members.append(labels_[i]).append(1, ':').append(value.raw()).append(1, ',');
  }
  return members;
}

std::string CountRow::make(std::string_view members, std::uint64_t repeats,
                           const std::optional<std::pair<Timestamp, Timestamp>>& times,
                           TimeStyle style, bool partial) {
  std::string row = "{";
  row.append(members).append("\"repeats\":").append(std::to_string(repeats));
  if (times) {
    append_time(row += ",\"first\":", times->first, style);
    append_time(row += ",\"last\":", times->second, style);
  }
  return row += partial ? ",\"partial\":true}" : "}";
}

}  // namespace streamutils
