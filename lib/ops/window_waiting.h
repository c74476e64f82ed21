// WaitingEvents: events of one operator that wait for the watermark, so that they can be looked at
// strictly in the order of their times, those of equal times in the order in which they came.
//
// An event with the time of the watermark is ripe: later ones of its time come after it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "base/time.h"
#include "ops/aggregate_pool.h"
#include "ops/group_key.h"
#include "ops/keyed.h"
#include "stream/snapshot.h"

namespace streamutils {

struct WaitingEvent {
  Timestamp time{};
  std::uint64_t number = 0;  // the order in which it came
  Group* group = nullptr;
  std::byte* block = nullptr;  // its states, of the pool; belongs to whoever holds the event
  std::string line;            // its bytes, where they are needed
};

class WaitingEvents {
 public:
  // The pool must outlive it.
  WaitingEvents(const AggregateList& aggregates, BlockPool& pool)
      : aggregates_(aggregates), pool_(pool) {}
  ~WaitingEvents();
  WaitingEvents(const WaitingEvents&) = delete;
  WaitingEvents& operator=(const WaitingEvents&) = delete;

  std::size_t size() const { return heap_.size(); }

  void push(WaitingEvent event);

  // True if the next event's time is at most `now`; then take() gives it.
  bool is_ripe(Timestamp now) const { return !heap_.empty() && heap_.front().time <= now; }
  WaitingEvent take();

  // One entry for each, in the order in which they came.
  void save(SnapshotWriter& out) const;
  // group_of: the group of a key, which then has one more event that waits; null: there is none.
  using GroupOf = std::function<Group*(const GroupKey& key)>;
  void restore(SnapshotReader& in, const GroupOf& group_of);

 private:
  const AggregateList& aggregates_;
  BlockPool& pool_;
  std::vector<WaitingEvent> heap_;  // the least first
};

}  // namespace streamutils
