// SeenKeys: which keys have been seen, and when.
//
// The question.  With `within D`, an event of time t is a repeat iff an event of its key that was
// no repeat (with refresh: any event of its key) came before it and has a time at most D from t, in
// either direction: events come out of order, so the first one to come may be the later one.
//
// Forgetting.  No event to come has a time < W.  Whatever is older than W - D is more than D from
// all of them: it is forgotten, by definition and not by accident.  Each look compares with W - D,
// so that it does not matter when the memory is freed; and for events that keep the promise the
// answer is that of a memory without end.  An event behind the watermark is compared with what is
// not forgotten; one older than W - D has nothing to be compared with, and is not asked about.
//
// Memory.  Time is cut into slices of length D + 1ns, and each slice has a table of its own.  Any
// two times in one slice are at most D apart.  Hence a key has at most one first event in a slice
// (with refresh one stretch of events, of which the ends are enough), and whoever asks about t
// looks at the slice of t and at its two neighbours, however many events there are and however far
// out of order they come.
//
//     slices          |    3    |    4    |    5    |
//     first ones        a             b
//     t in slice 4          |<-- D -->t<-- D -->|        repeat if b is there, or a is near enough
//
// A slice whose end is older than W - D is freed as a whole, in constant time.  So a key stays in
// memory for D after its time has come, and for at most D more.
//
// A limit on the number of keys forgets those of the oldest slice first (dedup_tables.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/siphash.h"
#include "base/time.h"
#include "ops/dedup_changes.h"
#include "ops/dedup_image.h"
#include "ops/dedup_state.h"
#include "ops/dedup_tables.h"
#include "ops/fingerprint_log.h"
#include "ops/fingerprint_table.h"
#include "ops/log_image.h"
#include "ops/slice_images.h"
#include "ops/time_slices.h"
#include "stream/snapshot.h"

namespace streamutils {

// Where a slice starts, in nanoseconds, modulo 2^64: the first one may start before all times.
using Start = std::uint64_t;

// What is kept beside a fingerprint: nothing…
struct SeenEver {
  static constexpr bool kTimed = false;
  static constexpr bool kRefresh = false;
  void begin(Start, Timestamp) {}
  // True if that changes anything.
  bool extend(Start, Timestamp) { return false; }
};

// …the time of the first event…
struct SeenFirst {
  static constexpr bool kTimed = true;
  static constexpr bool kRefresh = false;
  Timestamp least(Start) const { return from_nanos(first); }
  Timestamp greatest(Start) const { return from_nanos(first); }
  void begin(Start, Timestamp t) { first = to_nanos(t); }
  bool extend(Start, Timestamp) { return false; }
  std::int64_t first;
};

// …or the times of all events of a slice, by their ends…
struct SeenSpan {
  static constexpr bool kTimed = true;
  static constexpr bool kRefresh = true;
  Timestamp least(Start) const { return from_nanos(from); }
  Timestamp greatest(Start) const { return from_nanos(to); }
  void begin(Start, Timestamp t) { from = to = to_nanos(t); }
  bool extend(Start, Timestamp t) {
    if (to_nanos(t) >= from && to_nanos(t) <= to) return false;
    from = std::min(from, to_nanos(t));
    to = std::max(to, to_nanos(t));
    return true;
  }
  std::int64_t from;
  std::int64_t to;
};

// …as offsets in the slice, where that is short enough for Offsets.
template <typename Offsets>
struct SeenOffsets {
  static constexpr bool kTimed = true;
  static constexpr bool kRefresh = true;
  static constexpr Duration kLongest{(std::int64_t{1} << Offsets::kBits) - 1};
  Timestamp least(Start slice) const { return time(slice, 0); }
  Timestamp greatest(Start slice) const { return time(slice, 1); }
  void begin(Start slice, Timestamp t) {
    set(slice, 0, t);
    set(slice, 1, t);
  }
  bool extend(Start slice, Timestamp t) {
    const bool is_less = t < least(slice);
    if (!is_less && t <= greatest(slice)) return false;
    set(slice, is_less ? 0 : 1, t);
    return true;
  }

