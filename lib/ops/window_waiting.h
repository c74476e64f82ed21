// WaitingEvents: events of one operator that wait for the watermark, so that they can be looked at
// strictly in the order of their times, those of equal times in the order in which they came.
//
// An event with the time of the watermark is ripe: later ones of its time come after it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "base/time.h"
#include "ops/keyed.h"

namespace streamutils {

struct WaitingEvent {
  Timestamp time{};
  std::uint64_t number = 0;  // the order in which it came
  Group* group = nullptr;
  std::byte* block = nullptr;  // its states, of a pool; belongs to whoever holds the event
  std::string line;            // its bytes, where they are needed
};

class WaitingEvents {
 public:
  bool is_empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }

  void push(WaitingEvent event);

  // True if the next event's time is at most `now`; then take() gives it.
  bool is_ripe(Timestamp now) const { return !heap_.empty() && heap_.front().time <= now; }
  WaitingEvent take();

  // In the order in which they came.
  std::vector<const WaitingEvent*> by_number() const;
  // In no order.
  const std::vector<WaitingEvent>& all() const { return heap_; }

 private:
  std::vector<WaitingEvent> heap_;  // the least first
};

}  // namespace streamutils
