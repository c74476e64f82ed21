// WindowLength: how long a window is, or how far apart two are: a span of time, civil days or
// months, or a number of events.
//
//     10s  1h30m  24h          time
//     1d  7d  1w  1mo  1y      the calendar: a day may have 23 or 25 hours, a month 28 to 31 days
//     100rows                  events of one key
//
// A whole number with one of the units d, w, mo, y is of the calendar; whoever wants 24 hours
// writes 24h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace streamutils {

struct WindowLength {
  enum class Unit : std::uint8_t { nanos, days, months, rows };
  Unit unit = Unit::nanos;
  std::int64_t n = 0;
  bool weeks = false;  // days that were given as weeks, which begin on Monday

  bool is_calendar() const { return unit == Unit::days || unit == Unit::months; }
  bool is_rows() const { return unit == Unit::rows; }
  // REQUIRES: nanos.
  Duration duration() const { return Duration(n); }

  friend bool operator==(const WindowLength&, const WindowLength&) = default;
};

// Reads a length greater than 0; `what` begins the message of an error.
Result<WindowLength> parse_window_length(const std::string& text, const std::string& what);

// "10s", "1d", "2w", "3mo", "100rows".
std::string format_window_length(const WindowLength& length);

}  // namespace streamutils
