// DedupReach: which group of repeats takes an event, for the kinds of sdedup that hold groups
// (--keep last, --count-to).
//
// A group reaches from its first event `within` back, and `within` on: from its first event too, or
// with `refresh` from its greatest.  That end is its turn: by it the group stands in a slice of
// time, and leaves when the watermark has passed the turn by more than `within`.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/time.h"
#include "ops/dedup.h"
#include "ops/time_slices.h"

namespace streamutils {

// How long one time is before another, in nanoseconds, modulo 2^64: any two are told apart.
inline std::uint64_t distance(Timestamp from, Timestamp to) {
  return static_cast<std::uint64_t>(to_nanos(to)) - static_cast<std::uint64_t>(to_nanos(from));
}
// The other way.
inline Timestamp before(Timestamp t, std::uint64_t distance) {
  return from_nanos(static_cast<std::int64_t>(static_cast<std::uint64_t>(to_nanos(t)) - distance));
}
inline Timestamp behind(Timestamp t, std::uint64_t distance) { return before(t, 0 - distance); }

class DedupReach {
 public:
  explicit DedupReach(const DedupOptions& options)
      : slices_(options.within ? std::optional(*options.within + Duration(1)) : std::nullopt),
        length_(options.within.value_or(Duration::max())),
        is_bounded_(options.within.has_value()),
        refresh_(options.refresh) {}

  const TimeSlices& slices() const { return slices_; }
  Duration length() const { return length_; }

  // The watermark.
  Timestamp now() const { return now_; }
  void set_now(Timestamp now) { now_ = now; }

  Timestamp turn(Timestamp first, Timestamp greatest) const { return refresh_ ? greatest : first; }

  // True if no event to come can join.
  bool is_complete(Timestamp turn) const { return is_bounded_ && plus(turn, length_) < now_; }
  bool takes(Timestamp first, Timestamp turn, Timestamp t) const {
    return t >= minus(first, length_) && t <= plus(turn, length_) && !is_complete(turn);
  }
  // True if a group that ends here and one that begins there, which is later, are two.
  bool are_apart(Timestamp greatest, Timestamp first) const {
    return first > plus(greatest, length_);
  }
  // True if an event is so late that what it would be compared with may be gone.
  bool is_late(Timestamp t) const { return is_bounded_ && t < minus(now_, length_); }

  // A group that takes an event of this slice stands in the one before it, or later…
  static std::int64_t first_slice(std::int64_t slice) { return TimeSlices::before(slice); }
  // …and in none from this one on.
  bool is_beyond(std::int64_t other, std::int64_t slice) const {
    return !refresh_ && other > slice && other - 1 > slice;
  }

 private:
  TimeSlices slices_;
  Duration length_;
  bool is_bounded_;
  bool refresh_;
  Timestamp now_ = kMinTime;
};

}  // namespace streamutils
