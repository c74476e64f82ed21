// SPDX-License-Identifier: Apache-2.0
#include "ops/calendar.h"

#include <algorithm>

#include "absl/time/civil_time.h"

namespace streamutils {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;
// Far beyond every Timestamp, and far from where civil times end.
constexpr std::int64_t kFarthest = 1'000'000;
constexpr absl::CivilDay kFirstDay(1970, 1, 1);
constexpr absl::CivilMonth kFirstMonth(1970, 1);

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a % b < 0 ? a / b - 1 : a / b; }

Timestamp at(std::int64_t seconds, std::int64_t nanos) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(seconds, kNanos, &product) ||
      __builtin_add_overflow(product, nanos, &product)) {
    return seconds < 0 ? kMinTime : kMaxTime;
  }
  return from_nanos(product);
}

}  // namespace

Calendar::Calendar(Unit unit, absl::TimeZone zone, Duration offset)
    : unit_(unit),
      zone_(zone),
      offset_seconds_(floor_divide(offset.count(), kNanos)),
      offset_nanos_(offset.count() - offset_seconds_ * kNanos) {}

Timestamp Calendar::begin(std::int64_t unit) const {
  unit = std::clamp(unit, -kFarthest, kFarthest);
  const absl::CivilDay day =
      unit_ == Unit::day ? kFirstDay + unit : absl::CivilDay(kFirstMonth + unit);
  const absl::CivilSecond local = absl::CivilSecond(day) + offset_seconds_;
  return at(absl::ToUnixSeconds(zone_.At(local).pre), offset_nanos_);
}

// The clocks give a guess, which is off where they repeat or skip a beginning.
std::int64_t Calendar::unit_of(Timestamp t) const {
  const absl::Time shifted = absl::FromUnixNanos(to_nanos(t)) - absl::Nanoseconds(offset_nanos_);
  const absl::CivilSecond local = zone_.At(shifted).cs - offset_seconds_;
  std::int64_t unit = unit_ == Unit::day ? absl::CivilDay(local) - kFirstDay
                                         : absl::CivilMonth(local) - kFirstMonth;
  while (begin(unit) > t) --unit;
  while (begin(unit + 1) <= t && begin(unit + 1) < kMaxTime) ++unit;
  return unit;
}

}  // namespace streamutils
