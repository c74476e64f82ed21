// RollingKeys: the keys of rolling windows, each with its past.  Inside of window_rolling.cc.
//
// A key is forgotten when all its events are out of every window to come, and none waits; when that
// may be is told by one timer for each key that has events.  One whose past has gone on is found
// when its timer rings, which is set anew then: so an event costs nothing there.
//
// An image of changes (stream/operator.h) holds the events that have come to each key, because what
// leaves a window leaves it by the times of those.  Keys that were forgotten are told by name, and
// those with an event that came late, between others: of these all events follow.
//
// With --mem, keys go to disk when memory is used up, those that came there first, and come back
// with their next event (cold_keys.h).  One with an event that waits stays.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "ops/aggregate_list.h"
#include "ops/aggregate_pool.h"
#include "ops/cold_keys.h"
#include "ops/group_key.h"
#include "ops/keyed_states.h"
#include "ops/keys_image.h"
#include "ops/spill_tools.h"
#include "ops/time_buckets.h"
#include "ops/window_length.h"
#include "ops/window_rolling_queue.h"
#include "stream/snapshot.h"

namespace streamutils {

class RollingKeys {
 public:
  // spill_tools: null if all stay in memory; else they must outlive it.
  RollingKeys(const AggregateList& aggregates, BlockPool& pool, WindowLength size,
              const SpillTools* spill_tools);
  ~RollingKeys();
  RollingKeys(const RollingKeys&) = delete;
  RollingKeys& operator=(const RollingKeys&) = delete;

  // Events at or before this time are out of every window to come.
  Timestamp horizon(Timestamp now) const {
    return size_.is_rows() ? kMinTime : minus(now, size_.duration());
  }
  Group* find(const GroupKey& key) {
    Group* const group = keys_.find(key);
    return group ? group : warm_up(key);
  }
  // Made if there is none, and then its first event has the number `event`; null if it would be one
  // more than `limit`.
  Group* group_within(std::size_t limit, const GroupKey& key, std::uint64_t event);
  // Merges the events of the key into `block`: all, or those with `after` < time <= `through`, so
  // many as one more could stand beside.
  void sum(Group* group, std::byte* block) const { events_of(group).sum(block, tools_); }
  void sum_between(Group* group, Timestamp after, Timestamp through, std::byte* block) const {
    events_of(group).sum_between(after, through, most_rows() - 1, block, tools_);
  }

  // One more event of the key waits, or one less.
  static void add_waiting(Group* group) { ++past_of(group).waiting; }
  static void remove_waiting(Group* group) { --past_of(group).waiting; }
  // Adds an event behind all others, or where it belongs.  The block becomes the queue's.
  void push(Group* group, Timestamp t, std::byte* block);
  void insert(Group* group, Timestamp t, std::byte* block);
  // Event time has come there.
  void forget_old(Timestamp now);

  // Whether that is of use; brings near the keys that are foreseen; what push() will change, in
  // steps of which each has to be near for the next.
  bool is_large() const { return keys_.is_large(); }
  template <typename Keys>
  void prefetch(const Keys& keys) const {
    keys_.prefetch(keys);
  }
  void prefetch(std::uint32_t hash) const { keys_.prefetch(hash); }
  static void prefetch_key(const Group* group);
  static void prefetch_events(const Group* group) { events_of(group).prefetch(); }
  static void prefetch_states(const Group* group) { events_of(group).prefetch_states(); }

  std::size_t size() const { return keys_.size() + (cold_ ? cold_->size() : 0); }
  // In memory.
  std::size_t events() const { return events_; }
  // Memory held, about, without what the states hold outside of their blocks.
  std::size_t table_bytes() const;
  // Puts keys to disk if all that is held of them is more than `most` bytes.  REQUIRES: there are
  // spill tools.
  void make_room(std::size_t most);
  bool disk_is_full() const { return cold_ && cold_->disk_is_full(); }
  // Something that is on disk cannot be read.
  bool has_failed() const { return cold_ && cold_->has_failed(); }

  void save(SnapshotWriter& out) const;
  // What was forgotten, in front of changes; events behind the next entry, false if it is none of
  // them; and then there are no more.
  void restore_forgotten(SnapshotReader& in) { keys_image_.restore_forgotten(in); }
  // then() is called behind each of them.
  bool restore_some(SnapshotReader& in, const std::function<void()>& then);
  void finish_restore() { start_timers(); }

  void begin_image(SnapshotWriter& out);
  // What an image of changes would hold.
  bool knows_changes() const { return keys_image_.knows_changes(); }
  std::size_t changes() const { return fresh_ + keys_image_.forgotten(); }
  void begin_changes(SnapshotWriter& out);
  // Of about so many events, which it counts down.  True when all are there; then finish_image().
  bool continue_image(std::size_t& events) { return keys_image_.go_on(events); }
  void finish_image() { image_.finish(); }

 private:
  friend class KeysImage<RollingKeys>;

  static constexpr std::uint32_t kAll = std::numeric_limits<std::uint32_t>::max();
  static constexpr int kBuckets = 256;  // of timers, in the length of a window

  // One key.
  struct Past {
    RollingQueue events;
    std::uint32_t waiting = 0;
    // The newest ones, that came after the last image had taken the key; kAll: it knows none.
    std::uint32_t fresh = 0;
    KeyPlace at;
  };
  static_assert(sizeof(Past) <= 64);
  using Timer = TimerFor<Group*>;

  // How many events of a key are held at most.
  std::size_t most_rows() const {
    return size_.is_rows() ? static_cast<std::size_t>(size_.n) : static_cast<std::size_t>(-1);
  }
  static const RollingQueue& events_of(const Group* group) {
    return past_of(const_cast<Group*>(group)).events;
  }
  static Past& past_of(Group* group) { return KeyedStates<Past>::of(group); }
  Timestamp end_of(Timestamp t) const { return plus(t, size_.duration()); }
  void start_timer(Group* group, Timestamp due);
  void start_timers();
  // Its timer has rung.
  void forget(Group* group);
  // The key, if it has been on disk; else null.
  Group* warm_up(const GroupKey& key);
  void restore_row(SnapshotReader& in);
  std::size_t bytes_of(const Group& group) const;
  // Changes the events of a key, and how many there are in all.
  template <typename Change>
  void change(Past& past, const Change& change_events) {
    events_ -= past.events.size();
    change_events(past.events);
    events_ += past.events.size();
  }

  // See KeysImage.
  static KeyPlace& place_of(Group* group) { return past_of(group).at; }
  std::size_t all_in_image() const { return events_; }
  static std::size_t entries_of(const Group* group) { return events_of(group).size(); }
  void put_into_image(Group& group, bool whole);
  static void bring_near(const Group* group, int steps);

  WindowLength size_;
  RollingQueue::Tools tools_;
  KeyedStates<Past> keys_;
  TimeBuckets<Timer> timers_;
  std::size_t events_ = 0;  // in all queues
  std::optional<ColdKeys> cold_;

  KeysImage<RollingKeys> keys_image_{*this};
  RollingImage image_;
  std::size_t fresh_ = 0;  // events that an image of changes would hold
};

}  // namespace streamutils
