// SPDX-License-Identifier: Apache-2.0
#include "ops/window_revisions.h"

#include "stream/snapshot_bytes.h"

namespace streamutils {

void ClosedSlices::keep(Timestamp slice, std::unique_ptr<Pane> pane) {
  slices_[slice] = std::move(pane);
}

Pane& ClosedSlices::pane(Timestamp slice) {
  std::unique_ptr<Pane>& pane = slices_[slice];
  if (!pane) pane = std::make_unique<Pane>(parts_);
  return *pane;
}

bool ClosedSlices::add(Timestamp slice, const GroupKey& key, Emitter& out) {
  std::byte* block = pane(slice).block(key, parts_.events);
  if (block) parts_.aggregates.add(block, out);
  return block != nullptr;
}

void ClosedSlices::revise(std::int64_t k, const GroupKey& key, Emitter& out) {
  std::byte* whole = pool_.make();
  const Group* group = nullptr;
  const auto end = slices_.lower_bound(windows_.end(k));
  for (auto slice = slices_.lower_bound(windows_.start(k)); slice != end; ++slice) {
    const Group* found = slice->second->find(key.canonical);
    if (!found) continue;
    parts_.aggregates.merge(whole, found->state());
    if (!group || found->first_seen < group->first_seen) group = found;
  }
  parts_.rows.begin_window(windows_.start(k), windows_.end(k));
  const std::uint64_t revision = ++revisions_[{k, std::string(key.canonical)}];
  if (group) parts_.rows.write(*group, whole, {.revision = revision}, out);
  pool_.free(whole);
}

void ClosedSlices::forget(Timestamp now) {
  while (!slices_.empty() && !can_revise(windows_.last(slices_.begin()->first), now)) {
    slices_.erase(slices_.begin());
  }
  while (!revisions_.empty() && !can_revise(revisions_.begin()->first.first, now)) {
    revisions_.erase(revisions_.begin());
  }
}

void ClosedSlices::save(SnapshotWriter& out) const {
  for (const auto& [slice, pane] : slices_) {
    out.entry("closed_slice").field("start", slice);
    pane->save(out);
  }
  for (const auto& [place, revision] : revisions_) {
    out.entry("revised").field("window", place.first).field("times", revision);
    save_bytes(out, "key", place.second);
  }
}

void ClosedSlices::restore(SnapshotReader& in) {
  while (in.next_is("closed_slice")) pane(in.time("start")).restore(in);
  while (in.next_is("revised")) {
    const std::int64_t window = in.integer("window");
    revisions_[{window, restore_bytes(in, "key")}] = in.unsigned_integer("times");
  }
}

}  // namespace streamutils
