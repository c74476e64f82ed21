// JoinSlots: for each hash of a join's rows, where the newest of them stands.
//
//     directory, by the upper bits:   | 00 | 01 | 1 | 1 |
//     segments of 4096 slots:          hash, newest | hash, newest | …      by the lower bits
//
// Slots are never emptied one by one: when a segment is nearly full, those that lead to no row any
// more are dropped, and if most still do, it becomes two by one more bit of each hash (extendible
// hashing: R. Fagin and others, 1979).  So there is no moment in which millions of slots move.  A
// search begins with a cache line and goes on to the next slot, within the segment.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/memory_blocks.h"
#include "base/near.h"
#include "base/zeroed.h"

namespace streamutils {

class JoinSlots {
 public:
  struct Slot {
    std::uint32_t hash;
    std::uint32_t newest;  // the place of a row; 0: the slot is empty
  };

  JoinSlots() { clear(); }

  // The slot that has the hash, or an empty one.  Valid until the next call of slot_for().
  Slot& find(std::uint32_t hash) const {
    Slot* const slots = segment_at(hash).slots;
    std::size_t i = home(hash);
    while (slots[i].newest != 0 && slots[i].hash != hash) i = (i + 1) & mask_;
    return slots[i];
  }

  // The same, but an empty one is for the caller to fill: it has got the hash.  leads(slot): true
  // if it is still of use; it is asked for all of some segment now and then, and a slot for which
  // it is false is dropped.
  template <typename Leads>
  Slot& slot_for(std::uint32_t hash, const Leads& leads) {
    Slot* slot = &find(hash);
    if (slot->newest != 0) return *slot;
    if (is_full(segment_at(hash))) {
      while (is_full(segment_at(hash))) make_room(hash, leads);
      slot = &find(hash);
    }
    ++segment_at(hash).used;
    slot->hash = hash;
    return *slot;
  }

  // Drops all slots that are of no use.
  template <typename Leads>
  void drop_idle(const Leads& leads) {
    for (Segment& segment : segments_) put_back(segment, take_out(segment, leads));
  }
  void clear() {
    blocks_ = MemoryBlocks(kMost * sizeof(Slot), kHugePage / 4);
    segments_.assign(1, Segment{nullptr, 0, 0, 0});
    directory_.assign(1, 0);
    bits_ = 0;
    make_small(kFirst);
  }

