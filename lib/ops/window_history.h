// SliceQueue: the slices of one key, and what they come to together, while both ends move.
//
// A window that slides by a second over an hour has 3600 slices, and each second one of them leaves
// and one comes.  Adding them all up every second would cost 3600 steps, and sums could be
// corrected by subtraction, but a maximum cannot.  So the queue is kept as two stacks (folklore;
// see Tangwongsan, Hirzel and Schneider: General incremental sliding-window aggregation, VLDB
// 2015), in one vector and in place:
//
//     head          raw                      end
//      | 1..4 | 2..4 | 3..4 | 4 | 5 | 6 | 7 |        front: each part is merged with all after it
//      `-------front----------´ `---back----´        back: raw parts, and their sum beside them
//
// The whole is front[head] + back.  When the front is used up, the back is turned into a front: one
// merge for each part, once in its life.
//
// An event that is too late for some windows but not for all changes a slice in the middle: one
// step if it is in the back, one for each part of the front before it otherwise.
//
// Aggregates whose states grow with the events are not merged so, since each part of the front
// would hold a copy of nearly everything.  Their states stay those of each slice alone, and once
// there are more than a few slices a running total goes beside them (running_total.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ops/aggregate_list.h"
#include "ops/aggregate_pool.h"
#include "ops/group_image.h"
#include "ops/running_total.h"
#include "stream/snapshot.h"

namespace streamutils {

// What a row of a snapshot says of one slice of one key, in front of its states.
struct SliceFacts {
  static constexpr std::string_view kEntry = "slices";
  static constexpr std::string_view kColumns = R"("start","first_seen","merged")";
  static constexpr std::size_t kCount = 3;

  char* write(char* to) const {
    return write_value(write_value(write_value(to, to_nanos(start)), first_seen), merged);
  }

  Timestamp start;
  std::uint64_t first_seen;
  std::uint64_t merged;  // 1: with all slices after it, up to the first that is not
};
using SliceRows = GroupRows<SliceFacts>;
using SliceImage = GroupImage<SliceFacts>;

class SliceQueue {
 public:
  // Aggregates, with the number of the first event that is in them.  Those with running totals are
  // of one slice alone.
  struct Sum {
    std::byte* block = nullptr;  // of the pool; null: of nothing
    std::uint64_t first_seen = 0;
  };

  // What the blocks are, and where they come from.  Given to each call, since there may be millions
  // of queues.
  struct Tools {
    const AggregateList& aggregates;
    BlockPool& pool;
  };

  // Takes a copy of the states in `block`.  A slice after all others is pushed; any other is an
  // event that comes late, and the states are those of this event alone.
  void add(Timestamp slice, const std::byte* block, std::uint64_t first_seen, const Tools& tools);

  // Drops the slices that start before t.
  void drop_before(Timestamp t, const Tools& tools);

  bool is_empty() const { return head_ == parts_.size(); }
  std::size_t size() const { return parts_.size() - head_; }

  // The sum of all slices, with null for the totals where the block holds everything.  Valid until
  // the queue changes.  scratch: a fresh block, which may come to hold the sum.
  // REQUIRES: !is_empty().
  struct Whole {
    const std::byte* block;
    const RunningTotals* totals;
  };
  Whole whole(std::byte* scratch, const Tools& tools) const;
  // REQUIRES: !is_empty().
  std::uint64_t first_seen() const;

  // Frees all blocks.
  void clear(const Tools& tools);

  // Memory held, about.
  std::size_t bytes(const Tools& tools) const;

  // Bring the slices near, and the states of the first, for which the slices have to be near.
  void prefetch() const { __builtin_prefetch(parts_.data() + head_); }
  void prefetch_states() const {
    if (!is_empty()) __builtin_prefetch(parts_[head_].sum.block);
  }

  // Every slice as a row, the oldest first; back from the current row of the reader, of which the
  // states begin at that value.
  // Rows: has write_in_order(group, visit), as SliceRows and SliceImage.
  template <typename Rows>
  void save(Rows& rows, const Group& group) const {
    rows.write_in_order(group, [this](const auto& put) {
      for (std::size_t i = head_; i < parts_.size(); ++i) {
        const Part& part = parts_[i];
        put({part.slice, part.sum.first_seen, i < raw_ ? 1U : 0U}, part.sum.block);
      }
    });
  }
  void restore_row(SnapshotReader& in, const Tools& tools,
                   std::size_t first_state = SliceFacts::kCount);

 private:
  static constexpr std::size_t kFew = 4;  // slices, which are merged faster than a total is kept

  struct Part {
    Timestamp slice;
    Sum sum;
  };

  Sum front() const { return head_ < raw_ ? parts_[head_].sum : Sum{}; }

  static void merge(Sum& sum, const std::byte* block, std::uint64_t first_seen, const Tools& tools);
  static void merge_small(Sum& sum, const std::byte* block, std::uint64_t first_seen,
                          const Tools& tools);
  void append(Part part, bool merged, SnapshotReader& in, const Tools& tools);
  void total(const Part& part, const std::byte* added, const Tools& tools);
  void add_to_front(std::size_t place, Timestamp slice, const std::byte* block,
                    std::uint64_t first_seen, const Tools& tools);
  void turn_back_into_front(const Tools& tools);

  std::vector<Part> parts_;  // by slice; those before head_ are gone
  std::size_t head_ = 0;
  std::size_t raw_ = 0;                    // where the back begins; head_ <= raw_
  Sum back_;                               // of the parts from raw_ on
  std::unique_ptr<RunningTotals> totals_;  // of all parts; null: there are few, or none is needed
};

}  // namespace streamutils
