// SPDX-License-Identifier: Apache-2.0
#include "ops/keyed.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <random>
#include <span>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/copy.h"
#include "base/digits.h"

namespace streamutils {
namespace {

constexpr std::size_t kFirstChunk = 4096 / 16;  // in units
constexpr std::size_t kFirstSlots = 16;
constexpr std::uint32_t kMostSpelling = 0x1fffffff;  // a line is shorter

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// Most keys are so short that two words hold them, which may share bytes.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const std::size_t n = a.size();
  if (n < 8 || n > 16) return a == b;
  return digits::load8(a.data()) == digits::load8(b.data()) &&
         digits::load8(a.data() + n - 8) == digits::load8(b.data() + n - 8);
}

}  // namespace

GroupTable::GroupTable(std::size_t state_size) : state_size_(state_size) {
  make_slots(kFirstSlots);
}

// REQUIRES: count is a power of two, and more than one.
void GroupTable::make_slots(std::size_t count) {
  slots_ = make_zeroed(count * sizeof(Slot));
  shift_ = 32 - std::countr_zero(count);
}

std::uint32_t GroupTable::hash_of(std::string_view canonical) {
  static const std::uint64_t seed = random_seed();
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(canonical.data(), canonical.size(), seed));
}

std::size_t GroupTable::slot_of(std::string_view key, std::uint32_t hash) const {
  const std::size_t mask = slot_count() - 1;
  for (std::size_t i = home_of(hash);; i = (i + 1) & mask) {
    const Slot slot = slots()[i];
    if (slot.where == 0 || (slot.hash == hash && is_same(at(slot.where)->key(), key))) return i;
  }
}

Group* GroupTable::find(const GroupKey& key) const {
  const std::uint32_t hash = key.hash ? *key.hash : hash_of(key.canonical);
  const Slot slot = slots()[slot_of(key.canonical, hash)];
  return slot.where == 0 ? nullptr : at(slot.where);
}

GroupTable::Found GroupTable::find_or_add(const GroupKey& key) {
  const std::uint32_t hash = key.hash ? *key.hash : hash_of(key.canonical);
  std::size_t i = slot_of(key.canonical, hash);
  if (slots()[i].where != 0) return {at(slots()[i].where), false};
  if ((size_ + 1) * 4 > slot_count() * 3) {
    grow();
    i = slot_of(key.canonical, hash);
  }
  const std::uint32_t where = allocate(units_of(key.canonical.size(), key.spelling.size()));
  slots()[i] = {hash, where};
  ++size_;
  Group* group = at(where);
  group->first_seen = 0;
  group->key_size = static_cast<std::uint32_t>(key.canonical.size());
  group->spelling_size = static_cast<std::uint32_t>(key.spelling.size()) & kMostSpelling;
  group->mark = 0;
  char* const text = reinterpret_cast<char*>(group + 1);
  copy_bytes(copy_bytes(text, key.canonical), key.spelling);
  return {group, true};
}

void GroupTable::grow() {
  const std::size_t old_count = slot_count();
  const Zeroed old = std::move(slots_);
  make_slots(2 * old_count);
  const Slot* const old_slots = reinterpret_cast<const Slot*>(old.get());
  const std::size_t mask = slot_count() - 1;
  for (const Slot slot : std::span(old_slots, old_count)) {
    if (slot.where == 0) continue;
    std::size_t i = home_of(slot.hash);
    while (slots()[i].where != 0) i = (i + 1) & mask;
    slots()[i] = slot;
  }
}

void GroupTable::erase(Group* group, std::uint32_t hash) {
  std::size_t i = home_of(hash);
  while (slots()[i].hash != hash || at(slots()[i].where) != group) i = (i + 1) & (slot_count() - 1);
  free_[units_of(group->key_size, group->spelling_size)].push_back(slots()[i].where);
  empty_slot(i);
  --size_;
}

