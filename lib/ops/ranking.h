// Ranking: the best N events of one key, best first.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "json/value.h"

namespace streamutils {

// An event in a ranking.
struct RankedEvent {
  std::string value;  // JSON text of a number or a string: what it is ranked by
  Timestamp time{};
  std::uint64_t number = 0;  // in the order in which events came
  std::string line;          // its bytes, without a member `rank`

  // Its value is larger; or as large, and it is the earlier one.
  bool is_before(const RankedEvent& other) const;
};

class Ranking {
 public:
  explicit Ranking(std::size_t limit) : limit_(limit) {}

  // The place that the event would take, 0 for the best; nullopt if it is not among the best N.
  // Does not look at its line.
  std::optional<std::size_t> place_of(const RankedEvent& event) const;
  // Puts it there; the last one drops out if there are too many.
  void insert(std::size_t place, RankedEvent event);

  const std::vector<RankedEvent>& events() const { return events_; }

 private:
  std::size_t limit_;
  std::vector<RankedEvent> events_;
};

}  // namespace streamutils
