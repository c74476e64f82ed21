// The pieces that spellings of times are made of: numbers of fixed width, clocks, zones.
//
// An inside header of base, shared by time_parse.cc and time_words.cc.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "base/time.h"

namespace streamutils {

inline constexpr std::int64_t kDaySeconds = 86'400;

// A time of day.  The leap second 23:59:60 is the last nanosecond of 23:59:59.
struct Clock {
  std::int64_t second = 0;  // of the day
  std::int64_t nanos = 0;
};

// What a text says about its zone: nothing, or how far it is ahead of UTC.
struct Offset {
  bool given = false;
  std::int64_t seconds = 0;
};

// Reads a text from left to right.  A function that returns false or nothing may have moved on: the
// text is then given up.
class TextReader {
 public:
  explicit TextReader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  bool skip(char c);
  bool skip(std::string_view word);
  bool skip_spaces();  // false if there is none

  // The digits at the front, at least `least` and at most `most` of them.
  bool number(std::size_t least, std::size_t most, std::int32_t& value);
  bool number(std::size_t width, std::int32_t& value) { return number(width, width, value); }

  // The letters at the front.
  std::string_view word();

  // "10:05", "10:05:03", "10:05:03.25"; a comma may stand for the point.
  bool clock(Clock& clock);

  // "Z", "+01:00", "+0100", "+01", "UTC", "GMT", with a space before or not; nothing there is not
  // given.
  std::optional<Offset> zone();

 private:
  bool fraction(std::int64_t& nanos);

  std::string_view rest_;
};

// second (since 1970, UTC) and a part of it; nullopt: out of range.
std::optional<Timestamp> at_second(std::int64_t second, std::int64_t nanos);

// A local time as a point: by its offset if it has one, or else by the zone.
std::optional<Timestamp> resolve(std::int64_t day_seconds, Clock clock, Offset offset,
                                 const absl::TimeZone& zone);

// "17/May/2015:10:05:03 +0000", the Common Log Format.
std::optional<Timestamp> parse_log_time(std::string_view text, const absl::TimeZone& zone);

// "Sun, 22 Nov 2026 10:00:00 +0000", RFC 2822 (mail) and RFC 9110 (HTTP).
std::optional<Timestamp> parse_mail_time(std::string_view text, const absl::TimeZone& zone);

// A format of strptime(3) in the words of absl::ParseTime, whose %Y takes all digits that follow.
std::string to_absl_format(std::string_view format);

// By a format of absl::ParseTime.
std::optional<Timestamp> parse_with_format(std::string_view format, std::string_view text,
                                           const absl::TimeZone& zone);

}  // namespace streamutils
