// FingerprintTable: fingerprints, each with a little beside it, in open addressing.
//
// A fingerprint is random already, so its own bits say where it stands: no further hash, and nobody
// who chooses keys can choose places.  Whose place is taken stands behind it, in order of
// fingerprints (O. Amble and D. Knuth, "Ordered hash tables", 1974): a search ends at the first
// that is greater, so that a table may be nearly full and a look still meets few.
//
// A table begins as one segment of a few slots; from some thousands on it has 8 of them, chosen by
// other bits, and each grows on its own: so there is never a pause for moving millions of keys, nor
// twice the memory.  They grow by turns, so that the table as a whole is always about as full:
//
//     slots of      a segment is full to      bytes a key, of many
//     16 bytes      1/2 … 3/4                 26
//     24            3/4 … 7/8                 30
//     21, 28        89 … 94 %                 24, 31
//     29            91 … 94 %                 32
//     30            94 … 97 %                 32
//     32            89 … 94 %                 36
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/siphash.h"
#include "base/zeroed.h"

namespace streamutils {

// As tables want it: a low half of 0 marks what is empty there.
inline Fingerprint storable(Fingerprint print) {
  print.low += print.low == 0;
  return print;
}

// A fingerprint that may stand anywhere.
class NarrowFingerprint {
 public:
  NarrowFingerprint() = default;
  NarrowFingerprint(const Fingerprint& print) {  // NOLINT(google-explicit-constructor)
    std::memcpy(bytes_, &print, sizeof bytes_);
  }
  operator Fingerprint() const {  // NOLINT(google-explicit-constructor)
    Fingerprint print;
    std::memcpy(&print, bytes_, sizeof bytes_);
    return print;
  }

 private:
  unsigned char bytes_[sizeof(Fingerprint)];
};

// Extra: a trivial type that zeros are a value of.
template <typename Extra>
class FingerprintTable {
 public:
  static constexpr bool kNarrow = alignof(Extra) < alignof(Fingerprint) && !std::is_empty_v<Extra>;
  using Print = std::conditional_t<kNarrow, NarrowFingerprint, Fingerprint>;
  struct Slot : Extra {
    Print print;  // its low half is 0: the slot is empty
  };

  static_assert(std::is_trivially_copyable_v<Slot>);

  FingerprintTable() {
    segments_.emplace_back(kFirstHomes);
    slots_ = segments_[0].capacity;
  }

  // Who is told of slots before they change, for images (dedup_image.h): those between two numbers
  // in a segment.
  class Watcher {
   public:
    virtual void before_change(std::size_t segment, std::size_t from, std::size_t to) = 0;
    virtual void before_split() = 0;

   protected:
    ~Watcher() = default;
  };
  // Null: nobody.  REQUIRES: nothing is erased as long as there is one.
  void set_watcher(Watcher* watcher) { watcher_ = watcher; }
  // To be called before what stands beside a fingerprint changes.
  void tell(const Slot& slot) const {
    if (watcher_ == nullptr) return;
    const Segment& place = segment(slot.print);
    const auto at = static_cast<std::size_t>(&slot - place.slots);
    watcher_->before_change(number_of(place), at, at + 1);
  }

  // The slot of the fingerprint, or null.  Valid until the next insert.
  Slot* find(const Fingerprint& print) const { return segment(print).find(print); }

  // A slot for a fingerprint whose low half is not 0, and that is not there; its Extra is zeros.
  Slot& insert(const Fingerprint& print) { return *find_or_insert(print).first; }

  // The slot of a fingerprint whose low half is not 0, and whether it is new: then its Extra is
  // zeros.  Valid until the next insert.
  std::pair<Slot*, bool> find_or_insert(const Fingerprint& print) {
    if (segments_.size() == 1 && segments_[0].size >= kSplitSize) split();
    Segment& place = segment(print);
    if (watcher_ != nullptr) [[unlikely]]
      tell_of_insert(place, print);
    const std::size_t capacity = place.capacity;
    const std::pair<Slot*, bool> found = place.find_or_insert(print);
    if (found.second) {
      ++size_;
      slots_ += place.capacity - capacity;
    }
    return found;
  }

