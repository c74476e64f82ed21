// A table by its keys: one slot and one row are all that a look-up touches, and both can be fetched
// ahead.
//
//     slots | hash, row | hash, row | …      8 bytes each, open addressing, at most half full
//     row   | … key | text |
//
// The hash is seeded by chance, so that nobody can send keys that collide; nothing depends on the
// order of slots.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/zeroed.h"
#include "ops/table_rows.h"

namespace streamutils {

class JoinLookup {
 public:
  JoinLookup();

  std::uint32_t hash_of(std::string_view key) const;

  // The row of the key, or null.  Valid until the next change.  REQUIRES: hash is that of the key.
  const TableRow* find(std::string_view key, std::uint32_t hash) const {
    const Slot& slot = slots()[slot_of(key, hash)];
    return slot.row == 0 ? nullptr : rows_.at(slot.row);
  }

  // Sets the text of a key.  A key that is there keeps its number.  REQUIRES: as above.
  void put(std::string_view key, std::uint32_t hash, std::string_view text, std::uint64_t number);
  void put(std::string_view key, std::string_view text, std::uint64_t number) {
    put(key, hash_of(key), text, number);
  }
  void erase(std::string_view key, std::uint32_t hash);
  void erase(std::string_view key) { erase(key, hash_of(key)); }

  // Fetches the slot; a while later, what it leads to.
  void prefetch_slot(std::uint32_t hash) const { __builtin_prefetch(&slots()[home_of(hash)]); }
  void prefetch_row(std::uint32_t hash) const;

  // By number.  Valid until the next change.
  std::vector<const TableRow*> all() const;
  // In no particular order, some at a time (TableRows::visit_some).
  using Place = TableRows::Place;
  template <typename Visit>
  bool visit_some(Place& place, std::size_t rows, Visit visit) const {
    return rows_.visit_some(place, rows, visit);
  }
  std::size_t size() const { return size_; }
  // Of rows and slots; of the chunks in which rows lie.
  std::size_t bytes() const { return rows_.bytes() + (mask_ + 1) * sizeof(Slot); }
  std::size_t chunk_bytes() const { return rows_.chunk_bytes(); }

 private:
  struct Slot {
    std::uint32_t hash;
    TableRows::Ref row;  // 0: empty
  };

  Slot* slots() const { return reinterpret_cast<Slot*>(memory_.get()); }
  // By the upper bits: a table that grows is read and written from one end to the other.
  std::size_t home_of(std::uint32_t hash) const { return hash >> shift_; }
  void make_slots(std::size_t count);
  std::size_t slot_of(std::string_view key, std::uint32_t hash) const;
  void grow();
  void free(TableRows::Ref row);

  std::uint64_t seed_;
  Zeroed memory_;
  std::size_t mask_;  // there is a power of two of slots
  int shift_;         // of a hash, which leaves the number of a slot
  std::size_t size_ = 0;
  TableRows rows_;
};

}  // namespace streamutils
