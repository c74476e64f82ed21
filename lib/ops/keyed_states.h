// KeyedStates: a State for every key, made with its first event and destroyed with its group.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <vector>

#include "ops/keyed.h"

namespace streamutils {

template <typename State>
class KeyedStates {
  static_assert(alignof(State) <= 16);

 public:
  KeyedStates() : table_(kSize) {}
  ~KeyedStates() {
    for (Group* group : table_.groups()) of(group).~State();
  }
  KeyedStates(const KeyedStates&) = delete;
  KeyedStates& operator=(const KeyedStates&) = delete;

  static State& of(Group* group) { return *std::launder(reinterpret_cast<State*>(group->state())); }

  Group* find(const GroupKey& key) const { return table_.find(key); }
  Group* find(std::string_view canonical) const { return table_.find(canonical); }

  // GroupTable says what these are.
  bool is_large() const { return table_.is_large(); }
  template <typename Keys>
  void prefetch(const Keys& keys) const {
    table_.prefetch(keys);
  }
  void prefetch(std::uint32_t hash) const { table_.prefetch(hash); }
  void prefetch(const Group& group) const { prefetch(GroupTable::hash_of(group.key())); }
  // Calls visit(state) for the states of the keys, for those who bring near what they point to.
  template <typename Keys, typename Visit>
  void for_each_likely(const Keys& keys, const Visit& visit) const {
    table_.for_each_likely(keys, [&](Group* group) { visit(of(group)); });
  }

  // The group of the key; made if there is none, and then its first event has the number `event`.
  Group* group(const GroupKey& key, std::uint64_t event) {
    const GroupTable::Found found = table_.find_or_add(key);
    if (found.is_new) {
      new (found.group->state()) State;
      found.group->first_seen = event;
    }
    return found.group;
  }

  // The same, but null if it would be one more than `limit`.
  Group* group_within(std::size_t limit, const GroupKey& key, std::uint64_t event) {
    return table_.size() < limit ? group(key, event) : find(key);
  }

  void erase(Group* group) {
    of(group).~State();
    table_.erase(group);
  }

  void clear() {
    for (Group* group : table_.groups()) of(group).~State();
    table_.clear();
  }

  std::size_t size() const { return table_.size(); }
  // Memory held, without what the states hold outside of their groups.
  std::size_t bytes() const { return table_.bytes(); }

  // All of them, in no order.  Walks the table.
  std::vector<Group*> unsorted_groups() const { return table_.groups(); }
  // All of them, in the order in which they were made.  Walks the table.
  std::vector<Group*> groups() const {
    std::vector<Group*> groups = table_.groups();
    std::ranges::sort(groups, {}, &Group::first_seen);
    return groups;
  }

 private:
  static constexpr std::size_t kSize = (sizeof(State) + 15) / 16 * 16;

  GroupTable table_;
};

}  // namespace streamutils
