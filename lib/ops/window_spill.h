// SpilledGroups: the groups of one window that memory had no room for.
//
// When the windows together hold more than --mem, the groups of the largest are written to scratch
// room as a run, sorted by key, and its pane starts anew; the same key may be in many runs, which
// are joined when the window is written (group_runs.h).  As many runs of about one size as kFan are
// joined to one before that, so that there are never many.
//
// If the disk is full, runs stay in memory (steady_scratch.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "ops/group_runs.h"
#include "ops/spill_tools.h"
#include "ops/window_pane.h"

namespace streamutils {

class SpilledGroups {
 public:
  // tools must outlive it.
  explicit SpilledGroups(SpillTools& tools) : tools_(tools) {}

  // Writes the groups of the pane as a run, and clears it and its revisions.
  void spill(Pane& pane, Revisions& revisions);
  void spill(Pane& pane);

  // Takes the groups of another one, which count as later than those that are here.
  void absorb(SpilledGroups& other);

  // The earliest first.
  std::vector<Run> runs() const;
  // What has been written, in bytes.
  std::uint64_t bytes() const;
  bool disk_is_full() const { return disk_is_full_; }

  // As visit_groups, with those of `rest`, which count as the last.  Changes nothing, and may be
  // called in a process that was forked from the one that spilled.
  bool visit(const Pane& rest, const Revisions& revisions, const VisitKey& by_key,
             const VisitGroup& by_age) const;
  bool visit(const Pane& rest, const VisitGroup& by_age) const;

  // Adds what was spilled of the key.  False if it cannot be read.
  bool find(std::string_view key, FoundGroup& found) const;

 private:
  struct Level {
    Run run;
    unsigned level;  // how often it has been joined, or kUnreadable
  };
  static constexpr unsigned kUnreadable = 1 << 16;

  void add(Run run, unsigned level);
  void join_last();

  SpillTools& tools_;
  std::vector<Level> runs_;  // the earliest first
  bool disk_is_full_ = false;
};

}  // namespace streamutils
