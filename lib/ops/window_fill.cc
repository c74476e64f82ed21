// SPDX-License-Identifier: Apache-2.0
#include "ops/window_fill.h"

#include <algorithm>

namespace streamutils {

KnownKeys::KnownKeys(WindowParts& parts, std::optional<Duration> fill_for)
    : parts_(parts),
      fill_for_(fill_for),
      table_(16),
      pool_(parts.aggregates),
      nothing_(pool_.make()) {}

KnownKeys::~KnownKeys() { pool_.free(nothing_); }

void KnownKeys::note(const GroupKey& key, Timestamp end) {
  const GroupTable::Found found = table_.find_or_add(key);
  if (found.is_new) groups_.push_back(found.group);
  last_end(found.group) = end;
}

void KnownKeys::note(std::span<Group* const> groups, Timestamp end) {
  for (const Group* group : groups) note(group->group_key(), end);
}

void KnownKeys::write_missing(Timestamp start, Timestamp end, Emitter& out) {
  parts_.rows.begin_window(start, end);
  std::erase_if(groups_, [&](Group* group) {
    if (last_end(group) >= end) return false;
    if (fill_for_ && minus(end, *fill_for_) > last_end(group)) {
      table_.erase(group);
      return true;
    }
    parts_.rows.write(*group, nothing_, {}, out);
    return false;
  });
}

void KnownKeys::save(SnapshotWriter& out) const {
  for (Group* group : groups_) {
    out.entry("known").field("last_end", last_end(group));
    save_key(out, *group);
  }
}

void KnownKeys::restore(SnapshotReader& in) {
  while (in.next_is("known")) note(SavedKey(in).key(), in.time("last_end"));
}

}  // namespace streamutils
