// Timestamps and durations of the language: their range, their spellings, their arithmetic.
//
// A timestamp is seconds since 1970 and nanoseconds, from year 1 to year 9999, wider than the times
// of streams (base/time.h).  A duration is a signed 64-bit count of nanoseconds, about 292 years.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "expr/value.h"

namespace streamutils::expr {

inline constexpr std::int64_t kFirstSecond = -62135596800;  // 0001-01-01T00:00:00Z
inline constexpr std::int64_t kLastSecond = 253402300799;   // 9999-12-31T23:59:59Z
inline constexpr std::int64_t kSecond = 1'000'000'000;      // in nanoseconds

// The timestamp, or nothing if it is out of range.
std::optional<Value> timestamp_of(std::int64_t seconds, std::int64_t nanos);

// RFC 3339, strictly: "2009-02-13T23:31:30.123Z", "…+01:00".  Digits past the ninth are dropped.
std::optional<Value> parse_timestamp(std::string_view text);

// "1h30m", "-1.5s", "3ms", "0"; units h m s ms us ns.  In nanoseconds.
std::optional<std::int64_t> parse_span(std::string_view text);

// RFC 3339 in UTC with as many fraction digits as it needs.
void append_timestamp(std::string& out, Value timestamp);

// Decimal seconds: "60.001s".
void append_span(std::string& out, Value duration);

// a + b and a - b of timestamps and durations; no_overload for anything else.
Value add_times(Value a, Value b);
Value subtract_times(Value a, Value b);

// The parts of a timestamp as the calendar of a zone shows it.
struct CivilTime {
  int year = 1970;
  int month = 1;    // 1 to 12
  int day = 1;      // of the month, from 1
  int weekday = 4;  // 0 is Sunday
  int yearday = 0;  // from 0
  int hour = 0;
  int minute = 0;
  int second = 0;
};
CivilTime civil_time(std::int64_t seconds_with_offset);

}  // namespace streamutils::expr