  // Takes a slot out.  Slots behind it move.
  void erase(Slot* slot) {
    const Fingerprint print = slot->print;
    --size_;
    segment(print).erase(slot);
  }

  // Brings the place of the fingerprint near, for a find() that comes soon.  Always inline: GCC
  // drops the call of a function that does nothing else, as if it had no effect.
  [[gnu::always_inline]] void prefetch(const Fingerprint& print) const {
    const Segment& place = segment(print);
    const Slot* home = &place.slots[place.home(print)];
    __builtin_prefetch(home);
    __builtin_prefetch(reinterpret_cast<const std::byte*>(home) + (kSmallSlots ? 64 : 128));
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

  // Its segments, and the slots of one, some of them empty.  Valid until the next insert.
  std::size_t segments() const { return segments_.size(); }
  std::span<const Slot> slots_of(std::size_t segment) const {
    return {segments_[segment].slots, segments_[segment].capacity};
  }

  // In no particular order.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Segment& each : segments_) each.for_each(visit);
  }

 private:
  static constexpr std::size_t kFirstHomes = 3;
  static constexpr std::size_t kSplitSize = 1 << 13;
  static constexpr std::size_t kSegments = 8;
  static constexpr bool kSmallSlots = sizeof(Slot) <= 16;
  __extension__ typedef unsigned __int128 Wide;

  // How full a segment becomes, and by how much it then grows.
  struct Share {
    std::size_t over;
    std::size_t under;
    constexpr std::size_t of(std::size_t n) const { return n * over / under; }
  };
  static constexpr Share kFull = kSmallSlots          ? Share{3, 4}
                                 : sizeof(Slot) == 24 ? Share{7, 8}
                                 : sizeof(Slot) == 30 ? Share{31, 32}
                                                      : Share{15, 16};
  static constexpr Share kGrown = kSmallSlots          ? Share{3, 2}
                                  : sizeof(Slot) == 24 ? Share{7, 6}
                                  : sizeof(Slot) == 29 ? Share{36, 35}
                                  : sizeof(Slot) == 30 ? Share{34, 33}
                                                       : Share{19, 18};

  struct Segment {
    explicit Segment(std::size_t home_count)
        : homes(home_count),
          capacity(homes + tail_for(homes)),
          memory(make_zeroed(capacity * sizeof(Slot))),
          slots(reinterpret_cast<Slot*>(memory.get())) {}

    // Slots behind the last home, of which the last is never used: a search ends there.
    static std::size_t tail_for(std::size_t homes) {
      return 1 + homes / 512 + std::min<std::size_t>(homes / 3, 8);
    }

    std::size_t home(const Fingerprint& print) const {
      return static_cast<std::size_t>(static_cast<Wide>(print.low) * homes >> 64);
    }

    // The first slot from the home on that is empty, or not before the fingerprint.
    Slot* place_of(const Fingerprint& print) const {
      Slot* slot = &slots[home(print)];
      while (low_of(*slot) - 1 < print.low - 1) ++slot;
      while (low_of(*slot) == print.low && Fingerprint(slot->print).high < print.high) ++slot;
      return slot;
    }

    bool is_full() const { return size + 1 > kFull.of(homes); }

    Slot* find(const Fingerprint& print) const {
      Slot* slot = place_of(print);
      return slot->print == print ? slot : nullptr;
    }

    std::pair<Slot*, bool> find_or_insert(const Fingerprint& print) {
      Slot* slot = place_of(print);
      if (slot->print == print) return {slot, false};
      if (is_full()) {
        grow(std::max(kGrown.of(homes), homes + 1));
        slot = place_of(print);
      }
      Slot* end = slot;
      while (low_of(*end) != 0) ++end;
      if (end == &slots[capacity - 1]) {
        set_capacity(homes + 2 * (capacity - homes));
        return find_or_insert(print);
      }
      if (end != slot)
        std::memmove(static_cast<void*>(slot + 1), slot, (end - slot) * sizeof(Slot));
      ++size;
      *slot = {};
      slot->print = print;
      return {slot, true};
    }

