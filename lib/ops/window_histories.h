// Histories: the slice queues of all keys.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include "ops/aggregate_pool.h"
#include "ops/group_key.h"
#include "ops/keyed.h"
#include "ops/window_history.h"

namespace streamutils {

// The queues of all keys that have sealed slices.
class Histories {
 public:
  explicit Histories(const AggregateList& aggregates)
      : pool_(aggregates), tools_{aggregates, pool_}, table_(kStateSize) {}
  ~Histories() {
    for (Group* group : groups_) release(group);
  }
  Histories(const Histories&) = delete;
  Histories& operator=(const Histories&) = delete;

  static SliceQueue& queue(Group* group) { return *reinterpret_cast<SliceQueue*>(group->state()); }

  const SliceQueue::Tools& tools() const { return tools_; }
  std::size_t size() const { return groups_.size(); }

  SliceQueue& queue_of(const GroupKey& key) {
    const GroupTable::Found found = table_.find_or_add(key);
    if (found.is_new) {
      new (found.group->state()) SliceQueue;
      groups_.push_back(found.group);
    }
    return queue(found.group);
  }

  bool has(std::string_view canonical) const { return table_.find(canonical) != nullptr; }

  // Drops the slices before t, and the keys that have no others.
  void drop_before(Timestamp t) {
    std::erase_if(groups_, [&](Group* group) {
      queue(group).drop_before(t, tools_);
      if (!queue(group).is_empty()) return false;
      release(group);
      table_.erase(group);
      return true;
    });
  }

  // In the order in which they were first seen in what is kept.
  const std::vector<Group*>& sorted() {
    std::ranges::sort(groups_, {}, [](Group* group) { return queue(group).first_seen(); });
    return groups_;
  }

  std::span<Group* const> groups() const { return groups_; }

  void save(SnapshotWriter& out) const {
    for (Group* group : groups_) {
      out.entry("key");
      save_key(out, *group);
      queue(group).save(out, tools_.aggregates);
    }
  }

  void restore(SnapshotReader& in) {
    while (in.next_is("key")) {
      const SavedKey saved(in);
      SliceQueue& queue = queue_of(saved.key());
      queue.restore(in, tools_);
      if (queue.is_empty()) return in.fail("a key without slices");
    }
  }

 private:
  static constexpr std::size_t kStateSize = (sizeof(SliceQueue) + 15) / 16 * 16;

  void release(Group* group) {
    queue(group).clear(tools_);
    queue(group).~SliceQueue();
  }

  BlockPool pool_;
  SliceQueue::Tools tools_;
  GroupTable table_;
  std::vector<Group*> groups_;
};

}  // namespace streamutils
