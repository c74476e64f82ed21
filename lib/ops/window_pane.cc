// SPDX-License-Identifier: Apache-2.0
#include "ops/window_pane.h"

#include <algorithm>

namespace streamutils {

Pane::Pane(const AggregateList& aggregates, bool has_keys, std::size_t max_keys)
    : aggregates_(aggregates),
      has_keys_(has_keys),
      max_keys_(max_keys),
      table_(aggregates.block_size()) {}

Group& Pane::group(const GroupKey& key, std::uint64_t event) {
  if (!has_keys_ && !groups_.empty()) return *groups_.front();
  const GroupTable::Found found = table_.find_or_add(key);
  if (found.is_new) {
    found.group->first_seen = event;
    aggregates_.create(found.group->state());
    groups_.push_back(found.group);
  }
  return *found.group;
}

Group* Pane::group_within_limit(const GroupKey& key, std::uint64_t event) {
  return groups_.size() < max_keys_ ? &group(key, event) : table_.find(key.canonical);
}

std::byte* Pane::block(const GroupKey& key, std::uint64_t event) {
  Group* found = group_within_limit(key, event);
  return found ? found->state() : nullptr;
}

void Pane::merge(const Pane& other) {
  bool in_order = true;  // a long table is not sorted for a short one
  for (const Group* group : other.groups_) {
    const GroupTable::Found found = table_.find_or_add(group->group_key());
    in_order &= found.is_new ? groups_.empty() || groups_.back()->first_seen < group->first_seen
                             : found.group->first_seen <= group->first_seen;
    if (found.is_new) {
      found.group->first_seen = group->first_seen;
      aggregates_.create(found.group->state());
      groups_.push_back(found.group);
    }
    found.group->first_seen = std::min(found.group->first_seen, group->first_seen);
    aggregates_.merge(found.group->state(), group->state());
  }
  if (!in_order) std::ranges::sort(groups_, {}, &Group::first_seen);
}

void Pane::destroy_states() {
  for (Group* group : groups_) aggregates_.destroy(group->state());
}

std::size_t Pane::bytes() const {
  std::size_t bytes = table_bytes();
  for (const Group* group : groups_) bytes += aggregates_.bytes(group->state());
  return bytes;
}

void Pane::clear() {
  destroy_states();
  groups_.clear();
  table_.clear();
}

void save_group(const Group& group, const AggregateList& aggregates, SnapshotWriter& out) {
  out.entry("group");
  save_key(out, group);
  out.field("first_seen", group.first_seen);
  aggregates.save(group.state(), out);
}

void Pane::save(SnapshotWriter& out) const {
  for (const Group* group : groups_) save_group(*group, aggregates_, out);
}

bool Pane::restore_one(SnapshotReader& in) {
  if (!in.next_is("group")) return false;
  const SavedKey saved(in);
  std::byte* states = block(saved.key(), in.unsigned_integer("first_seen"));
  if (states) {
    aggregates_.restore(states, in);
  } else {
    in.fail("more groups than --max-keys");
  }
  return states != nullptr;
}

void Pane::restore(SnapshotReader& in) {
  while (restore_one(in)) {
  }
}

}  // namespace streamutils
