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

class Pane {
 public:
  // aggregates must outlive the pane.  has_keys: if not, all events are one group.
  Pane(const AggregateList& aggregates, bool has_keys);
  explicit Pane(const WindowParts& parts) : Pane(parts.aggregates, !parts.keys.is_empty()) {}
  ~Pane() { destroy_states(); }
  Pane(const Pane&) = delete;
  Pane& operator=(const Pane&) = delete;

  // The group of the key; made if this is its first event here, which then has the number `event`.
  Group& group(const GroupKey& key, std::uint64_t event);
  // Its states.
  std::byte* block(const GroupKey& key, std::uint64_t event) { return group(key, event).state(); }

  // Adds all groups of another pane of the same parts.
  void merge(const Pane& other);

  // In the order in which they were first seen.
  std::span<Group* const> groups() const { return groups_; }

  // Forgets all groups, and keeps room for about as many.
  void clear();

  // One entry per group.
  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

 private:
  void destroy_states();

  const AggregateList& aggregates_;
  bool has_keys_;
  GroupTable table_;
  std::vector<Group*> groups_;
};

}  // namespace streamutils