  // Brings near what find() of this hash will look at, by either way of base/near.h.
  void prefetch(std::uint32_t hash) const { __builtin_prefetch(home_of(hash), 1); }
  void bring_near(std::uint32_t hash) const { streamutils::bring_near(home_of(hash)); }
  // True if there are more than stay next to the processor by themselves.
  bool is_large() const { return segments_.size() > 1 || mask_ + 1 >= kMany; }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Segment& segment : segments_) {
      for (const Slot& slot : std::span(segment.slots, mask_ + 1)) {
        if (slot.newest != 0) visit(slot);
      }
    }
  }

  // Memory of the slots.
  std::size_t bytes() const { return blocks_.bytes() + small_.get_deleter().bytes; }

 private:
  static constexpr std::size_t kLine = 64 / sizeof(Slot);
  static constexpr std::size_t kFirst = 16;
  static constexpr std::size_t kMany = 1 << 8;
  static constexpr std::size_t kMost = 1 << 12;

  struct Segment {
    Slot* slots;           // mask_ + 1 of them
    std::uint32_t used;    // that are not empty
    std::uint32_t prefix;  // the upper bits of its hashes…
    int bits;              // …and how many these are
  };

  // By the upper bits: there are as many of them as the directory needs.
  std::uint32_t upper(std::uint32_t hash, int bits) const {
    return static_cast<std::uint32_t>(std::uint64_t{hash} >> (32 - bits));
  }
  const Segment& segment_at(std::uint32_t hash) const {
    return segments_[directory_[upper(hash, bits_)]];
  }
  Segment& segment_at(std::uint32_t hash) { return segments_[directory_[upper(hash, bits_)]]; }
  std::size_t home(std::uint32_t hash) const { return hash & mask_ & ~(kLine - 1); }
  Slot* home_of(std::uint32_t hash) const { return segment_at(hash).slots + home(hash); }
  // Three quarters are used.
  bool is_full(const Segment& segment) const { return (segment.used + 1) * 4 > (mask_ + 1) * 3; }

  template <typename Leads>
  void make_room(std::uint32_t hash, const Leads& leads) {
    Segment& segment = segment_at(hash);
    const std::span<const Slot> kept = take_out(segment, leads);
    const bool is_roomy = kept.size() * 8 <= (mask_ + 1) * 3;
    if (is_roomy) return put_back(segment, kept);
    if (mask_ + 1 < kMost) {
      make_small(2 * (mask_ + 1));
      return put_back(segment, kept);
    }
    split(directory_[upper(hash, bits_)], kept);
  }

  // Leaves the segment empty.  The slots are valid until the next call.
  template <typename Leads>
  std::span<const Slot> take_out(Segment& segment, const Leads& leads) {
    taken_.resize(mask_ + 1);
    std::size_t n = 0;
    for (const Slot& slot : std::span(segment.slots, mask_ + 1)) {
      taken_[n] = slot;
      n += slot.newest != 0 && leads(slot) ? 1 : 0;
    }
    std::memset(segment.slots, 0, (mask_ + 1) * sizeof(Slot));
    segment.used = 0;
    return {taken_.data(), n};
  }
  void put_back(Segment& segment, std::span<const Slot> slots) {
    for (const Slot& slot : slots) put(segment, slot);
  }
  // REQUIRES: there is room, and no slot of its hash.
  void put(Segment& segment, const Slot& slot) {
    std::size_t i = home(slot.hash);
    while (segment.slots[i].newest != 0) i = (i + 1) & mask_;
    segment.slots[i] = slot;
    ++segment.used;
  }

  // The first segment, empty, while it is the only one.
  void make_small(std::size_t count) {
    small_ = count < kMost ? make_zeroed(count * sizeof(Slot)) : Zeroed();
    segments_[0].slots = small_ ? reinterpret_cast<Slot*>(small_.get()) : take_block();
    mask_ = count - 1;
  }
  Slot* take_block() {
    std::byte* const block = blocks_.take();
    std::memset(block, 0, kMost * sizeof(Slot));
    return reinterpret_cast<Slot*>(block);
  }

  // A segment that is empty, by the next bit, with its slots.
  void split(std::size_t number, std::span<const Slot> slots) {
    const int bits = ++segments_[number].bits;
    const std::uint32_t prefix = segments_[number].prefix *= 2;
    segments_.push_back({take_block(), 0, prefix + 1, bits});
    if (bits > bits_) double_directory();
    const std::size_t width = std::size_t{1} << (bits_ - bits);
    const auto place = directory_.begin() + static_cast<std::ptrdiff_t>((prefix + 1) * width);
    std::fill_n(place, width, static_cast<std::uint32_t>(segments_.size() - 1));
    for (const Slot& slot : slots) put(segment_at(slot.hash), slot);
  }
  void double_directory() {
    std::vector<std::uint32_t> doubled;
    doubled.reserve(2 * directory_.size());
    for (const std::uint32_t segment : directory_) doubled.insert(doubled.end(), 2, segment);
    directory_ = std::move(doubled);
    ++bits_;
  }

  MemoryBlocks blocks_{kMost * sizeof(Slot), kHugePage / 4};
  Zeroed small_;  // of the first segment, before it has kMost slots
  std::size_t mask_ = 0;
  std::vector<Segment> segments_;
  std::vector<std::uint32_t> directory_;  // of segments, by the upper bits of a hash
  int bits_ = 0;                          // so many of them
  std::vector<Slot> taken_;               // scratch
};

}  // namespace streamutils
