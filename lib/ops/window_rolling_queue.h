// RollingQueue: the last events of one key, and what they come to together, while new ones come and
// old ones leave.
//
// The two stacks of window_history.h, with an event in the place of a slice:
//
//     head          raw                      end
//      | 1..4 | 2..4 | 3..4 | 4 | 5 | 6 | 7 |
//      `-------front----------´ `---back----´
//
// Each event keeps its own states beside the merged ones, because an event that comes late asks for
// what came to a moment in the past; that costs a step for each event, and is rare.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ops/aggregate_list.h"
#include "ops/aggregate_pool.h"
#include "ops/group_image.h"
#include "stream/row_text.h"
#include "stream/snapshot.h"

namespace streamutils {

// What a row of a snapshot says of an event, in front of its states: the age is that of the key.
struct RollingFacts : TimeAndAge {
  static constexpr std::string_view kEntry = "past";
  static constexpr std::string_view kColumns = R"("time","first_seen")";
};
using RollingRows = GroupRows<RollingFacts>;
using RollingImage = GroupImage<RollingFacts>;

class RollingQueue {
 public:
  // What the blocks are, and where they come from.
  struct Tools {
    const AggregateList& aggregates;
    BlockPool& pool;
  };

  bool is_empty() const { return head_ == events_.size(); }
  std::size_t size() const { return events_.size() - head_; }

  // Adds an event behind all others.  The block becomes the queue's.  REQUIRES: no event in it is
  // later.
  void push(Timestamp t, std::byte* block, const Tools& tools);

  // Adds an event behind those of its time or before.  The block becomes the queue's.
  void insert(Timestamp t, std::byte* block, const Tools& tools);

  // Drops the events whose time is t or before; drops the oldest ones but `n`.
  void drop_through(Timestamp t, const Tools& tools);
  void keep_last(std::size_t n, const Tools& tools);

  // Merges all events into `block`.
  void sum(std::byte* block, const Tools& tools) const;
  // Merges the events with `after` < time <= `through` into `block`, but no more than the last `n`
  // of them.
  void sum_between(Timestamp after, Timestamp through, std::size_t n, std::byte* block,
                   const Tools& tools) const;

  void clear(const Tools& tools);

  // Memory held, about, for so many events, and what their states hold outside of their blocks.
  static std::size_t bytes_of(std::size_t events, const Tools& tools) {
    return events * (sizeof(Event) + 2 * tools.aggregates.block_size());
  }
  std::size_t outside_bytes(const Tools& tools) const;

  // Bring the events near, and the states of the first, for which the events have to be near.
  void prefetch() const { __builtin_prefetch(events_.data() + head_); }
  void prefetch_states() const {
    if (!is_empty()) __builtin_prefetch(events_[head_].own);
  }

  // Of the newest event.  REQUIRES: !is_empty().
  Timestamp last_time() const { return events_.back().time; }

  // Every event as a row, or the n newest ones, the oldest first; back from the current row of the
  // reader.  Rows: RollingRows or RollingImage.
  template <typename Rows>
  void save(Rows& rows, const Group& group) const {
    save_newest(size(), rows, group);
  }
  template <typename Rows>
  void save_newest(std::size_t n, Rows& rows, const Group& group) const {
    rows.write_in_order(group, [&](const auto& put) {
      for (std::size_t i = events_.size() - std::min(n, size()); i < events_.size(); ++i) {
        put({events_[i].time, group.first_seen}, events_[i].own);
      }
    });
  }
  void restore_row(SnapshotReader& in, const Tools& tools);

 private:
  struct Event {
    Timestamp time;
    std::byte* own;
    std::byte* merged;  // with all behind it in the front; null in the back
  };

  void drop_first(const Tools& tools);
  void turn_back_into_front(const Tools& tools);

  std::vector<Event> events_;  // by time; those before head_ are gone
  std::size_t head_ = 0;
  std::size_t raw_ = 0;        // where the back begins; head_ <= raw_
  std::byte* back_ = nullptr;  // the back's events merged; null: of nothing
};

}  // namespace streamutils
