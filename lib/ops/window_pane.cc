// SPDX-License-Identifier: Apache-2.0
#include "ops/window_pane.h"

#include <algorithm>

namespace streamutils {
namespace {

constexpr std::size_t kPrefetchAhead = 8;  // groups of an image, before their turn

}  // namespace

Pane::Pane(const AggregateList& aggregates, bool has_keys, std::size_t max_keys)
    : aggregates_(aggregates),
      has_keys_(has_keys),
      max_keys_(max_keys),
      table_(aggregates.block_size()) {}

// One that is new is not for the image that is being taken.
void Pane::add(Group& group, std::uint64_t first_seen) {
  group.first_seen = first_seen;
  aggregates_.create(group.state());
  groups_.push_back(&group);
  marks_.note_new(group, groups_.size());
}

void Pane::merge(const Pane& other) {
  bool in_order = true;  // a long table is not sorted for a short one
  const auto prefetch = [this](const auto& keys) {
    if (table_.is_large()) table_.prefetch(keys);
  };
  for_each_ahead(other.groups_, prefetch, [&](const Group& group, const GroupKey& key) {
    const auto [own, is_new] = table_.find_or_add(key);
    in_order &= is_new ? groups_.empty() || groups_.back()->first_seen < group.first_seen
                       : own->first_seen <= group.first_seen;
    if (is_new) add(*own, group.first_seen);
    keep_for_image(*own);
    own->first_seen = std::min(own->first_seen, group.first_seen);
    aggregates_.merge(own->state(), group.state());
  });
  if (!in_order) put_in_order();
}

// Whose turn has come is known by its mark.
void Pane::put_in_order() {
  if (std::ranges::is_sorted(groups_, {}, &Group::first_seen)) return;
  std::ranges::sort(groups_, {}, &Group::first_seen);
  next_ = 0;
}

void Pane::destroy_states() {
  if (aggregates_.is_trivial()) return;
  for (Group* group : groups_) aggregates_.destroy(group->state());
}

std::size_t Pane::bytes() const {
  std::size_t bytes = table_bytes();
  for (const Group* group : groups_) bytes += aggregates_.bytes(group->state());
  return bytes;
}

void Pane::clear() {
  finish_image();
  marks_.clear();
  destroy_states();
  groups_.clear();
  table_.clear();
}

void Pane::save(PaneRows& rows, std::uint64_t number) const {
  for (const Group* group : groups_) {
    rows.write({number, group->first_seen}, *group, group->state());
  }
}

const Group* Pane::restore_row(SnapshotReader& in, std::size_t first_state) {
  const SavedKey saved(in, first_state + aggregates_.state_count());
  const std::size_t before = groups_.size();
  const std::uint64_t first_seen = in.unsigned_integer(1);
  Group* group = group_within_limit(saved.key(), first_seen);
  if (group == nullptr) {
    in.fail("more groups than --max-keys");
    return nullptr;
  }
  if (groups_.size() == before) {
    aggregates_.destroy(group->state());
    aggregates_.create(group->state());
    group->first_seen = first_seen;
  }
  aggregates_.restore_values(group->state(), first_state, in);
  return in.status().ok() ? group : nullptr;
}

void Pane::begin_image(PaneImage& image, std::uint64_t number, const Revisions* revisions) {
  begin_image_of(image, number, revisions);
  whole_ = true;
  marks_.begin_whole();
}

void Pane::begin_changes(PaneImage& image, std::uint64_t number, const Revisions* revisions) {
  if (!knows_changes()) return begin_image(image, number, revisions);
  begin_image_of(image, number, revisions);
  whole_ = false;
  marks_.begin_changes();
}

void Pane::begin_image_of(PaneImage& image, std::uint64_t number, const Revisions* revisions) {
  image_ = &image;
  number_ = number;
  revisions_ = revisions;
  next_ = 0;
}

void Pane::note(Group& group) {
  marks_.note(group, groups_.size(), [&] { put_into_image(group); });
}

void Pane::put_into_image(const Group& group) {
  PaneFacts facts{number_, group.first_seen};
  if (revisions_ && !revisions_->empty()) {
    const auto revised = revisions_->find(&group);
    if (revised != revisions_->end()) facts.revisions = revised->second;
  }
  image_->write(facts, group, group.state());
}

bool Pane::continue_image(std::size_t& groups) {
  if (!image_) return true;
  const std::vector<Group*>& all = whole_ ? groups_ : marks_.to_take();
  for (; next_ < all.size() && groups > 0; ++next_, --groups) {
    const std::size_t ahead = std::min(next_ + kPrefetchAhead, all.size() - 1);
    __builtin_prefetch(all[ahead]);
    marks_.take(*all[next_], [&] { put_into_image(*all[next_]); });
  }
  if (next_ < all.size()) return false;
  image_ = nullptr;
  return true;
}

void Pane::finish_image() {
  std::size_t all = groups_.size() + 1;
  continue_image(all);
}

bool PaneReader::read_some(SnapshotReader& in) {
  if (!in.next_is(PaneFacts::kEntry)) return false;
  while (in.next_row()) read_row(in);
  return true;
}

void PaneReader::read_row(SnapshotReader& in) {
  const std::uint64_t number = in.unsigned_integer(std::size_t{0});
  if (number >= panes_.size()) return in.fail("a group of a pane that is not there");
  const std::uint64_t revisions = in.unsigned_integer(2);
  const Group* group = panes_[number]->restore_row(in, PaneFacts::kCount);
  if (group && then_) then_(number, *group, revisions);
}

void PaneReader::finish() {
  for (Pane* pane : panes_) pane->put_in_order();
}

}  // namespace streamutils
