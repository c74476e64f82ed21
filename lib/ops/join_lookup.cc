// SPDX-License-Identifier: Apache-2.0
#include "ops/join_lookup.h"

#include <random>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace streamutils {
namespace {

constexpr std::size_t kFirstSlots = 64;

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

JoinLookup::JoinLookup() : seed_(random_seed()), slots_(kFirstSlots) {}

std::uint64_t JoinLookup::hash_of(std::string_view key) const {
  return XXH3_64bits_withSeed(key.data(), key.size(), seed_);
}

// The slot of the key, or the empty one where it would stand.
std::size_t JoinLookup::slot_of(std::string_view key, std::uint64_t hash) const {
  for (std::size_t i = hash & mask();; i = (i + 1) & mask()) {
    const Slot& slot = slots_[i];
    if (slot.row == nullptr || (slot.hash == hash && slot.row->head() == key)) return i;
  }
}

JoinRow* JoinLookup::find(std::string_view key, std::uint64_t hash) const {
  return slots_[slot_of(key, hash)].row;
}

JoinRow* JoinLookup::put(JoinRow* row) {
  if ((size_ + 1) * 2 > slots_.size()) grow();
  const std::uint64_t hash = hash_of(row->head());
  Slot& slot = slots_[slot_of(row->head(), hash)];
  size_ += slot.row == nullptr ? 1 : 0;
  slot.hash = hash;
  return std::exchange(slot.row, row);
}

void JoinLookup::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.row == nullptr) continue;
    std::size_t i = slot.hash & mask();
    while (slots_[i].row != nullptr) i = (i + 1) & mask();
    slots_[i] = slot;
  }
}

// Later slots of the run move forward, so that no search stops at the hole (Knuth, TAOCP 6.4,
// algorithm R).
JoinRow* JoinLookup::take(std::string_view key) {
  std::size_t hole = slot_of(key, hash_of(key));
  JoinRow* row = slots_[hole].row;
  if (row == nullptr) return nullptr;
  for (std::size_t i = (hole + 1) & mask(); slots_[i].row != nullptr; i = (i + 1) & mask()) {
    const std::size_t home = slots_[i].hash & mask();
    if (((i - home) & mask()) < ((i - hole) & mask())) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = {};
  --size_;
  return row;
}

void JoinLookup::prefetch_row(std::uint64_t hash) const {
  const Slot& slot = slots_[hash & mask()];
  if (slot.row == nullptr) return;
  const char* row = reinterpret_cast<const char*>(slot.row);
  __builtin_prefetch(row);
  __builtin_prefetch(row + 64);
  __builtin_prefetch(row + 128);
}

}  // namespace streamutils
