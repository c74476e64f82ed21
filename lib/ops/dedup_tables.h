// SliceTables: fingerprints in a table for each slice of time, so that a slice is forgotten as a
// whole.
//
// With a limit on the number of keys a table takes at most half as many, so that never all are
// forgotten at once; then a slice may have several tables, which are told apart by the order in
// which they were begun.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <optional>

#include "ops/fingerprint_table.h"
#include "stream/snapshot.h"

namespace streamutils {

struct SlicePlace {
  explicit SlicePlace(std::int64_t the_slice, std::uint64_t the_number = 0)
      : slice(the_slice), number(the_number) {}
  // Reads what save() has written.
  explicit SlicePlace(SnapshotReader& in)
      : slice(in.integer("slice")), number(in.unsigned_integer("number")) {}

  // An entry, which those of the table follow.
  void save(SnapshotWriter& out) const {
    out.entry("slice").field("slice", slice).field("number", number);
  }
  friend auto operator<=>(const SlicePlace&, const SlicePlace&) = default;

  std::int64_t slice;
  std::uint64_t number;
};

// TheTable: of fingerprints with Extra beside them.
template <typename Extra, typename TheTable = FingerprintTable<Extra>>
class SliceTables {
 public:
  using Table = TheTable;
  using Map = std::map<SlicePlace, Table>;

  explicit SliceTables(std::optional<std::uint64_t> max_keys) : max_keys_(max_keys) {}

  // All tables.
  Map& map() { return map_; }
  const Map& map() const { return map_; }
  // The first table of the slice or of a later one, and of a later one.
  auto from(std::int64_t slice) { return map_.lower_bound(SlicePlace(slice)); }
  auto from(std::int64_t slice) const { return map_.lower_bound(SlicePlace(slice)); }
  auto behind(std::int64_t slice) {
    return map_.upper_bound(SlicePlace(slice, std::numeric_limits<std::uint64_t>::max()));
  }

  // The table that takes the next key of the slice.
  Table& table_for(std::int64_t slice) {
    const auto next = behind(slice);
    if (next != map_.begin()) {
      const auto last = std::prev(next);
      const bool full = max_keys_ && last->second.size() >= (*max_keys_ + 1) / 2;
      if (last->first.slice == slice && !full) return last->second;
    }
    return map_.emplace_hint(next, SlicePlace(slice, ++number_), Table())->second;
  }

  // As a field of the current entry, without the tables.
  void save(SnapshotWriter& out) const { out.field("number", number_); }
  void restore(SnapshotReader& in) { number_ = in.unsigned_integer("number"); }

 private:
  std::optional<std::uint64_t> max_keys_;
  Map map_;
  std::uint64_t number_ = 0;  // of the last table that was begun
};

}  // namespace streamutils
