// WaitingEvents: events of one operator that wait for the watermark, so that they can be looked at
// strictly in the order of their times, those of equal times in the order in which they came.
//
// An event with the time of the watermark is ripe: later ones of its time come after it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
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
  bool is_ripe(Timestamp now) const { return !heap_.empty() && heap_.front()->event.time <= now; }
  WaitingEvent take();

  // A row for each, in the order in which they came.
  void save(SnapshotWriter& out) const;
  // All rows that come next.  group_of: the group of a key, which then has one more event that
  // waits; null: there is none.
  using GroupOf = std::function<Group*(const GroupKey& key)>;
  void restore(SnapshotReader& in, const GroupOf& group_of) {
    while (restore_some(in, group_of)) {
    }
  }
  // Those behind the next entry; false if it is none of them.
  bool restore_some(SnapshotReader& in, const GroupOf& group_of);

  // An image (stream/operator.h).  An event goes there when its turn comes, or before it leaves.
  void begin_image(SnapshotWriter& out);
  // Of at most so many events, which it counts down.  True when it is complete.
  bool continue_image(std::size_t& events);

 private:
  // Where an event stays while it waits.
  struct Place {
    WaitingEvent event;       // of no group: the place is free
    std::uint64_t image = 0;  // the number of the image that has no need of it any more
  };

  static bool is_later(const Place* a, const Place* b) {
    return std::tie(a->event.time, a->event.number) > std::tie(b->event.time, b->event.number);
  }
  void begin_rows(SnapshotWriter& out) const;
  void write(const WaitingEvent& event, SnapshotWriter& out) const;
  void keep_for_image(Place& place) {
    if (place.image != images_) put_into_image(place);
  }
  void put_into_image(Place& place);
  void hand_over();

  const AggregateList& aggregates_;
  BlockPool& pool_;
  std::deque<Place> places_;
  std::vector<Place*> free_;
  std::vector<Place*> heap_;  // the least first

  std::uint64_t images_ = 0;  // begun so far
  std::size_t image_next_ = 0;
  SnapshotWriter* image_out_ = nullptr;
  SnapshotWriter image_rows_;  // that have not been handed over
};

}  // namespace streamutils