 private:
  Timestamp time(Start slice, std::size_t i) const {
    return from_nanos(static_cast<std::int64_t>(slice + offsets_.get(i)));
  }
  void set(Start slice, std::size_t i, Timestamp t) {
    offsets_.set(i, static_cast<std::uint64_t>(to_nanos(t)) - slice);
  }

  Offsets offsets_;
};

// Two numbers of 56 bits: 833 days.
class TwoWideOffsets {
 public:
  static constexpr int kBits = 56;
  std::uint64_t get(std::size_t i) const {
    std::uint64_t offset = 0;
    std::memcpy(&offset, bytes_[i], sizeof bytes_[i]);
    return offset;
  }
  void set(std::size_t i, std::uint64_t offset) {
    std::memcpy(bytes_[i], &offset, sizeof bytes_[i]);
  }

 private:
  unsigned char bytes_[2][7];  // little-endian
};
using SeenWideSpan = SeenOffsets<TwoWideOffsets>;

// Of 52 bits: 52 days.
class TwoLongOffsets {
 public:
  static constexpr int kBits = 52;
  std::uint64_t get(std::size_t i) const {
    std::uint64_t offset = 0;
    std::memcpy(&offset, low_[i], sizeof low_[i]);
    return offset | std::uint64_t{high_ >> 4 * i & 15U} << 48;
  }
  void set(std::size_t i, std::uint64_t offset) {
    std::memcpy(low_[i], &offset, sizeof low_[i]);
    high_ =
        static_cast<unsigned char>((high_ & 15U << 4 * (1 - i)) | (offset >> 48 & 15U) << 4 * i);
  }

 private:
  unsigned char low_[2][6];  // little-endian
  unsigned char high_;       // four bits of each
};
using SeenLongSpan = SeenOffsets<TwoLongOffsets>;

// Of 48 bits: three days.
class TwoShortOffsets {
 public:
  static constexpr int kBits = 48;
  std::uint64_t get(std::size_t i) const { return std::uint64_t{high_[i]} << 32 | low_[i]; }
  void set(std::size_t i, std::uint64_t offset) {
    low_[i] = static_cast<std::uint32_t>(offset);
    high_[i] = static_cast<std::uint16_t>(offset >> 32);
  }

 private:
  std::uint32_t low_[2];
  std::uint16_t high_[2];
};
using SeenShortSpan = SeenOffsets<TwoShortOffsets>;

// Where they are kept: where nothing stands beside a fingerprint it may stay where it is.
template <typename Seen>
using SeenTable =
    std::conditional_t<std::is_empty_v<Seen>, FingerprintLog<Seen>, FingerprintTable<Seen>>;
template <typename Seen>
using SeenImage = std::conditional_t<std::is_empty_v<Seen>, LogImage<Seen>, SlotsImage<Seen>>;

template <typename Seen>
class SeenKeys {
 public:
  // within is 0 for SeenEver.
  SeenKeys(Duration within, std::optional<std::uint64_t> max_keys)
      : within_(within), slices_(within + Duration(1)), max_keys_(max_keys), tables_(max_keys) {}

  // True if an event of time t is a repeat.  Afterwards it has been seen.
  // REQUIRES: t >= horizon(), if Seen has times.
  bool repeats(const Fingerprint& print, Timestamp t) {
    if (!Seen::kTimed && !max_keys_) return is_in_only_table(print);
    const std::int64_t slice = slice_of(t);
    Slot* own = nullptr;  // in the slice of t
    const SlicePlace* own_place = nullptr;
    bool is_repeat = false;
    for (auto place = tables_.from(TimeSlices::before(slice));
         place != tables_.map().end() && place->first.slice <= slice + 1; ++place) {
      Slot* slot = place->second.find(print);
      if (slot == nullptr) continue;
      if (place->first.slice == slice) {
        own = slot;
        own_place = &place->first;
      }
      if (is_forgotten(*slot, place->first.slice)) continue;
      is_repeat = is_repeat || is_near(*slot, place->first.slice, slice, t);
      if (is_repeat && !Seen::kRefresh) return true;
    }
    if (own == nullptr) {
      put(print, t, slice);
    } else {
      note(*own_place, *own, t);
    }
    return is_repeat;
  }

