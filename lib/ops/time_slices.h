// TimeSlices: event time, cut into slices of one length.
//
//     slices    |   -1   |    0    |    1    |
//                        ^ 1970
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/time.h"

namespace streamutils {

class TimeSlices {
 public:
  // length: at least a nanosecond; nullopt: all of time is slice 0.
  explicit TimeSlices(std::optional<Duration> length) : length_(length ? length->count() : 0) {}

  std::int64_t of(Timestamp t) const {
    if (length_ == 0) return 0;
    const std::int64_t n = to_nanos(t);
    return n / length_ - (n % length_ < 0 ? 1 : 0);
  }

  // Where it starts, in nanoseconds, modulo 2^64: the first one may start before all times.
  std::uint64_t start(std::int64_t slice) const {
    return static_cast<std::uint64_t>(slice) * static_cast<std::uint64_t>(length_);
  }

  // The one before it; none is before the first.
  static std::int64_t before(std::int64_t slice) {
    return std::max(slice, std::numeric_limits<std::int64_t>::min() + 1) - 1;
  }

 private:
  std::int64_t length_;
};

}  // namespace streamutils
