// Histories: the slice queues of all keys.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

  SliceQueue& queue_of(const GroupKey& key) { return queue(&group_of(key)); }
  Group& group_of(const GroupKey& key) {
    const GroupTable::Found found = table_.find_or_add(key);
    if (found.is_new) {
      new (found.group->state()) SliceQueue;
      found.group->mark = mark_ & 1;
      groups_.push_back(found.group);
    }
    keep_for_image(*found.group);
    return *found.group;
  }

  // Brings near the queues of the keys (GroupTable::prefetch).
  template <typename Keys>
  void prefetch(const Keys& keys) const {
    if (table_.is_large()) table_.prefetch(keys);
  }

  // Drops the slices before t, and the keys that have no others.
  void drop_before(Timestamp t) {
    finish_image();
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
    next_ = 0;  // those whose turn has come are known by their marks
    sort(groups_);
    return groups_;
  }

  std::span<Group* const> groups() const { return groups_; }

  // In that order, so that equal states are equal text.
  void save(SnapshotWriter& out) const {
    std::vector<Group*> groups = groups_;
    sort(groups);
    SliceRows rows(tools_.aggregates, out);
    for (Group* group : groups) queue(group).save(rows, *group);
  }

  // An image (stream/operator.h).  A queue goes there before it changes, or when its turn comes.
  void begin_image(SliceImage& image) {
    image_ = &image;
    next_ = 0;
    mark_ ^= 1;
  }
  // Of at most so many keys, which it counts down.  True when it is complete.
  bool continue_image(std::size_t& keys) {
    for (; image_ && next_ < groups_.size() && keys > 0; ++next_, --keys) {
      keep_for_image(*groups_[next_]);
    }
    if (image_ && next_ < groups_.size()) return false;
    image_ = nullptr;
    return true;
  }
  // From the current row of the reader.
  const Group& restore_row(SnapshotReader& in) {
    const SavedKey saved(in, SliceFacts::kCount + tools_.aggregates.state_count());
    Group& group = group_of(saved.key());
    queue(&group).restore_row(in, tools_);
    return group;
  }

 private:
  static constexpr std::size_t kStateSize = (sizeof(SliceQueue) + 15) / 16 * 16;

  static void sort(std::vector<Group*>& groups) {
    std::ranges::sort(groups, {}, [](Group* group) { return queue(group).first_seen(); });
  }

  void keep_for_image(Group& group) {
    if (group.mark == mark_) return;
    group.mark = mark_ & 1;
    queue(&group).save(*image_, group);
  }
  void finish_image() {
    std::size_t all = groups_.size() + 1;
    continue_image(all);
  }

  void release(Group* group) {
    queue(group).clear(tools_);
    queue(group).~SliceQueue();
  }

  BlockPool pool_;
  SliceQueue::Tools tools_;
  GroupTable table_;
  std::vector<Group*> groups_;

  SliceImage* image_ = nullptr;  // null: it is complete
  std::size_t next_ = 0;         // the key whose turn comes
  std::uint32_t mark_ = 0;       // of the keys that the image has no need of any more
};

}  // namespace streamutils
