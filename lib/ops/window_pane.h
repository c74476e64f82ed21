// Pane: the groups of one stretch of time that is closed as a whole, a window or a slice of
// windows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ops/aggregate_list.h"
#include "ops/keyed.h"
#include "ops/window_parts.h"

namespace streamutils {

// One group as an entry of a snapshot, as Pane::restore reads it.
void save_group(const Group& group, const AggregateList& aggregates, SnapshotWriter& out);

class Pane {
 public:
  // aggregates must outlive the pane.  has_keys: if not, all events are one group.
  Pane(const AggregateList& aggregates, bool has_keys,
       std::size_t max_keys = static_cast<std::size_t>(-1));
  explicit Pane(const WindowParts& parts)
      : Pane(parts.aggregates, !parts.keys.is_empty(), parts.max_keys) {}
  ~Pane() { destroy_states(); }
  Pane(const Pane&) = delete;
  Pane& operator=(const Pane&) = delete;

  // The group of the key; made if this is its first event here, which then has the number `event`.
  Group& group(const GroupKey& key, std::uint64_t event);
  // The same, but null if it would be one more than max_keys; and its states.
  Group* group_within_limit(const GroupKey& key, std::uint64_t event);
  std::byte* block(const GroupKey& key, std::uint64_t event);

  // The group of the key if there is one.
  Group* find(std::string_view canonical) const { return table_.find(canonical); }

  // Brings near the groups of the keys that are foreseen.
  void prefetch(const KeyReader& keys) const {
    keys.for_each_hash([this](std::uint32_t hash) { table_.prefetch_slot(hash); });
    keys.for_each_hash([this](std::uint32_t hash) { table_.prefetch_group(hash); });
  }

  // Adds all groups of another pane of the same parts.
  void merge(const Pane& other);

  // In the order in which they were first seen.
  std::span<Group* const> groups() const { return groups_; }

  // Memory held, about.  Walks all groups.
  std::size_t bytes() const;
  // Without what the states hold outside of their groups.  Does not walk.
  std::size_t table_bytes() const { return table_.bytes() + groups_.capacity() * sizeof(Group*); }

  // Forgets all groups, and keeps room for about as many.
  void clear();

  // One entry per group.
  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);
  // Takes one of the entries back; false if the next is none.
  bool restore_one(SnapshotReader& in);

 private:
  void destroy_states();

  const AggregateList& aggregates_;
  bool has_keys_;
  std::size_t max_keys_;
  GroupTable table_;
  std::vector<Group*> groups_;
};

}  // namespace streamutils
