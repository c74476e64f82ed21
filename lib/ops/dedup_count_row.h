// What sdedup --count-to says of a key:
//
//     {"user":"ann","repeats":2,"first":"2026-11-22T10:00:00Z","last":"2026-11-22T10:00:06.5Z"}
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "json/path.h"
#include "json/record.h"

namespace streamutils {

class CountRow {
 public:
  explicit CountRow(std::vector<Path> fields);

  // The fields that the event has, each with a comma behind it.
  std::string members_of(const Record& record) const;

  // times: the least and the greatest of its events, if times are read.
  static std::string make(std::string_view members, std::uint64_t repeats,
                          const std::optional<std::pair<Timestamp, Timestamp>>& times,
                          TimeStyle style, bool partial);

 private:
  std::vector<Path> fields_;
  std::vector<std::string> labels_;  // as JSON
};

}  // namespace streamutils