// Moves later slots of the run forward, so that no search stops at the hole (Knuth, TAOCP 6.4,
// algorithm R).
void GroupTable::empty_slot(std::size_t hole) {
  const std::size_t mask = slot_count() - 1;
  for (std::size_t i = (hole + 1) & mask; slots()[i].where != 0; i = (i + 1) & mask) {
    const std::size_t home = home_of(slots()[i].hash);
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    slots()[hole] = slots()[i];
    hole = i;
  }
  slots()[hole] = {};
}

void GroupTable::clear() {
  std::size_t slots = kFirstSlots;
  while (slots * 3 < size_ * 4) slots *= 2;
  if (slots == slot_count()) {
    std::memset(slots_.get(), 0, slots * sizeof(Slot));
  } else {
    make_slots(slots);
  }
  size_ = 0;
  free_.clear();
  keep_huge_pages();
  chunks_.clear();
  second_half_ = nullptr;
  chunk_units_ = 0;
  used_units_ = 0;
  bytes_ = 0;
}

// Those that were in use, and no more: the next window may be small.
void GroupTable::keep_huge_pages() {
  spare_.clear();
  for (Zeroed& memory : owned_) {
    const bool is_huge_page = memory.get_deleter().bytes == kHugePage;
    if (is_huge_page && spare_.size() < kMostSpare) spare_.push_back(std::move(memory));
  }
  owned_.clear();
}

std::vector<Group*> GroupTable::groups() const {
  std::vector<Group*> groups;
  groups.reserve(size_);
  for (const Slot slot : std::span(slots(), slot_count())) {
    if (slot.where != 0) groups.push_back(at(slot.where));
  }
  return groups;
}

std::size_t GroupTable::bytes() const { return bytes_ + slots_.get_deleter().bytes; }

std::size_t GroupTable::units_of(std::size_t key_size, std::size_t spelling_size) const {
  return (sizeof(Group) + state_size_) / kUnit + (key_size + spelling_size + kUnit - 1) / kUnit;
}

// Chunks begin small, because a window may have one group, and double up to what an index can
// reach.
std::uint32_t GroupTable::allocate(std::size_t units) {
  const auto freed = free_.empty() ? free_.end() : free_.find(units);
  if (freed != free_.end() && !freed->second.empty()) {
    const std::uint32_t where = freed->second.back();
    freed->second.pop_back();
    return where;
  }
  if (chunk_units_ - used_units_ < units) {
    if (units > kUnitsPerIndex / 4) return allocate_large(units);
    chunk_units_ = std::clamp(chunk_units_ * 2, std::max(kFirstChunk, units + 1), kUnitsPerIndex);
    chunks_.push_back(make_chunk(chunk_units_));
    bytes_ += chunk_units_ * kUnit;
    used_units_ = chunks_.size() == 1 ? 1 : 0;  // place 0 means "no group"
  }
  const std::uint32_t where = place(chunks_.size() - 1, used_units_);
  used_units_ += units;
  return where;
}

// The largest chunks are halves of huge pages.
std::byte* GroupTable::make_chunk(std::size_t units) {
  const std::size_t size = units * kUnit;
  if (units == kUnitsPerIndex && second_half_) return std::exchange(second_half_, nullptr);
  const bool is_half = units == kUnitsPerIndex;
  owned_.push_back(is_half ? take_huge_page() : make_zeroed(size));
  if (is_half) second_half_ = owned_.back().get() + size;
  return owned_.back().get();
}

Zeroed GroupTable::take_huge_page() {
  static_assert(2 * kUnitsPerIndex * kUnit == kHugePage);
  if (spare_.empty()) return make_zeroed(kHugePage);
  Zeroed memory = std::move(spare_.back());
  spare_.pop_back();
  return memory;
}

// A group with a key of hundreds of kilobytes has a chunk of its own.  It is put before the chunk
// in use only in memory, not in number: the chunk in use is given up.
std::uint32_t GroupTable::allocate_large(std::size_t units) {
  if (chunks_.empty()) allocate(1);
  owned_.push_back(make_zeroed(units * kUnit));
  chunks_.push_back(owned_.back().get());
  bytes_ += units * kUnit;
  chunk_units_ = used_units_ = 0;
  return place(chunks_.size() - 1, 0);
}

}  // namespace streamutils
