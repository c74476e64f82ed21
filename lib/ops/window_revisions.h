// ClosedSlices: what overlapping windows keep of their past under --grace, so that an event which
// comes after the close of a window can revise its row.
//
// The queues of window_history.h have merged their slices and cannot give a closed window back.  So
// the pane of each sealed slice is kept beside them, and a revised row is merged anew from the
// slices of its window: SIZE/SLIDE steps, for late events only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "ops/aggregate_pool.h"
#include "ops/window_pane.h"
#include "ops/window_parts.h"
#include "ops/windower.h"

namespace streamutils {

class ClosedSlices {
 public:
  // parts and windows must outlive it.
  ClosedSlices(WindowParts& parts, const FixedWindows& windows, Duration grace)
      : parts_(parts), windows_(windows), grace_(grace), pool_(parts.aggregates) {}

  // Window k can be revised until event time is here.
  Timestamp deadline(std::int64_t k) const { return plus(windows_.end(k), grace_); }
  // True if window k, which has closed, can still be revised when the watermark is `now`.
  bool can_revise(std::int64_t k, Timestamp now) const {
    return plus(windows_.end(k), grace_) > now;
  }

  // A slice is sealed: its pane is kept.
  void keep(Timestamp slice, std::unique_ptr<Pane> pane);

  // Adds the event that was read last to its slice, which is sealed.  False if there are too many
  // keys.
  bool add(Timestamp slice, const GroupKey& key, Emitter& out);

  // Writes the row of the key in window k again.
  void revise(std::int64_t k, const GroupKey& key, Emitter& out);

  // Drops what no window needs any more.
  void forget(Timestamp now);

  std::size_t size() const { return slices_.size(); }
  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

 private:
  Pane& pane(Timestamp slice);

  WindowParts& parts_;
  const FixedWindows& windows_;
  Duration grace_;
  BlockPool pool_;
  std::map<Timestamp, std::unique_ptr<Pane>> slices_;                        // by their starts
  std::map<std::pair<std::int64_t, std::string>, std::uint64_t> revisions_;  // by window and key
};

}  // namespace streamutils
