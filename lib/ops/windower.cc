// SPDX-License-Identifier: Apache-2.0
#include "ops/windower.h"

#include <algorithm>
#include <limits>

namespace streamutils {
namespace {

using Unit = WindowLength::Unit;
__extension__ typedef __int128 Wide;

constexpr std::int64_t kDay = Duration(std::chrono::hours(24)).count();
constexpr std::int64_t kFirstMonday = 4;  // 1970-01-01 was a Thursday

std::int64_t saturate(Wide n) {
  constexpr Wide kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr Wide kGreatest = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp(n, kLeast, kGreatest));
}

// Nearly all times are far from the ends, and a division of 64 bits costs a fifth of one of 128.
Wide floor_divide(Wide a, std::int64_t b) {
  const std::int64_t narrow = static_cast<std::int64_t>(a);
  if (narrow == a) {
    const std::int64_t quotient = narrow / b;
    return narrow < quotient * b ? quotient - 1 : quotient;
  }
  return a % b < 0 ? a / b - 1 : a / b;
}

std::int64_t modulo(std::int64_t a, std::int64_t b) { return a % b < 0 ? a % b + b : a % b; }

// In UTC every day has 24 hours, so its days need no calendar.
std::int64_t nanos_each(const WindowLength& length, const absl::TimeZone& zone) {
  return length.unit == Unit::days && zone == absl::UTCTimeZone() ? kDay : 1;
}

}  // namespace

FixedWindows::FixedWindows(const WindowLength& size, const WindowLength& slide, Duration offset,
                           absl::TimeZone zone)
    : size_(saturate(Wide{size.n} * nanos_each(size, zone))),
      slide_(saturate(Wide{slide.n} * nanos_each(slide, zone))),
      origin_(slide.weeks ? kFirstMonday * nanos_each(slide, zone) : 0),
      rest_(size_ % slide_) {
  const bool needs_calendar = slide.is_calendar() && nanos_each(slide, zone) == 1;
  if (needs_calendar) {
    calendar_.emplace(slide.unit == Unit::days ? Calendar::Unit::day : Calendar::Unit::month, zone,
                      offset);
  } else {
    origin_ += offset.count() % slide_;
  }
  origin_ = modulo(origin_, slide_);
}

Timestamp FixedWindows::at(Wide units) const {
  return calendar_ ? calendar_->begin(saturate(units)) : from_nanos(saturate(units));
}

std::int64_t FixedWindows::units(Timestamp t) const {
  return calendar_ ? calendar_->unit_of(t) : to_nanos(t);
}

Timestamp FixedWindows::start(std::int64_t k) const { return at(Wide{origin_} + Wide{k} * slide_); }

Timestamp FixedWindows::end(std::int64_t k) const {
  return at(Wide{origin_} + Wide{k} * slide_ + size_);
}

std::int64_t FixedWindows::first(Timestamp t) const {
  return saturate(floor_divide(Wide{units(t)} - origin_ - size_, slide_) + 1);
}

std::int64_t FixedWindows::last(Timestamp t) const {
  return saturate(floor_divide(Wide{units(t)} - origin_, slide_));
}

FixedWindows::Slice FixedWindows::slice(Timestamp t) const {
  const Wide begin = Wide{origin_} + Wide{last(t)} * slide_;
  const Timestamp cut = at(begin + rest_);
  if (t >= cut) return {cut, at(begin + slide_)};
  return {at(begin), cut};
}

}  // namespace streamutils
