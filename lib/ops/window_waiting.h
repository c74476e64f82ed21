// WaitingEvents: events of one operator that wait for the watermark, so that they can be looked at
// strictly in the order of their times, those of equal times in the order in which they came.
//
// An event with the time of the watermark is ripe: later ones of its time come after it.  Those
// that come in order stand in a row, the others in a heap: so in a stream that is nearly in order
// an event costs no comparison, and it is known which are next.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/time.h"
#include "ops/aggregate_pool.h"
#include "ops/group_key.h"
#include "ops/image_part.h"
#include "ops/image_parts.h"
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

// Copies of some of them (stream/operator.h).
class WaitingPart final : public CopiedPart {
 public:
  WaitingPart(std::shared_ptr<PartMemory> memory, const AggregateList& aggregates)
      : CopiedPart(std::move(memory)), aggregates_(aggregates) {}
  ~WaitingPart() override;

  // False if there is no more room.
  bool add(const WaitingEvent& event);
  void write(SnapshotWriter& out) override;

 private:
  struct Head;

  template <typename Visit>
  void for_each(Visit visit) const;

  const AggregateList& aggregates_;
};

class WaitingEvents {
 public:
  // The pool must outlive it.
  WaitingEvents(const AggregateList& aggregates, BlockPool& pool)
      : aggregates_(aggregates), pool_(pool) {}
  ~WaitingEvents() {
    clear([](Group*) {});
  }
  WaitingEvents(const WaitingEvents&) = delete;
  WaitingEvents& operator=(const WaitingEvents&) = delete;

  std::size_t size() const { return in_order_.size() + heap_.size(); }

  void push(WaitingEvent event);

  // True if the next event's time is at most `now`; then take() gives it.
  bool is_ripe(Timestamp now) const { return size() > 0 && next().time <= now; }
  WaitingEvent take();

  // The group of the event that will be taken n steps later, or null: a guess.
  Group* ahead(std::size_t n) const {
    return n < in_order_.size() ? in_order_[n].place->event.group : nullptr;
  }

  // Forgets all of them; visit(group) is called for each, with its group.
  template <typename Visit>
  void clear(const Visit& visit) {
    for (Place& place : places_) {
      if (place.event.group == nullptr) continue;
      visit(place.event.group);
      pool_.free(place.event.block);
    }
    places_.clear();
    free_.clear();
    in_order_.clear();
    heap_.clear();
  }

  // All of them, in the order in which they came.
  std::vector<const WaitingEvent*> all() const;

  // A row for each, in the order in which they came.
  void save(SnapshotWriter& out) const;
  // All rows that come next.  group_of: the group of a key, which then has one more event that
  // waits, of this number; null: there is none.
  using GroupOf = std::function<Group*(const GroupKey& key, std::uint64_t number)>;
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
  struct Turn {
    Timestamp time;
    std::uint64_t number;
    Place* place;
  };

  static bool is_later(const Turn& a, const Turn& b) {
    return std::tie(a.time, a.number) > std::tie(b.time, b.number);
  }
  bool next_is_in_order() const {
    return heap_.empty() || (!in_order_.empty() && is_later(heap_.front(), in_order_.front()));
  }
  // REQUIRES: size() > 0.
  const Turn& next() const { return next_is_in_order() ? in_order_.front() : heap_.front(); }
  Place* take_turn();
  void keep_for_image(Place& place) {
    if (place.image != images_) put_into_image(place);
  }
  void put_into_image(Place& place);
  void hand_over();

  const AggregateList& aggregates_;
  BlockPool& pool_;
  std::deque<Place> places_;
  std::vector<Place*> free_;
  std::deque<Turn> in_order_;
  std::vector<Turn> heap_;  // the least first

  std::uint64_t images_ = 0;  // begun so far
  std::size_t image_next_ = 0;
  SnapshotWriter* image_out_ = nullptr;
  std::shared_ptr<PartMemory> memory_ = std::make_shared<PartMemory>();
  ImageParts<WaitingPart> parts_;
  SnapshotWriter text_;  // in place of them, where states cannot be copied
};

}  // namespace streamutils
