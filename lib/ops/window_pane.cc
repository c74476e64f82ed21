// SPDX-License-Identifier: Apache-2.0
#include "ops/window_pane.h"

#include <algorithm>

namespace streamutils {

Pane::Pane(const AggregateList& aggregates, bool has_keys)
    : aggregates_(aggregates), has_keys_(has_keys), table_(aggregates.block_size()) {}

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

void Pane::clear() {
  destroy_states();
  groups_.clear();
  table_.clear();
}

void Pane::save(SnapshotWriter& out) const {
  for (const Group* group : groups_) {
    out.entry("group");
    save_key(out, *group);
    out.field("first_seen", group->first_seen);
    aggregates_.save(group->state(), out);
  }
}

void Pane::restore(SnapshotReader& in) {
  while (in.next_is("group")) {
    const SavedKey saved(in);
    aggregates_.restore(block(saved.key(), in.unsigned_integer("first_seen")), in);
  }
}

}  // namespace streamutils
