// SPDX-License-Identifier: Apache-2.0
#include "ops/window_pane.h"

namespace streamutils {

Pane::Pane(const WindowParts& parts) : parts_(parts), table_(parts.aggregates.block_size()) {}

std::byte* Pane::block(const GroupKey& key, std::uint64_t event) {
  if (parts_.keys.is_empty() && !groups_.empty()) return groups_.front()->state();
  const GroupTable::Found found = table_.find_or_add(key);
  if (found.is_new) {
    found.group->first_seen = event;
    parts_.aggregates.create(found.group->state());
    groups_.push_back(found.group);
  }
  return found.group->state();
}

void Pane::destroy_states() {
  for (Group* group : groups_) parts_.aggregates.destroy(group->state());
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
    parts_.aggregates.save(group->state(), out);
  }
}

void Pane::restore(SnapshotReader& in) {
  while (in.next_is("group")) {
    const SavedKey saved(in);
    parts_.aggregates.restore(block(saved.key(), in.unsigned_integer("first_seen")), in);
  }
}

}  // namespace streamutils
