// FingerprintTable: fingerprints, each with a little beside it, in open addressing.
//
// A fingerprint is random already, so its own bits say where it stands: no further hash, and nobody
// who chooses keys can choose places.  Collisions go to the next slot.  A table begins as one
// segment of a few slots; from some thousands on it has 8 of them, chosen by other bits, and each
// grows on its own: so there is never a pause for moving millions of keys, nor twice the memory.
//
// Slots of 16 bytes fill a segment to between 1/2 and 3/4, larger ones to between 3/4 and 7/8: a
// fingerprint alone, or with one time beside it, costs 32 bytes at most (in tables of more than a
// few thousand).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/siphash.h"
#include "base/zeroed.h"

namespace streamutils {

// Extra: a trivial type that zeros are a value of.
template <typename Extra>
class FingerprintTable {
 public:
  struct Slot : Extra {
    Fingerprint print;  // zeros: the slot is empty
  };

  static_assert(std::is_trivially_copyable_v<Slot>);

  FingerprintTable() {
    segments_.emplace_back(kFirstCapacity);
    slots_ = kFirstCapacity;
  }

  // The slot of the fingerprint, or null.  Valid until the next insert.
  Slot* find(const Fingerprint& print) const { return segment(print).find(print); }

  // A slot for a fingerprint that is not zero and not there; its Extra is zeros.
  Slot& insert(const Fingerprint& print) {
    if (segments_.size() == 1 && segments_[0].size >= kSplitSize) split();
    ++size_;
    Segment& place = segment(print);
    slots_ -= place.capacity;
    Slot& slot = place.insert(print);
    slots_ += place.capacity;
    return slot;
  }

  // Brings the place of the fingerprint near, for a find() that comes soon.  Always inline: GCC
  // drops the call of a function that does nothing else, as if it had no effect.
  [[gnu::always_inline]] void prefetch(const Fingerprint& print) const {
    const Segment& place = segment(print);
    __builtin_prefetch(&place.slots[place.home(print)]);
  }

  std::size_t size() const { return size_; }

  // Memory of the slots.
  std::size_t bytes() const { return slots_ * sizeof(Slot); }

  // Copies all slots, in no particular order, at the speed of memory; returns the place behind
  // them.  REQUIRES: room for size() + 1.
  Slot* copy_to(Slot* to) const {
    for (const Segment& each : segments_) to = each.copy_to(to);
    return to;
  }

  // In no particular order.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Segment& each : segments_) each.for_each(visit);
  }

 private:
  static constexpr std::size_t kFirstCapacity = 4;
  static constexpr std::size_t kSplitSize = 1 << 13;
  static constexpr std::size_t kSegments = 8;
  static constexpr bool kSmallSlots = sizeof(Slot) <= 16;
  __extension__ typedef unsigned __int128 Wide;

  struct Segment {
    explicit Segment(std::size_t slot_count)
        : memory(make_zeroed(slot_count * sizeof(Slot))),
          slots(reinterpret_cast<Slot*>(memory.get())),
          capacity(slot_count) {}

    std::size_t home(const Fingerprint& print) const {
      return static_cast<std::size_t>(static_cast<Wide>(print.low) * capacity >> 64);
    }

    Slot& place_of(const Fingerprint& print) const {
      std::size_t i = home(print);
      while (slots[i].print != print && slots[i].print != Fingerprint{}) {
        if (++i == capacity) i = 0;
      }
      return slots[i];
    }

    Slot* find(const Fingerprint& print) const {
      Slot& slot = place_of(print);
      return slot.print == print ? &slot : nullptr;
    }

    Slot& insert(const Fingerprint& print) {
      if (is_full()) grow();
      ++size;
      Slot& slot = place_of(print);
      slot.print = print;
      return slot;
    }

    bool is_full() const {
      return kSmallSlots || capacity < kSplitSize / kSegments ? (size + 1) * 4 > capacity * 3
                                                              : (size + 1) * 8 > capacity * 7;
    }

    // In place: a home is a share of the capacity, so that it only moves up.  Runs of slots are
    // taken out from the last to the first, and what a run becomes stands behind all that are still
    // to come.  What has wrapped around stands in the first run, and is put back last, as is what
    // wraps around now.
    void grow() {
      const bool gently = !kSmallSlots && capacity >= kSplitSize / kSegments;
      const std::size_t old = std::exchange(capacity, gently ? capacity * 7 / 6 : capacity * 3 / 2);
      memory = grow_zeroed(std::move(memory), capacity * sizeof(Slot));
      slots = reinterpret_cast<Slot*>(memory.get());
      std::vector<Slot> run, last;
      std::size_t first = 0;
      while (first < old && !is_empty(first)) take(first++, last);
      for (std::size_t i = old; i > first; --i) {
        if (is_empty(i - 1)) continue;
        run.clear();
        for (; i > first && !is_empty(i - 1); --i) take(i - 1, run);
        // From its front, so that nearly all find their homes free.
        for (auto slot = run.rbegin(); slot != run.rend(); ++slot) {
          if (!put_before_end(*slot)) last.push_back(*slot);
        }
        if (i == first) break;
      }
      for (const Slot& slot : last) place_of(slot.print) = slot;
    }

    bool is_empty(std::size_t i) const { return slots[i].print == Fingerprint{}; }

    void take(std::size_t i, std::vector<Slot>& to) {
      to.push_back(slots[i]);
      slots[i] = {};
    }

    // False if all from its home to the end are taken.
    bool put_before_end(const Slot& slot) {
      std::size_t i = home(slot.print);
      while (i < capacity && !is_empty(i)) ++i;
      if (i == capacity) return false;
      slots[i] = slot;
      return true;
    }

    void put(const Slot& slot) {
      ++size;
      place_of(slot.print) = slot;
    }

    // Without a branch that nobody can foresee: an empty slot is overwritten by the next.
    Slot* copy_to(Slot* to) const {
      for (std::size_t i = 0; i < capacity; ++i) {
        *to = slots[i];
        to += slots[i].print != Fingerprint{} ? 1 : 0;
      }
      return to;
    }

    template <typename Visit>
    void for_each(Visit visit) const {
      for (std::size_t i = 0; i < capacity; ++i) {
        if (slots[i].print != Fingerprint{}) visit(slots[i]);
      }
    }

    Zeroed memory;
    Slot* slots;  // a slot is trivial, and zeros are an empty one
    std::size_t capacity;
    std::size_t size = 0;
  };

  const Segment& segment(const Fingerprint& print) const {
    return segments_[print.high & (segments_.size() - 1)];
  }
  Segment& segment(const Fingerprint& print) {
    return segments_[print.high & (segments_.size() - 1)];
  }

  void split() {
    std::vector<Segment> old;
    old.swap(segments_);
    segments_.reserve(kSegments);
    while (segments_.size() < kSegments) segments_.emplace_back(kSplitSize / kSegments * 3 / 2);
    old[0].for_each([this](const Slot& slot) {
      Segment& place = segment(slot.print);
      if (place.is_full()) place.grow();
      place.put(slot);
    });
    slots_ = 0;
    for (const Segment& each : segments_) slots_ += each.capacity;
  }

  std::vector<Segment> segments_;
  std::size_t size_ = 0;
  std::size_t slots_ = 0;  // of all segments
};

}  // namespace streamutils
