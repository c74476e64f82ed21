// GroupTable: the state of every key, found by the key's bytes.
//
// Made for tables that live as long as a window: millions of groups in, all of them out.  A group
// is one piece of memory, its state beside its key, so that an event touches one slot and one
// group:
//
//     slots  | hash, where | hash, where | …           open addressing, 8 bytes a slot
//     group  | first_seen, sizes | key … | spelling … | state … |
//
// Groups stay where they are until they are erased.  The hash is seeded by chance (nobody can send
// a stream of colliding keys), so nothing may depend on the order of slots: whoever writes groups
// goes by first_seen.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/near.h"
#include "base/zeroed.h"

namespace streamutils {

// The key of an event.
struct GroupKey {
  std::string_view canonical;                        // equal iff the keys are
  std::string_view spelling;                         // as it is to be written; empty: as canonical
  std::optional<std::uint32_t> hash = std::nullopt;  // GroupTable::hash_of the former, if known
};

// The head of a group; its key, its spelling and its state follow.
struct alignas(16) Group {
  std::uint64_t first_seen;  // the number of the event that made it
  std::uint32_t key_size;
  std::uint32_t spelling_size : 29;  // 0: as the key
  std::uint32_t mark : 3;            // for whoever takes images (group_marks.h); 0 at first

  std::byte* state() { return reinterpret_cast<std::byte*>(this + 1) + text_size(); }
  const std::byte* state() const {
    return reinterpret_cast<const std::byte*>(this + 1) + text_size();
  }

  std::string_view key() const { return {text(), key_size}; }
  std::string_view spelling() const { return spelling_size == 0 ? key() : own_spelling(); }
  // As it was given to the table.
  GroupKey group_key() const { return {key(), own_spelling()}; }

 private:
  const char* text() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view own_spelling() const { return {text() + key_size, spelling_size}; }
  std::size_t text_size() const { return (std::size_t{key_size} + spelling_size + 15) / 16 * 16; }
};

class GroupTable {
 public:
  // state_size: bytes of a state, a multiple of 16.  States are raw memory to the table: whoever
  // adds a group makes its state, and destroys it before the group goes.
  explicit GroupTable(std::size_t state_size);
  GroupTable(GroupTable&&) noexcept = default;
  GroupTable& operator=(GroupTable&&) noexcept = default;

  // The same for all tables of the process.
  static std::uint32_t hash_of(std::string_view canonical);

  // True if it is more than stays next to the processor by itself: then it pays to foresee events.
  bool is_large() const { return slot_count() >= kManySlots; }
  // Brings near what find_or_add will look at, in two steps: the second has to wait for the first.
  // keys: has for_each_hash(visit).
  template <typename Keys>
  void prefetch(const Keys& keys) const {
    keys.for_each_hash([this](std::uint32_t h) { bring_near(&slots()[home_of(h)]); });
    for_each_likely(keys, [this](const Group* group) { bring_near_all(group); });
  }
  // Begins the first step, as of erase(), between other work.  hash: hash_of the key.
  void prefetch(std::uint32_t hash) const { __builtin_prefetch(&slots()[home_of(hash)], 1); }
  // Calls visit(group) for the first group of each hash: nearly always that of the key.  For those
  // who bring near what a group points to.
  template <typename Keys, typename Visit>
  void for_each_likely(const Keys& keys, const Visit& visit) const {
    keys.for_each_hash([&](std::uint32_t h) {
      for (std::size_t i = home_of(h); slots()[i].where != 0; i = (i + 1) & (slot_count() - 1)) {
        if (slots()[i].hash == h) return visit(at(slots()[i].where));
      }
    });
  }

  // The group of the key, or null.
  Group* find(const GroupKey& key) const;
  Group* find(std::string_view canonical) const { return find(GroupKey{canonical, {}}); }

  struct Found {
    Group* group;
    bool is_new;  // then its state is raw memory, and its first_seen 0
  };
  Found find_or_add(const GroupKey& key);

  void erase(Group* group) { erase(group, hash_of(group->key())); }
  // The same where hash_of its key is known.
  void erase(Group* group, std::uint32_t hash);

  // Forgets all groups and keeps memory for about as many, up to some megabytes: a window that
  // follows another of its size would wait for the system to clear each page.
  void clear();