    // Those behind it that do not stand in their homes move forward.
    void erase(Slot* slot) {
      Slot* end = slot + 1;
      while (low_of(*end) != 0 && &slots[home(end->print)] < end) ++end;
      std::memmove(static_cast<void*>(slot), slot + 1, (end - 1 - slot) * sizeof(Slot));
      end[-1] = {};
      --size;
    }

    void set_capacity(std::size_t slot_count) {
      memory = grow_zeroed(std::move(memory), slot_count * sizeof(Slot));
      slots = reinterpret_cast<Slot*>(memory.get());
      capacity = slot_count;
    }

    void grow(std::size_t home_count) {
      homes = home_count;
      std::size_t slot_count = std::max(capacity, homes + tail_for(homes));
      while (!spread(slot_count)) slot_count += slot_count - homes;
    }

    // Over so many slots, in place and in order: all move to the end, and from there to their new
    // places, none of which is behind where it comes from.  False if there is no room for that,
    // with all still in order.
    bool spread(std::size_t slot_count) {
      const std::size_t old = capacity;
      set_capacity(slot_count);
      std::size_t from = capacity - 1;
      for (std::size_t i = old; i-- > 0;) {
        if (low_of(slots[i]) != 0 && --from != i) slots[from] = std::exchange(slots[i], Slot{});
      }
      for (std::size_t next = 0; from < capacity - 1; ++from, ++next) {
        next = std::max(next, home(slots[from].print));
        if (next > from) return false;
        if (next < from) slots[next] = std::exchange(slots[from], Slot{});
      }
      return true;
    }

    // Without a branch that nobody can foresee: an empty slot is overwritten by the next.
    Slot* copy_to(Slot* to) const {
      for (std::size_t i = 0; i < capacity; ++i) {
        *to = slots[i];
        to += low_of(slots[i]) != 0 ? 1 : 0;
      }
      return to;
    }

    template <typename Visit>
    void for_each(Visit visit) const {
      for (std::size_t i = 0; i < capacity; ++i) {
        if (low_of(slots[i]) != 0) visit(slots[i]);
      }
    }

    static std::uint64_t low_of(const Slot& slot) {
      std::uint64_t low;
      std::memcpy(&low, &slot.print, sizeof low);
      return low;
    }

    std::size_t homes;
    std::size_t capacity;  // slots
    Zeroed memory;
    Slot* slots;  // a slot is trivial, and zeros are an empty one
    std::size_t size = 0;
  };

  const Segment& segment(const Fingerprint& print) const {
    return segments_[print.high & (segments_.size() - 1)];
  }
  Segment& segment(const Fingerprint& print) {
    return segments_[print.high & (segments_.size() - 1)];
  }

  std::size_t number_of(const Segment& place) const {
    return static_cast<std::size_t>(&place - segments_.data());
  }

  void tell_of_insert(const Segment& place, const Fingerprint& print) const {
    const Slot* const slot = place.place_of(print);
    if (slot->print == print) return;
    const Slot* end = slot;
    while (Segment::low_of(*end) != 0) ++end;
    const auto at = [&](const Slot* one) { return static_cast<std::size_t>(one - place.slots); };
    const bool grows = place.is_full() || at(end) + 1 == place.capacity;
    watcher_->before_change(number_of(place), grows ? 0 : at(slot),
                            grows ? place.capacity : at(end) + 1);
  }

  // Segments of different sizes grow by turns.
  void split() {
    if (watcher_ != nullptr) watcher_->before_split();
    std::vector<Segment> old;
    old.swap(segments_);
    segments_.reserve(kSegments);
    const std::size_t homes = kSplitSize / kSegments * 3 / 2;
    for (std::size_t i = 0; i < kSegments; ++i) {
      segments_.emplace_back(homes + (kGrown.of(homes) - homes) * i / kSegments);
    }
    old[0].for_each(
        [this](const Slot& slot) { *segment(slot.print).find_or_insert(slot.print).first = slot; });
    slots_ = 0;
    for (const Segment& each : segments_) slots_ += each.capacity;
  }

  std::vector<Segment> segments_;
  std::size_t size_ = 0;
  std::size_t slots_ = 0;  // of all segments
  Watcher* watcher_ = nullptr;
};

}  // namespace streamutils
