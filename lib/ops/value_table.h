// ValueTable: a few bytes for each different value of a group, found by the value's text.
//
// Groups come in millions and most see few values, so a table of a handful is one string that is
// searched from the front; hashing begins beyond that.  An entry is its payload, the length of the
// text and the text, one behind the other.  Entries are never removed, and stand in the order in
// which they were added.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/hash/hash.h"

namespace streamutils {

// Payload: plain data, copied in and out, since it is not aligned.
template <typename Payload>
class ValueTable {
  static_assert(std::is_trivially_copyable_v<Payload>);

 public:
  // Where an entry stands; valid as long as the table.
  using Place = std::size_t;

  struct Found {
    Place place;
    bool is_new;  // then its payload is Payload{}
  };
  Found find_or_add(std::string_view text) {
    return size_ < kSearched ? search(text) : probe(text);
  }

  Payload payload(Place place) const {
    Payload payload;
    std::memcpy(&payload, &entries_[place], sizeof payload);
    return payload;
  }
  void set_payload(Place place, const Payload& payload) {
    std::memcpy(&entries_[place], &payload, sizeof payload);
  }
  std::string_view text(Place place) const {
    std::uint32_t length;
    std::memcpy(&length, &entries_[place + sizeof(Payload)], sizeof length);
    return {&entries_[place + kHead], length};
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return entries_.capacity() + slots_.capacity() * sizeof(Slot); }

  // Calls visit(text, payload) for each entry, in their order.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (Place place = begin(); place != end(); place = next(place)) {
      visit(text(place), payload(place));
    }
  }

 private:
  Place begin() const { return 0; }
  Place end() const { return entries_.size(); }
  Place next(Place place) const { return place + kHead + text(place).size(); }

  static constexpr std::size_t kHead = sizeof(Payload) + sizeof(std::uint32_t);
  static constexpr std::size_t kSearched = 8;

  // Where the entry stands, plus 1, in the lower 40 bits; the upper bits of its hash above.  0: the
  // slot is empty.
  using Slot = std::uint64_t;
  static constexpr Slot kPlaceBits = (Slot{1} << 40) - 1;

  static Slot slot_of(Place place, std::size_t hash) {
    return (Slot{hash} & ~kPlaceBits) | (place + 1);
  }

  Found search(std::string_view wanted) {
    for (Place place = begin(); place != end(); place = next(place)) {
      if (text(place) == wanted) return {place, false};
    }
    return {append(wanted), true};
  }

  Found probe(std::string_view wanted) {
    if (slots_.size() < size_ * 4 / 3 + 2) grow();
    const std::size_t hash = absl::HashOf(wanted);
    std::size_t i = hash & (slots_.size() - 1);
    for (; slots_[i] != 0; i = (i + 1) & (slots_.size() - 1)) {
      const Place place = (slots_[i] & kPlaceBits) - 1;
      if (slots_[i] == slot_of(place, hash) && text(place) == wanted) return {place, false};
    }
    const Place place = append(wanted);
    slots_[i] = slot_of(place, hash);
    return {place, true};
  }

  Place append(std::string_view text) {
    const Place place = entries_.size();
    const Payload none{};
    const auto length = static_cast<std::uint32_t>(text.size());
    entries_.append(reinterpret_cast<const char*>(&none), sizeof none);
    entries_.append(reinterpret_cast<const char*>(&length), sizeof length);
    entries_ += text;
    ++size_;
    return place;
  }

  void grow() {
    std::size_t n = 16;
    while (n < size_ * 2 + 2) n *= 2;
    slots_.assign(n, 0);
    for (Place place = begin(); place != end(); place = next(place)) {
      const std::size_t hash = absl::HashOf(text(place));
      std::size_t i = hash & (n - 1);
      while (slots_[i] != 0) i = (i + 1) & (n - 1);
      slots_[i] = slot_of(place, hash);
    }
  }

  std::string entries_;
  std::vector<Slot> slots_;  // a power of two of them, or none
  std::size_t size_ = 0;
};

}  // namespace streamutils
