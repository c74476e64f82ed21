// SpilledGroups: the groups of one window that memory had no room for.
//
// When the windows together hold more than --mem, the groups of the largest are written to scratch
// room as a run, sorted by key, and its pane starts anew; the same key may be in many runs.  When
// the window is written, the runs are merged: an external merge sort by key, which joins the states
// of a key, and then one by first_seen, because that is the order in which groups leave.
//
//     runs        a b d | a c | b c d          by key; each of them fits into memory
//     joined      a b c d                      states merged, the least first_seen
//     to leave    b d a | c                    runs by first_seen
//     rows        b c d a
//
// If the disk is full, runs stay in memory (steady_scratch.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ops/aggregate_list.h"
#include "ops/keyed.h"
#include "ops/steady_scratch.h"
#include "ops/window_pane.h"

namespace streamutils {

class SpilledGroups {
 public:
  // aggregates must outlive it.  buffer: how many bytes of groups are sorted in memory.
  SpilledGroups(const AggregateList& aggregates, std::unique_ptr<SteadyScratch> scratch,
                std::size_t buffer)
      : aggregates_(aggregates), scratch_(std::move(scratch)), buffer_(buffer) {}

  // Writes the groups of the pane as a run, and clears it.
  void spill(Pane& pane);

  // What has been written, in bytes.
  std::uint64_t bytes() const { return scratch_->size(); }
  bool disk_is_full() const { return scratch_->is_full(); }

  // Calls visit for each group, its states beside it, in the order of first_seen.  `scratch` is
  // more room.  False if something cannot be read again: then some have not been visited.
  using Visit = std::function<void(const Group& group)>;
  bool visit(SteadyScratch& scratch, const Visit& visit) const;

 private:
  struct Run {
    std::uint64_t begin;
    std::uint64_t end;
  };

  const AggregateList& aggregates_;
  std::unique_ptr<SteadyScratch> scratch_;
  std::size_t buffer_;
  std::vector<Run> runs_;
};

}  // namespace streamutils