  // Brings near what repeats() will look at for an event about as young as the youngest so far.
  [[gnu::always_inline]] void prefetch(const Fingerprint& print) const {
    if (!Seen::kTimed && !max_keys_) {
      if (!tables_.map().empty()) tables_.map().begin()->second.prefetch(print);
      return;
    }
    int n = 0;
    for (auto place = tables_.map().rbegin(); place != tables_.map().rend() && n < 2;
         ++place, ++n) {
      place->second.prefetch(print);
    }
  }

  // The same for one that is probably a repeat, some time after prefetch().
  static constexpr bool kPrefetchesRepeats = std::is_empty_v<Seen>;
  [[gnu::always_inline]] void prefetch_repeat(const Fingerprint& print) const {
    if (!tables_.map().empty()) tables_.map().rbegin()->second.prefetch_slot(print);
  }

  // The watermark is w: forgets.
  void forget_before(Timestamp w) {
    if (!Seen::kTimed) return;
    horizon_ = minus(w, within_);
    drop_forgotten();
  }

  // Older events have nothing to be compared with.
  Timestamp horizon() const { return horizon_; }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return bytes_; }
  // Keys that max_keys has made it forget.
  std::uint64_t pushed_out() const { return pushed_out_; }

  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

  // An image (stream/operator.h).
  void begin_image(SnapshotWriter& out);
  // Of about so many keys.  True when it is complete.
  bool continue_image(std::size_t keys);
  // What has come since the image before, whole or not.
  bool has_changes() const { return changed_.are_worth_it(size_); }
  void save_changes(SnapshotWriter& out);

 private:
  using Table = SeenTable<Seen>;
  using Slot = typename Table::Slot;
  using Tables = SliceTables<Seen, Table>;

  typename Tables::Map& map() { return tables_.map(); }

  std::int64_t slice_of(Timestamp t) const { return Seen::kTimed ? slices_.of(t) : 0; }
  Start start_of(std::int64_t slice) const { return slices_.start(slice); }

  bool is_forgotten(const Slot& slot, std::int64_t slice) const {
    if constexpr (Seen::kTimed) return slot.greatest(start_of(slice)) < horizon_;
    return false;
  }

  // slot: of a slice; t: of another one.
  bool is_near(const Slot& slot, std::int64_t slice, std::int64_t other, Timestamp t) const {
    if constexpr (Seen::kTimed) {
      if (slice < other) return slot.greatest(start_of(slice)) >= minus(t, within_);
      if (slice > other) return slot.least(start_of(slice)) <= plus(t, within_);
    }
    return true;
  }

  // Of keys that are kept for ever, without a limit.  Afterwards it is there.
  bool is_in_only_table(const Fingerprint& print) {
    Table& table = map().empty() ? tables_.table_for(0) : map().begin()->second;
    const auto [slot, is_new] = table.find_or_insert(print);
    if (!is_new) return true;
    size_ = table.size();
    bytes_ = table.bytes();
    changed_.note(map().begin()->first, *slot, size_);
    return false;
  }

  // Of a slot of the slice of t.
  void note(const SlicePlace& place, Slot& slot, Timestamp t) {
    // An image may need it as it is.
    if constexpr (Seen::kTimed) {
      if (!images_.empty()) map().find(place)->second.tell(slot);
    }
    const Start start = start_of(place.slice);
    if (is_forgotten(slot, place.slice)) {
      slot.begin(start, t);
    } else if (!slot.extend(start, t)) {
      return;
    }
    changed_.note(place, slot, size_);
  }

