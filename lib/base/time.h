// Points and lengths of event time, and every spelling of them that a stream or a user may use.
//
// A Timestamp is a signed 64-bit count of nanoseconds since 1970-01-01T00:00:00Z, a Duration a
// signed 64-bit count of nanoseconds: std::chrono types, so that a point and a length never mix.
// The range is 1677-09-21 to 2262-04-11; the parsers refuse what lies outside.  Arithmetic near the
// ends saturates where it goes through `plus` and `minus`.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "base/result.h"

namespace streamutils {

using Duration = std::chrono::nanoseconds;
using Timestamp = std::chrono::time_point<std::chrono::system_clock, Duration>;

inline constexpr Timestamp kMinTime = Timestamp::min();  // before every event: "no watermark yet"
inline constexpr Timestamp kMaxTime = Timestamp::max();  // after every event: "the end"

constexpr std::int64_t to_nanos(Timestamp t) { return t.time_since_epoch().count(); }
constexpr Timestamp from_nanos(std::int64_t n) { return Timestamp(Duration(n)); }

// t + d and t - d, stopping at kMinTime and kMaxTime.
constexpr Timestamp plus(Timestamp t, Duration d) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(to_nanos(t), d.count(), &sum)) return from_nanos(sum);
  return d.count() < 0 ? kMinTime : kMaxTime;
}
constexpr Timestamp minus(Timestamp t, Duration d) {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(to_nanos(t), d.count(), &difference)) return from_nanos(difference);
  return d.count() < 0 ? kMaxTime : kMinTime;
}

// The latest multiple of `size` (counted from the epoch + offset) that is not after t.  Rounds
// towards the past also before 1970.  REQUIRES: size > 0.
Timestamp floor_to(Timestamp t, Duration size, Duration offset = Duration::zero());

// --- Durations -----------------------------------------------------------------------------------

// "250ms" "10s" "5m" "1h30m" "1d" "1w" "1.5s", "0", ISO 8601 "PT10S" "P1DT2H"; units ns us ms s m h
// d w; m is minutes.  A bare number other than 0 is refused with a hint, so are years and months.
// A leading '-' is accepted (callers that need positive lengths check).
Result<Duration> parse_duration(std::string_view text);

// A short spelling that parse_duration reads back exactly: "1h30m", "1.5s", "250ms", "0s"; weeks
// only where nothing remains ("2w", "10d").
std::string format_duration(Duration d);

// --- Times ---------------------------------------------------------------------------------------

enum class EpochUnit : std::uint8_t { seconds, millis, micros, nanos };

Result<EpochUnit> parse_epoch_unit(std::string_view text);  // "s" "ms" "us" "ns"

// How a time was spelled, so that the times a tool writes look like those it read.
struct TimeStyle {
  enum class Kind : std::uint8_t { rfc3339, epoch };
  Kind kind = Kind::rfc3339;
  EpochUnit unit = EpochUnit::millis;  // of an epoch
  bool quoted = false;                 // an epoch that stood in a JSON string

  friend bool operator==(const TimeStyle&, const TimeStyle&) = default;
};

// "rfc3339", "s", "ms", "us", "ns", and with a leading '"' the quoted epochs: for snapshots.
std::string to_string(TimeStyle style);
std::optional<TimeStyle> parse_time_style(std::string_view text);

// Appends t as a JSON value in the style: "2026-11-22T10:00:05.25Z" in quotes with as many fraction
// digits (0 to 9) as it needs, or a number in the unit with as many as it needs.
void append_time(std::string& out, Timestamp t, TimeStyle style);

// RFC 3339 in UTC, 0 to 9 fraction digits as needed, without quotes.  This is the spelling of times
// in control lines and messages.
std::string format_time(Timestamp t);

// What the user said about the spelling of times.
struct TimeSyntax {
  std::optional<EpochUnit> unit;  // --time-unit; without it the size decides

  // --time-format, as strptime(3); empty: the list.  Beyond strptime, "%E*S" reads seconds with any
  // fraction, and so does "%S.%f"; "%Ez" reads "+02:00", "%s" seconds of the epoch.
  std::string format;

  // --tz, for times without a zone.  A time that the zone skips (spring) counts on from the offset
  // before the change: 02:30 is 03:30; of a time that comes twice (autumn) it is the first.
  absl::TimeZone zone = absl::UTCTimeZone();
};

// "UTC", "Europe/Paris", "+02:00", "local".
Result<absl::TimeZone> parse_time_zone(std::string_view name);

// Reads times.  Remembers the shape and the day of the last one, so that a stream of alike times
// costs a few nanoseconds each.  Not safe for use from two threads.
class TimeParser {
 public:
  explicit TimeParser(TimeSyntax syntax = {});

  // The text of a JSON string, unescaped, without quotes: RFC 3339 / ISO 8601 with any fraction and
  // offset (space for 'T', comma for the point, lower case, "+0100", "+01", " UTC", no seconds;
  // second 60 reads as 59.999999999), date alone, numeric strings, CLF "17/May/2015:10:05:03
  // +0000", RFC 2822 "Sun, 22 Nov 2026 10:00:00 +0000" with its named zones. With `format`, that
  // alone.  Fraction digits past the ninth are dropped.  nullopt: not a time, or out of range.
  std::optional<Timestamp> parse_string(std::string_view text);

  // The text of a JSON number: an epoch.  |x| < 1e11 is seconds, < 1e14 ms, < 1e17 us, else ns,
  // unless `unit` says it; fractions are allowed and exact to the nanosecond (rounded towards the
  // past).  nullopt: not a number, or out of range.
  std::optional<Timestamp> parse_number(std::string_view text);

  // The style of the last time that was read.
  TimeStyle style() const { return style_; }

 private:
  std::optional<Timestamp> parse_same_day(std::string_view text) const;
  std::optional<Timestamp> parse_iso(std::string_view text);
  std::optional<Timestamp> parse_format(std::string_view text);
  std::optional<Timestamp> parse_other(std::string_view text);
  std::optional<Timestamp> parse_long_number(std::string_view text);
  std::optional<std::int64_t> take_day(std::string_view& text);

  TimeSyntax syntax_;
  TimeStyle style_;
  char day_text_[10];             // "2026-11-22": the last day seen…
  std::int64_t day_seconds_ = 0;  // …and its first second, UTC
};

}  // namespace streamutils