  std::size_t size() const { return size_; }
  // All of them, in no order.  Walks the slots.
  std::vector<Group*> groups() const;
  // Memory held, in bytes.
  std::size_t bytes() const;

 private:
  static constexpr std::size_t kManySlots = 1 << 8;
  static constexpr std::size_t kMostSpare = 8;  // huge pages
  static constexpr std::size_t kUnit = 16;
  static constexpr std::size_t kUnitsPerIndex = 1 << 16;  // the reach of the lower half of a place

  struct Slot {
    std::uint32_t hash;
    std::uint32_t where;  // of the group; 0: the slot is empty
  };
  static std::uint32_t place(std::size_t chunk, std::size_t unit) {
    return static_cast<std::uint32_t>(chunk * kUnitsPerIndex + unit);
  }
  Slot* slots() const { return reinterpret_cast<Slot*>(slots_.get()); }
  std::size_t slot_count() const { return slots_.get_deleter().bytes / sizeof(Slot); }
  // By the upper bits: a table that grows is read and written from one end to the other.
  std::size_t home_of(std::uint32_t hash) const { return hash >> shift_; }
  Group* at(std::uint32_t where) const {
    std::byte* const chunk = chunks_[where / kUnitsPerIndex];
    return reinterpret_cast<Group*>(chunk + where % kUnitsPerIndex * kUnit);
  }
  // Half of all groups reach into a second cache line, with their states.
  void bring_near_all(const Group* group) const {
    bring_near(group);
    __builtin_prefetch(reinterpret_cast<const std::byte*>(group + 2) + state_size_ - 1, 1);
  }
  // The slot that holds the key, or the empty one where it would stand.
  std::size_t slot_of(std::string_view key, std::uint32_t hash) const;
  void make_slots(std::size_t count);
  void grow();
  void empty_slot(std::size_t i);
  std::size_t units_of(std::size_t key_size, std::size_t spelling_size) const;
  std::uint32_t allocate(std::size_t units);
  std::uint32_t allocate_large(std::size_t units);
  std::byte* make_chunk(std::size_t units);
  Zeroed take_huge_page();
  void keep_huge_pages();

  std::size_t state_size_;
  Zeroed slots_;  // a power of two of them
  int shift_;     // of a hash, which leaves the number of a slot
  std::size_t size_ = 0;

  // Memory comes in chunks.  A place in it is a number: the chunk in the upper half, the unit of 16
  // bytes within it in the lower.
  std::vector<Zeroed> owned_;
  std::vector<std::byte*> chunks_;    // where each chunk begins
  std::vector<Zeroed> spare_;         // huge pages to be used again, no zeros any more
  std::byte* second_half_ = nullptr;  // of the last huge page, not in use yet
  std::size_t chunk_units_ = 0;       // of the last chunk…
  std::size_t used_units_ = 0;        // …and how many of them are taken
  std::size_t bytes_ = 0;
  std::unordered_map<std::size_t, std::vector<std::uint32_t>> free_;  // erased groups, by units
};

// A few keys with their hashes, to be looked up one after the other.
template <std::size_t kMost>
class HashedKeys {
 public:
  // REQUIRES: fewer than kMost so far.
  void add(const GroupKey& key) {
    keys_[size_] = key;
    keys_[size_++].hash = GroupTable::hash_of(key.canonical);
  }
  const GroupKey& operator[](std::size_t i) const { return keys_[i]; }

  template <typename Visit>
  void for_each_hash(const Visit& visit) const {
    for (std::size_t i = 0; i < size_; ++i) visit(*keys_[i].hash);
  }

 private:
  std::array<GroupKey, kMost> keys_;
  std::size_t size_ = 0;
};

// Calls visit(group, key) for each of the groups with its key, to be looked up in another table:
// some at a time, so that what prefetch(keys) brings near has come when their turn comes.
template <typename Prefetch, typename Visit>
void for_each_ahead(std::span<Group* const> groups, const Prefetch& prefetch, const Visit& visit) {
  constexpr std::size_t kAhead = 32;
  while (!groups.empty()) {
    const auto next = groups.first(std::min(kAhead, groups.size()));
    groups = groups.subspan(next.size());
    HashedKeys<kAhead> keys;
    for (const Group* group : next) keys.add(group->group_key());
    prefetch(keys);
    for (std::size_t i = 0; i < next.size(); ++i) visit(*next[i], keys[i]);
  }
}

}  // namespace streamutils
