// SPDX-License-Identifier: Apache-2.0
#include "ops/join_lookup.h"

#include <algorithm>
#include <bit>
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

JoinLookup::JoinLookup() : seed_(random_seed()) { make_slots(kFirstSlots); }

// REQUIRES: count is a power of two, and more than one.
void JoinLookup::make_slots(std::size_t count) {
  memory_ = make_zeroed(count * sizeof(Slot));
  mask_ = count - 1;
  shift_ = 32 - std::countr_zero(count);
}

std::uint32_t JoinLookup::hash_of(std::string_view key) const {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(key.data(), key.size(), seed_));
}

// The slot of the key, or the empty one where it would stand.
std::size_t JoinLookup::slot_of(std::string_view key, std::uint32_t hash) const {
  for (std::size_t i = home_of(hash);; i = (i + 1) & mask_) {
    const Slot slot = slots()[i];
    if (slot.row == 0 || (slot.hash == hash && rows_.at(slot.row)->key() == key)) return i;
  }
}

void JoinLookup::put(std::string_view key, std::uint32_t hash, std::string_view text,
                     std::uint64_t number) {
  if ((size_ + 1) * 2 > mask_ + 1) grow();
  Slot& slot = slots()[slot_of(key, hash)];
  slot.hash = hash;
  const TableRows::Ref old = slot.row;
  slot.row = rows_.make(key, text, old == 0 ? number : rows_.at(old)->number);
  if (old == 0) {
    ++size_;
  } else {
    free(old);
  }
}

void JoinLookup::free(TableRows::Ref row) {
  rows_.free(row, [this](const TableRow* old, TableRows::Ref copy) {
    slots()[slot_of(old->key(), hash_of(old->key()))].row = copy;
  });
}

void JoinLookup::grow() {
  const std::size_t old_size = mask_ + 1;
  const Zeroed old = std::move(memory_);
  make_slots(2 * old_size);
  const Slot* from = reinterpret_cast<const Slot*>(old.get());
  for (std::size_t n = 0; n < old_size; ++n) {
    if (from[n].row == 0) continue;
    std::size_t i = home_of(from[n].hash);
    while (slots()[i].row != 0) i = (i + 1) & mask_;
    slots()[i] = from[n];
  }
}

// Later slots of the run move forward, so that no search stops at the hole (Knuth, TAOCP 6.4,
// algorithm R).
void JoinLookup::erase(std::string_view key, std::uint32_t hash) {
  Slot* const slots = this->slots();
  std::size_t hole = slot_of(key, hash);
  const TableRows::Ref row = slots[hole].row;
  if (row == 0) return;
  for (std::size_t i = (hole + 1) & mask_; slots[i].row != 0; i = (i + 1) & mask_) {
    const std::size_t home = home_of(slots[i].hash);
    if (((i - home) & mask_) < ((i - hole) & mask_)) continue;
    slots[hole] = slots[i];
    hole = i;
  }
  slots[hole] = {};
  --size_;
  free(row);
}

void JoinLookup::prefetch_row(std::uint32_t hash) const {
  std::size_t i = home_of(hash);
  while (slots()[i].row != 0 && slots()[i].hash != hash) i = (i + 1) & mask_;
  if (slots()[i].row == 0) return;
  const char* row = reinterpret_cast<const char*>(rows_.at(slots()[i].row));
  __builtin_prefetch(row);
  __builtin_prefetch(row + 64);
}

std::vector<const TableRow*> JoinLookup::all() const {
  std::vector<const TableRow*> rows;
  rows.reserve(size_);
  rows_.for_each([&rows](const TableRow* row) { rows.push_back(row); });
  std::sort(rows.begin(), rows.end(),
            [](const TableRow* a, const TableRow* b) { return a->number < b->number; });
  return rows;
}

}  // namespace streamutils
