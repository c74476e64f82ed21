// Tables of fingerprints in snapshots.
//
// A snapshot is text, and there may be millions of keys: an entry holds up to 256 of them, each as
// the hexadecimal digits of its words, sorted by fingerprint, so that equal tables have equal
// snapshots.  Images at barriers, which nobody compares, save the time of sorting.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/fingerprint_table.h"
#include "ops/image_part.h"
#include "stream/snapshot.h"

namespace streamutils {

inline constexpr std::size_t kSlotsPerEntry = 256;

// Of 64 bits, in which a slot is written.
template <typename Slot>
inline constexpr std::size_t kWords = (sizeof(Slot) + 7) / 8;

// Appends 16 digits.
void append_hex(std::string& out, std::uint64_t word);

// Takes 16 digits from the front of hex; nullopt if there are none.
std::optional<std::uint64_t> take_hex(std::string_view& hex);

// An entry with these slots, at most kSlotsPerEntry.  What stands beside a fingerprint may have
// something to forget: where it points to, which is elsewhere once it is restored.
template <typename Slot>
void save_slots(SnapshotWriter& out, std::span<const Slot> slots) {
  std::string hex;
  hex.reserve(kSlotsPerEntry * kWords<Slot> * 16 + 2);
  hex += '"';
  for (Slot slot : slots) {
    if constexpr (requires { slot.forget_place(); }) slot.forget_place();
    std::uint64_t words[kWords<Slot>] = {};
    std::memcpy(words, &slot, sizeof(Slot));
    for (const std::uint64_t word : words) append_hex(hex, word);
  }
  hex += '"';
  out.entry("keys").json("slots", hex);
}

// Entries with all of them.
template <typename Slot>
void save_all_slots(SnapshotWriter& out, std::span<const Slot> slots) {
  while (!slots.empty()) {
    const std::size_t n = std::min(slots.size(), kSlotsPerEntry);
    save_slots(out, slots.first(n));
    slots = slots.subspan(n);
  }
}

// The same of a table.
template <typename Table, typename Slot = typename Table::Slot>
void save_slots(SnapshotWriter& out, const Table& table) {
  std::vector<Slot> slots(table.size() + 1);
  table.copy_to(slots.data());
  slots.pop_back();
  std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) {
    return Fingerprint(a.print) < Fingerprint(b.print);
  });
  save_all_slots(out, std::span<const Slot>(slots));
}

// Copies of slots, some of them empty, behind an entry that says where they belong.
template <typename Slot>
class SlotsPart final : public CopiedPart {
 public:
  // Slots are copied so many at a time, some kilobytes.
  static constexpr std::size_t kStretch = 128;

  // entry: whole lines.
  SlotsPart(std::shared_ptr<PartMemory> memory, std::string entry)
      : CopiedPart(std::move(memory)), entry_(std::move(entry)) {}

  // At most kStretch slots.  False if there is no more room.
  bool add(std::span<const Slot> slots) {
    std::byte* const to = CopiedPart::add(kStretch * sizeof(Slot));
    if (to == nullptr) return false;
    std::memcpy(to, slots.data(), slots.size_bytes());
    std::memset(to + slots.size_bytes(), 0, kStretch * sizeof(Slot) - slots.size_bytes());
    return true;
  }

  void write(SnapshotWriter& out) override {
    out.lines(entry_);
    std::vector<Slot> some;
    some.reserve(kSlotsPerEntry);
    const auto* const all = reinterpret_cast<const Slot*>(begin());
    for (const Slot& slot : std::span(all, reinterpret_cast<const Slot*>(end()))) {
      if (Fingerprint(slot.print).low == 0) continue;
      some.push_back(slot);
      if (some.size() < kSlotsPerEntry) continue;
      save_slots(out, std::span<const Slot>(some));
      some.clear();
    }
    if (!some.empty()) save_slots(out, std::span<const Slot>(some));
  }

 private:
  std::string entry_;
};

// Slots that have changed, behind an entry that says where they belong.
template <typename Slot>
class ChangedSlots final : public SnapshotPart {
 public:
  // entry: whole lines.
  ChangedSlots(std::string entry, std::vector<Slot> slots)
      : entry_(std::move(entry)), slots_(std::move(slots)) {}

  void write(SnapshotWriter& out) override {
    out.lines(entry_);
    save_all_slots(out, std::span<const Slot>(slots_));
  }

 private:
  std::string entry_;
  std::vector<Slot> slots_;
};

// Into the table.  changes: a slot may be there, and is replaced, or taken out if what stands
// beside the fingerprint says that it has gone.  What cannot be read makes in.status() an error.
template <typename Table>
void restore_slots(SnapshotReader& in, Table& table, bool changes = false) {
  using Slot = typename Table::Slot;
  while (in.next_is("keys")) {
    const std::string text = in.text("slots");
    for (std::string_view hex = text; !hex.empty();) {
      std::uint64_t words[kWords<Slot>];
      for (std::uint64_t& word : words) {
        const auto taken = take_hex(hex);
        if (!taken) return in.fail("'slots' is cut off, or no hexadecimal text");
        word = *taken;
      }
      Slot slot;
      std::memcpy(&slot, words, sizeof(Slot));
      if (Fingerprint(slot.print).low == 0) return in.fail("a fingerprint is zero");
      if constexpr (requires { slot.is_gone(); }) {
        if (slot.is_gone() && !changes) return in.fail("a fingerprint has gone from nowhere");
        if (slot.is_gone()) {
          Slot* const gone = table.find(slot.print);
          if (gone != nullptr) table.erase(gone);
          continue;
        }
      }
      if constexpr (requires { slot.forget_place(); }) {
        Slot saved = slot;
        saved.forget_place();
        if (std::memcmp(&saved, &slot, sizeof slot) != 0) return in.fail("a slot points somewhere");
      }
      const auto [place, is_new] = table.find_or_insert(slot.print);
      if (!is_new && !changes) return in.fail("a fingerprint comes twice");
      *place = slot;
    }
  }
}

}  // namespace streamutils
