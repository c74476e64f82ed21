// SPDX-License-Identifier: Apache-2.0
#include "ops/window_revisions.h"

#include <utility>

#include "ops/memory_watch.h"
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

void ClosedSlices::add(Timestamp slice, const GroupKey& key, Emitter& out) {
  parts_.aggregates.add(pane(slice).group(key, parts_.events).state(), out);
}

void ClosedSlices::revise(std::int64_t k, const GroupKey& key, Emitter& out) {
  FoundGroup found(parts_.aggregates);
  const Timestamp begin = windows_.start(k);
  const Timestamp end = windows_.end(k);
  if (!tree_.find(begin, end, key.canonical, found)) return out.fail(kSpillUnreadable);
  const auto last = slices_.lower_bound(end);
  for (auto slice = slices_.lower_bound(begin); slice != last; ++slice) {
    const Group* group = slice->second->find(key.canonical);
    if (group) found.add(*group, 0);
  }
  parts_.rows.begin_window(begin, end);
  const std::uint64_t revision = ++revisions_[{k, std::string(key.canonical)}];
  if (found.is_empty()) return;
  parts_.rows.write(found.name(key.canonical), found.states(), {.revision = revision}, out);
}

void ClosedSlices::forget(Timestamp now) {
  const auto is_needed = [&](Timestamp slice) { return can_revise(windows_.last(slice), now); };
  while (!slices_.empty() && !is_needed(slices_.begin()->first)) {
    slices_.begin()->second->finish_image();
    slices_.erase(slices_.begin());
  }
  while (!tree_.is_empty() && !is_needed(tree_.first())) tree_.drop_first();
  while (!revisions_.empty() && !can_revise(revisions_.begin()->first.first, now)) {
    revisions_.erase(revisions_.begin());
  }
}

std::size_t ClosedSlices::groups() const {
  std::size_t groups = 0;
  for (const auto& [slice, pane] : slices_) groups += pane->groups().size();
  return groups;
}

std::size_t ClosedSlices::bytes() const {
  std::size_t bytes = 0;
  for (const auto& [slice, pane] : slices_) bytes += pane->bytes();
  return bytes;
}

void ClosedSlices::spill() {
  for (const auto& [slice, pane] : slices_) tree_.add(slice, *pane);
  slices_.clear();
}

bool ClosedSlices::visit(std::int64_t k, const VisitKey& by_key, const VisitGroup& by_age) {
  spill();
  return tree_.visit(windows_.start(k), windows_.end(k), by_key, by_age);
}

std::set<Timestamp> ClosedSlices::starts(Timestamp sealed) const {
  std::set<Timestamp> starts;
  for (const auto& [slice, pane] : slices_) starts.insert(slice);
  for (const Timestamp slice : tree_.slices()) {
    if (slice < sealed) starts.insert(slice);
  }
  return starts;
}

void ClosedSlices::save_head(const std::set<Timestamp>& starts, SnapshotWriter& out) const {
  for (const Timestamp slice : starts) out.entry("closed_slice").field("start", slice);
  save_revisions(out);
}

void ClosedSlices::save_head_of_changes(SnapshotWriter& out) const {
  for (const auto& [slice, pane] : slices_) {
    out.entry("closed_slice").field("start", slice);
    save_whether_it_goes_on(out, *pane);
  }
  save_revisions(out);
}

std::size_t ClosedSlices::changes() const {
  std::size_t changes = revisions_.size();
  for (const auto& [slice, pane] : slices_) changes += pane->changes();
  return changes;
}

void ClosedSlices::save_revisions(SnapshotWriter& out) const {
  for (const auto& [place, revision] : revisions_) {
    out.entry("revised").field("window", place.first).field("times", revision);
    save_bytes(out, "key", place.second);
  }
}

void ClosedSlices::save(Timestamp sealed, SnapshotWriter& out) const {
  const std::set<Timestamp> starts = this->starts(sealed);
  save_head(starts, out);
  GroupRows<ClosedFacts> rows(parts_.aggregates, out);
  const Pane nothing(parts_);
  for (const Timestamp slice : starts) {
    const auto in_memory = slices_.find(slice);
    const Pane& rest = in_memory == slices_.end() ? nothing : *in_memory->second;
    const bool ok = tree_.visit_slice(slice, rest, [&](const Group& group, std::uint64_t) {
      rows.write({slice, group.first_seen}, group, group.state());
    });
    if (!ok) out.fail(kSpillUnreadable);
  }
}

void ClosedSlices::begin_restore() {
  before_ = std::exchange(slices_, {});
  revisions_.clear();
}

bool ClosedSlices::restore_one(SnapshotReader& in) {
  if (in.next_is("closed_slice")) {
    const Timestamp start = in.time("start");
    take_over(in, before_, slices_, start);
    pane(start);
    return true;
  }
  if (in.next_is("revised")) {
    const std::int64_t window = in.integer("window");
    revisions_[{window, restore_bytes(in, "key")}] = in.unsigned_integer("times");
    return true;
  }
  if (in.next_is(ClosedFacts::kEntry)) return true;
  if (!in.next_row()) {
    before_.clear();
    return false;
  }
  const Timestamp slice = from_nanos(in.integer(std::size_t{0}));
  return pane(slice).restore_row(in, ClosedFacts::kCount) != nullptr;
}

}  // namespace streamutils
