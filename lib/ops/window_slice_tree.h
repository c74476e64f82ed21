// SliceTree: the slices of overlapping windows that memory had no room for, as runs on disk, and
// what neighbouring ones come to together.
//
// The problem: a window of an hour that slides by a second has 3600 slices.  To read all of them
// for each window would be to read everything 3600 times, and the queues of window_history.h, which
// do it in a constant number of steps, need every key in memory.  So slices are joined in pairs,
// pairs in fours and so on, each when a window first asks for it, and a window reads at most two
// joints of each size:
//
//     joined      |               |               |
//                 |       |       |       |       |
//     slices      | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |
//     a window        |_1_|__2 3__|__4 5__|_6_|
//
// (the nodes of a segment tree; Tangwongsan, Hirzel and Schneider: General incremental
// sliding-window aggregation, VLDB 2015, has the same tree in memory).  Each group is joined once
// for each size, and stands on disk as often.
//
// An event that comes late for a slice makes what was joined of it stale, and it is joined anew.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "ops/group_runs.h"
#include "ops/window_pane.h"
#include "ops/window_spill.h"
#include "ops/windower.h"

namespace streamutils {

class SliceTree {
 public:
  // Both must outlive it.
  SliceTree(SpillTools& tools, const FixedWindows& windows) : tools_(tools), windows_(windows) {}

  bool is_empty() const { return slices_.empty(); }
  bool disk_is_full() const { return disk_is_full_; }

  // Adds the groups of the pane to the slice that starts here, and clears it.
  void add(Timestamp slice, Pane& pane);

  // The starts of the first slice, and of the last.  REQUIRES: !is_empty().
  Timestamp first() const { return slices_.begin()->second.start; }
  Timestamp last() const { return slices_.rbegin()->second.start; }
  // Drops the first slice, and all that was joined of it.  REQUIRES: !is_empty().
  void drop_first();

  // As visit_groups, for all groups of the slices from `begin` to before `end`.
  bool visit(Timestamp begin, Timestamp end, const VisitKey& by_key, const VisitGroup& by_age);

  // For those of one slice, and those of the pane, which count as later.  Joins nothing, and may be
  // called in a process that was forked from the one that added them.
  bool visit_slice(Timestamp slice, const Pane& rest, const VisitGroup& by_age) const;

  // The starts of all slices, in their order.
  std::vector<Timestamp> slices() const;

  // Adds what the slices from `begin` to before `end` have of the key.  False if that cannot be
  // read.
  bool find(Timestamp begin, Timestamp end, std::string_view key, FoundGroup& found) const;

 private:
  // Slices are numbered by time, with gaps.  A node of level n holds 2^n numbers.
  struct Node {
    unsigned level;
    std::int64_t place;  // its first number is place * 2^level

    friend auto operator<=>(const Node&, const Node&) = default;
  };
  struct Slice {
    Timestamp start;
    SpilledGroups groups;
  };

  std::int64_t number(Timestamp slice) const;
  // Adds the runs that hold the slices of the node; joins them if they are many.
  bool take(const Node& node, std::vector<Run>& runs);

  SpillTools& tools_;
  const FixedWindows& windows_;
  std::map<std::int64_t, Slice> slices_;
  std::map<Node, Run> joined_;
  bool disk_is_full_ = false;
};

}  // namespace streamutils
