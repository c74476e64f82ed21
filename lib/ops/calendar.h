// Calendar: the days, or the months, of a time zone as numbers on a line.
//
// Day 0 is 1970-01-01, month 0 is January 1970.  A unit begins at its midnight on the clocks of the
// zone, or at another time of day if there is an offset: with 6h days begin at six, whatever the
// clocks do at night.  So a day may have 23 or 25 hours, or none at all (Samoa, 2011-12-30).
//
//     Europe/Paris, days     |--24h--|-23h-|--24h--|
//                                    ^ 2026-03-29
//
// A beginning that the clocks skip counts on from the offset before the change (a day that would
// begin at a skipped 00:00 begins at 01:00); one that comes twice is the first of the two.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "base/time.h"

namespace streamutils {

class Calendar {
 public:
  enum class Unit : std::uint8_t { day, month };

  // offset: how much later than midnight, by the clocks, each unit begins.
  Calendar(Unit unit, absl::TimeZone zone, Duration offset);

  // The first instant of the unit; stops at kMinTime and kMaxTime.
  Timestamp begin(std::int64_t unit) const;

  // The unit that t lies in: begin(unit) <= t < begin(unit + 1).
  std::int64_t unit_of(Timestamp t) const;

 private:
  Unit unit_;
  absl::TimeZone zone_;
  std::int64_t offset_seconds_;
  std::int64_t offset_nanos_;  // the rest of the offset, not negative
};

}  // namespace streamutils
