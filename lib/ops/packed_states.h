// PackedStates: states of count, sum, avg, min and max as an image takes them, in few bytes.
//
// Nearly all queries ask for nothing else, and nearly all of their states are a number or two.  So
// in place of copies of the states, which have to be destroyed, an image takes those numbers; all
// of a group are packed, and made the values of a row, in one pass without a call for each.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace streamutils {

enum class PackedKind : std::uint8_t { none, count, sum, average, least, greatest };

class PackedStates {
 public:
  // The next state, and its place in the block.  PackedKind::none: from then on there are none.
  void add(PackedKind kind, std::size_t offset);
  // False if some state is of no such kind, or if there is none at all.
  bool can_pack() const { return !steps_.empty(); }

  // Bytes of the packed states of a group, a multiple of 8, aligned to 8.
  std::size_t size() const { return size_; }
  // False if a state is not as short as that (a sum of more than 18 digits, a least text).
  // REQUIRES: can_pack(), as all that follows.
  bool pack(const std::byte* block, std::byte* packed) const;

  // Writes the values of the states as Aggregate::save_value does, each with a comma behind it;
  // returns the place behind them.  REQUIRES: room for text_room() bytes.
  std::size_t text_room() const { return text_room_; }
  char* write(const std::byte* packed, char* to) const;

 private:
  struct Step {
    PackedKind kind;
    std::size_t offset;
  };

  std::vector<Step> steps_;
  std::size_t size_ = 0;
  std::size_t text_room_ = 0;
  bool has_others_ = false;
};

}  // namespace streamutils