  // One that is not there.
  void put(const Fingerprint& print, Timestamp t, std::int64_t slice) {
    Slot& slot = insert(print, slice);
    slot.begin(start_of(slice), t);
    if (!changed_.are_known()) return;
    changed_.note(std::prev(tables_.behind(slice))->first, slot, size_);
  }

  Slot& insert(const Fingerprint& print, std::int64_t slice) {
    if (max_keys_ && size_ >= *max_keys_) {
      pushed_out_ += map().begin()->second.size();
      drop_oldest();
    }
    const std::size_t tables = map().size();
    Table& table = tables_.table_for(slice);
    const std::size_t bytes = map().size() == tables ? table.bytes() : 0;
    Slot& slot = table.insert(print);
    ++size_;
    bytes_ += table.bytes() - bytes;
    return slot;
  }

  void drop_forgotten() {
    const std::int64_t slice = slice_of(horizon_);
    while (!map().empty() && map().begin()->first.slice < slice) drop_oldest();
  }

  void drop_oldest() { drop(map().begin()); }
  void drop(typename Tables::Map::iterator place) {
    const Table& table = place->second;
    images_.before_end(table);
    size_ -= table.size();
    bytes_ -= table.bytes();
    changed_.drop(place->first);
    map().erase(place);
  }

  void save_head(SnapshotWriter& out, bool changes = false) const;

  Duration within_;
  TimeSlices slices_;
  std::optional<std::uint64_t> max_keys_;
  Timestamp horizon_ = kMinTime;
  Tables tables_;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t pushed_out_ = 0;

  ChangedKeys<Seen> changed_;  // since the last image was begun

  SliceImages<SeenImage<Seen>> images_;
};

template <typename Seen>
void SeenKeys<Seen>::save_head(SnapshotWriter& out, bool changes) const {
  out.entry("seen").field("horizon", horizon_).field("pushed_out", pushed_out_);
  if (changes) out.field("changes", true);
  tables_.save(out);
}

template <typename Seen>
void SeenKeys<Seen>::save(SnapshotWriter& out) const {
  save_head(out);
  for (const auto& [place, table] : tables_.map()) {
    place.save(out);
    save_slots(out, table);
  }
}

template <typename Seen>
void SeenKeys<Seen>::begin_image(SnapshotWriter& out) {
  changed_.begin();
  save_head(out);
  images_.begin(map(), out);
}

template <typename Seen>
bool SeenKeys<Seen>::continue_image(std::size_t keys) {
  return images_.go_on(keys);
}

// With a limit tables go that time has not passed: then all that there are are named.
template <typename Seen>
void SeenKeys<Seen>::save_changes(SnapshotWriter& out) {
  save_head(out, true);
  if (max_keys_) {
    for (const auto& [place, table] : map()) place.save(out);
  }
  changed_.write(out);
}

template <typename Seen>
void SeenKeys<Seen>::restore(SnapshotReader& in) {
  if (!in.next_is("seen")) return in.fail("no entry 'seen'");
  const bool changes = in.json("changes").exists();
  horizon_ = in.time("horizon");
  if (changes) drop_forgotten();
  pushed_out_ = in.unsigned_integer("pushed_out");
  tables_.restore(in);
  std::set<SlicePlace> named;
  while (in.next_is("slice")) {
    const auto [at, is_new] = map().try_emplace(SlicePlace(in));
    if (changes && max_keys_) named.insert(at->first);
    Table& table = at->second;
    const std::size_t size = table.size();
    const std::size_t bytes = is_new ? 0 : table.bytes();
    restore_slots(in, table, changes);
    size_ += table.size() - size;
    bytes_ += table.bytes() - bytes;
  }
  if (!changes || !max_keys_) return;
  for (auto place = map().begin(); place != map().end();) {
    const auto next = std::next(place);
    if (!named.contains(place->first)) drop(place);
    place = next;
  }
}

}  // namespace streamutils
