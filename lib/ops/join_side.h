// JoinSide: the rows of one side of an interval join, found by key and time.
//
//     slots   | hash, newest | hash, newest | …       join_slots.h, 8 bytes a slot
//     log     … row <---- row <-------- row           each points to the one before with its hash
//
// To add a row writes to its slot and to the end of the log alone.  That a row expires costs
// nothing: who walks a chain takes those out that have, and a slot that leads to nothing is dropped
// some time later.  Keys are compared in a search: two keys of one hash share a chain.
//
// A search that walks past many rows of other times is of a hot key, which may have hundreds of
// thousands: from then on its rows stand in order of time as well, in a B-tree.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "ops/join_list.h"
#include "ops/join_log.h"
#include "ops/join_slots.h"

namespace streamutils {

// A row that a search has found.
struct FoundRow {
  Timestamp time;
  std::uint64_t number = 0;
  LoggedRow* row = nullptr;
  JoinLog::Place place = 0;

  explicit operator bool() const { return row != nullptr; }
  friend bool before_at_one_time(const FoundRow& a, const FoundRow& b) {
    return a.number < b.number;
  }
};

class JoinSide {
 public:
  // lasts: by how much rows outlast their time, if that is the same for all.  first_chunk: see
  // JoinLog.
  JoinSide(std::uint8_t side, LogPart::Write write, std::optional<Duration> lasts,
           std::uint64_t first_chunk = 1);

  JoinLog& log() { return log_; }
  const JoinLog& log() const { return log_; }
  std::size_t bytes() const { return log_.bytes() + slots_.bytes(); }

  // True if the slots are more than stay next to the processor by themselves.
  bool is_large() const { return slots_.is_large(); }
  // Brings near what add() and find() of this hash will look at, in two steps: the second has to
  // wait for the first.
  void prefetch_slot(std::uint32_t hash) const { slots_.prefetch(hash); }
  void bring_slot_near(std::uint32_t hash) const { slots_.bring_near(hash); }
  void prefetch_row(std::uint32_t hash) const {
    const Slot& slot = slots_.find(hash);
    if (!log_.contains(slot.newest)) return;
    const auto* const row = reinterpret_cast<const std::byte*>(&log_.at(slot.newest));
    __builtin_prefetch(row, 1);
    __builtin_prefetch(row + sizeof(LoggedRow) + 15, 1);  // it may stand in two cache lines
  }

  JoinLog::Place add(const LoggedRow& facts, const LoggedText& text);

  // What has expired before it is not found any more, and goes by and by.
  void set_watermark(Timestamp watermark) {
    watermark_ = watermark;
    log_.drop_expired(watermark);
  }
  // See JoinLog.
  void compact();
  void clear();

  // Those of the key with times from `first` to `last`, both included, in order of their times, of
  // equal times of their numbers.  Valid until the next call, or add().
  std::span<const FoundRow> find(std::string_view key, std::uint32_t hash, Timestamp first,
                                 Timestamp last);
  // One that was found is done: no search looks at it any more.
  void forget(std::uint32_t hash, const FoundRow& row);

  // How many hashes of rows have one that is held, apart from those for which skips(hash).
  template <typename Skips>
  std::size_t count_hashes(Skips skips) const {
    std::size_t count = 0;
    slots_.for_each([&](const Slot& slot) {
      if (is_held(slot) && !skips(slot.hash)) ++count;
    });
    return count;
  }
  bool holds_hash(std::uint32_t hash) const { return is_held(slots_.find(hash)); }

 private:
  using Slot = JoinSlots::Slot;
  using InOrder = TimeOrdered<FoundRow>;

  bool is_held(const LoggedRow& row) const { return !row.done && row.expiry >= watermark_; }
  bool is_held(const Slot& slot) const;

  void link(LoggedRow& row, JoinLog::Place place);
  bool leads_to_row(const Slot& slot);
  void walk(std::uint32_t hash, std::string_view key, Timestamp first, Timestamp last);
  void put_in_order(std::uint32_t hash);
  void drop_expired(InOrder& rows) const;
  InOrder* hot_rows(std::uint32_t hash) {
    const auto hot = hot_.empty() ? hot_.end() : hot_.find(hash);
    return hot == hot_.end() ? nullptr : &hot->second;
  }

  JoinLog log_;
  std::optional<Duration> lasts_;
  Timestamp watermark_ = kMinTime;
  JoinSlots slots_;
  JoinLog::Place looked_at_;  // the end of the log when all slots were looked at
  std::unordered_map<std::uint32_t, InOrder> hot_;  // by hash
  std::vector<FoundRow> found_;
};

}  // namespace streamutils
