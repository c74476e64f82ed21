// ClosedSlices: the sealed slices of overlapping windows, each for itself.
//
// The queues of window_history.h have merged their slices and cannot give one back.  So the pane of
// each sealed slice is kept beside them where it is needed again:
//
//     --grace   An event which comes after the close of a window revises its row, which is merged
//               anew from the slices of its window: SIZE/SLIDE steps, for late events only.
//     --mem     When memory is used up, the queues go, and the slices go to disk; from then on
//               windows are read from there (window_slice_tree.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "ops/window_pane.h"
#include "ops/window_parts.h"
#include "ops/window_slice_tree.h"
#include "ops/windower.h"

namespace streamutils {

// What a row of a snapshot says of a group of a sealed slice, in front of its states.
struct ClosedFacts : TimeAndAge {
  static constexpr std::string_view kEntry = "closed_groups";
  static constexpr std::string_view kColumns = R"("slice","first_seen")";
};

class ClosedSlices {
 public:
  // All three must outlive it.  grace: how long after its end a window can be revised.
  ClosedSlices(WindowParts& parts, const FixedWindows& windows, SpillTools& tools, Duration grace)
      : parts_(parts), windows_(windows), grace_(grace), tree_(tools, windows) {}

  // Window k can be revised until event time is here.
  Timestamp deadline(std::int64_t k) const { return plus(windows_.end(k), grace_); }
  // True if window k, which has closed, can still be revised when the watermark is `now`.
  bool can_revise(std::int64_t k, Timestamp now) const {
    return plus(windows_.end(k), grace_) > now;
  }

  // A slice is sealed: its pane is kept.  What is on disk of it has come before.
  void keep(Timestamp slice, std::unique_ptr<Pane> pane);

  // Adds the event that was read last to its slice, which is sealed.
  void add(Timestamp slice, const GroupKey& key, Emitter& out);

  // Writes the row of the key in window k again.
  void revise(std::int64_t k, const GroupKey& key, Emitter& out);

  // Drops what no window needs any more.
  void forget(Timestamp now);

  std::size_t size() const { return slices_.size(); }
  // Those in memory.
  std::size_t groups() const;
  std::size_t bytes() const;
  // Calls visit(slice, pane) for each slice that is in memory alone, in their order.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const auto& [slice, pane] : slices_) visit(slice, *pane);
  }

  // Puts the groups of the pane, which is that of a slice that may still be open, to disk.
  void spill(Timestamp slice, Pane& pane) { tree_.add(slice, pane); }
  // Puts all groups to disk.
  void spill();
  // True if a slice that starts here or later has groups on disk.
  bool has_spilled(Timestamp from) const { return !tree_.is_empty() && tree_.last() >= from; }
  bool disk_is_full() const { return tree_.disk_is_full(); }
  // As visit_groups, for the groups of window k, whose slices are all sealed.  They go to disk.
  bool visit(std::int64_t k, const VisitKey& by_key, const VisitGroup& by_age);

  // As SliceTree::visit_slice.
  bool visit_slice(Timestamp slice, const Pane& rest, const VisitGroup& by_age) const {
    return tree_.visit_slice(slice, rest, by_age);
  }

  // Those of the slices before `sealed`: others are still open, and on disk in part.
  void save(Timestamp sealed, SnapshotWriter& out) const;
  // What stands in front of the groups: first those that are in memory, as for_each_pane has them.
  void save_head(SnapshotWriter& out) const { save_head(starts(kMinTime), out); }
  // Calls visit(pane) for each slice that is in memory, in their order.
  template <typename Visit>
  void for_each_pane(const Visit& visit) {
    for (const auto& [slice, pane] : slices_) visit(*pane);
  }
  // The same in front of what has changed, and how many groups and entries that is.
  void save_head_of_changes(SnapshotWriter& out) const;
  std::size_t changes() const;
  // What is not among the entries that follow goes; and to be called for each of those and the rows
  // until it is false: the next is none.
  void begin_restore();
  bool restore_one(SnapshotReader& in);

 private:
  using Slices = std::map<Timestamp, std::unique_ptr<Pane>>;

  Pane& pane(Timestamp slice);
  // Of the slices in memory, and of those on disk that start before `sealed`.
  std::set<Timestamp> starts(Timestamp sealed) const;
  void save_head(const std::set<Timestamp>& starts, SnapshotWriter& out) const;
  void save_revisions(SnapshotWriter& out) const;

  WindowParts& parts_;
  const FixedWindows& windows_;
  Duration grace_;
  Slices slices_;   // by their starts: what of them is in memory
  Slices before_;   // while changes are restored: those that may go on
  SliceTree tree_;  // the rest, which came before
  std::map<std::pair<std::int64_t, std::string>, std::uint64_t> revisions_;  // by window and key
};

}  // namespace streamutils
