// The rows of a table by their keys: one slot and one row are all that a look-up touches, and both
// can be fetched ahead.
//
//     slots | hash, row | hash, row | …      open addressing, at most half full
//     row   | … key (its head) | text |
//
// The hash is seeded by chance, so that nobody can send keys that collide; nothing depends on the
// order of slots.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ops/join_rows.h"

namespace streamutils {

class JoinLookup {
 public:
  JoinLookup();

  std::uint64_t hash_of(std::string_view key) const;

  // The row whose head is the key, or null.  REQUIRES: hash is that of the key.
  JoinRow* find(std::string_view key, std::uint64_t hash) const;

  // Puts a row where its key is; the one that was there, or null.
  JoinRow* put(JoinRow* row);
  // Takes it out; null if there is none.
  JoinRow* take(std::string_view key);

  // Fetches the slot; a while later, what it leads to.
  void prefetch_slot(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask()]); }
  void prefetch_row(std::uint64_t hash) const;

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t hash;
    JoinRow* row;  // null: empty
  };

  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t slot_of(std::string_view key, std::uint64_t hash) const;
  void grow();

  std::uint64_t seed_;
  std::vector<Slot> slots_;  // a power of two of them
  std::size_t size_ = 0;
};

}  // namespace streamutils
