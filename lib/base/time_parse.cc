// Reading times.
//
// Nearly all times of a stream are alike: RFC 3339 on the same day as the one before.
// parse_same_day reads exactly those, from a few machine words; whatever it does not know goes to
// parse_iso, which knows every spelling that begins with a year, and what that does not know to the
// words of time_words.cc.  The slower readers decide what is a time; the quick one only must agree
// with them.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <limits>
#include <utility>

#include "base/civil.h"
#include "base/decimal.h"
#include "base/digits.h"
#include "base/number_text.h"
#include "base/short_decimal.h"
#include "base/time.h"
#include "base/time_text.h"

namespace streamutils {
namespace {

using Int128 = Decimal::Int128;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::string_view kUnixDay = "1970-01-01";

// "hh:mm:ss" as seconds of the day; -1 if it is none, or a leap second.
std::int64_t read_clock(std::uint64_t word) {
  const std::uint64_t values = word ^ 0x30303A30303A3030U;  // digits become values, colons zero
  if ((((values + 0x76767F76767F7676U) | values) & 0x8080808080808080U) != 0) return -1;
  const std::uint64_t pairs = values * 10 + (values >> 8);
  const std::uint64_t hour = pairs & 0xFF, minute = pairs >> 24 & 0xFF, second = pairs >> 48 & 0xFF;
  if (hour > 23 || minute > 59 || second > 59) return -1;
  return static_cast<std::int64_t>(hour * 3600 + minute * 60 + second);
}

// The n digits that end at `end`, as a fraction in nanoseconds; -1 if they are not digits.
// REQUIRES: 1 <= n <= 9, 9 readable bytes before end.
std::int64_t read_fraction(const char* end, std::size_t n) {
  if (n == 9) {
    const std::int64_t first = read_fraction(end - 1, 8);
    return first < 0 || !digits::is_digit(end[-1]) ? -1 : first + (end[-1] - '0');
  }
  // The bytes before the fraction become zeros in front of it.
  const std::uint64_t foreign = (std::uint64_t{1} << (8 * (8 - n))) - 1;
  const std::uint64_t word = (digits::load8(end - 8) & ~foreign) | (0x3030303030303030U & foreign);
  if (!digits::are_digits(word)) return -1;
  return static_cast<std::int64_t>(digits::value_of(word) * digits::kPowersOfTen[9 - n]);
}

std::optional<Timestamp> narrow(Int128 nanos) {
  if (nanos < std::numeric_limits<std::int64_t>::min() ||
      nanos > std::numeric_limits<std::int64_t>::max()) {
    return std::nullopt;
  }
  return from_nanos(static_cast<std::int64_t>(nanos));
}

// The commonest epochs, 9 to 16 digits and nothing else; false for all others.
bool read_epoch(std::string_view text, ShortDecimal& number) {
  if (text.size() < 9 || text.size() > 16 || text[0] == '0') return false;
  std::uint64_t value = 0;
  if (!digits::read_all(text.data(), text.size(), value)) return false;
  number.mantissa = static_cast<std::int64_t>(value);
  return true;
}

// The unit that the size of an epoch tells: seconds of today have 10 digits, milliseconds 13, and
// so on.  below(n) says whether the epoch is less than 10^n.
template <typename Below>
EpochUnit guess_unit(Below below) {
  if (below(11)) return EpochUnit::seconds;
  if (below(14)) return EpochUnit::millis;
  if (below(17)) return EpochUnit::micros;
  return EpochUnit::nanos;
}

EpochUnit guess_unit(ShortDecimal number) {
  const auto magnitude = static_cast<std::uint64_t>(std::abs(number.mantissa));
  return guess_unit([=](int n) {
    return n + number.scale > 18 || magnitude < digits::kPowersOfTen[n + number.scale];
  });
}

// Digits behind the point that are whole nanoseconds.
int places_of(EpochUnit unit) { return 9 - 3 * static_cast<int>(unit); }

// A ShortDecimal in `unit` as nanoseconds, rounded towards the past.
std::optional<Timestamp> scale_short(ShortDecimal number, EpochUnit unit) {
  const int shift = places_of(unit) - number.scale;
  if (shift >= 0) return narrow(Int128{number.mantissa} * digits::kPowersOfTen[shift]);
  const auto divisor = static_cast<std::int64_t>(digits::kPowersOfTen[-shift]);
  const std::int64_t quotient = number.mantissa / divisor;
  return from_nanos(quotient - (number.mantissa % divisor < 0));
}

// Any other number: its digits down to the nanosecond, and whether something is left behind them.
std::optional<Timestamp> scale_any(const NumberText& number, std::int64_t top, EpochUnit unit) {
  const std::int64_t wanted = top + places_of(unit);  // digits before the end of the nanoseconds
  if (wanted > 19) return std::nullopt;
  Int128 magnitude = 0;
  std::int64_t taken = 0;
  for (const std::string_view part : {number.head, number.tail}) {
    for (const char c : part) {
      if (taken >= wanted) break;
      magnitude = magnitude * 10 + (c - '0');
      ++taken;
    }
  }
  for (; taken < wanted; ++taken) magnitude *= 10;
  if (!number.negative) return narrow(magnitude);
  const bool rest = number.digit_count() > wanted;
  return narrow(-magnitude - (rest ? 1 : 0));
}

}  // namespace

std::optional<Timestamp> at_second(std::int64_t second, std::int64_t nanos) {
  return narrow(Int128{second} * kSecond + nanos);
}

TimeParser::TimeParser(TimeSyntax syntax) : syntax_(std::move(syntax)) {
  syntax_.format = to_absl_format(syntax_.format);
  kUnixDay.copy(day_text_, sizeof day_text_);
}

// "2026-11-22T10:00:05Z", with or without a fraction, on the day of the last one.
std::optional<Timestamp> TimeParser::parse_same_day(std::string_view text) const {
  constexpr std::size_t kClockEnd = 19;
  const char* const p = text.data();
  if (text.size() <= kClockEnd || text.size() > kClockEnd + 11 || text.back() != 'Z') return {};
  if (digits::load8(p) != digits::load8(day_text_)) return {};
  if (digits::load2(p + 8) != digits::load2(day_text_ + 8)) return {};
  if (p[10] != 'T') return {};
  const std::int64_t clock = read_clock(digits::load8(p + 11));
  if (clock < 0) return {};
  const std::size_t tail = text.size() - kClockEnd - 1;  // ".123"
  std::int64_t nanos = 0;
  if (tail != 0) {
    if (tail == 1 || p[kClockEnd] != '.') return {};
    nanos = read_fraction(p + kClockEnd + tail, tail - 1);
    if (nanos < 0) return {};
  }
  return at_second(day_seconds_ + clock, nanos);
}

// The day at the front of text as the first second of it; remembers it.
std::optional<std::int64_t> TimeParser::take_day(std::string_view& text) {
  constexpr std::size_t kSize = sizeof day_text_;
  if (text.size() < kSize) return std::nullopt;
  if (text.substr(0, kSize) != std::string_view(day_text_, kSize)) {
    TextReader in(text.substr(0, kSize));
    civil::Date date{};
    const bool good = in.number(4, date.year) && in.skip('-') && in.number(2, date.month) &&
                      in.skip('-') && in.number(2, date.day) && civil::is_date(date);
    if (!good) return std::nullopt;
    text.copy(day_text_, kSize);
    day_seconds_ = civil::to_days(date) * kDaySeconds;
  }
  text.remove_prefix(kSize);
  return day_seconds_;
}

std::optional<Timestamp> TimeParser::parse_iso(std::string_view text) {
  const auto day = take_day(text);
  if (!day) return std::nullopt;
  TextReader in(text);
  Clock clock;
  if (!in.at_end()) {
    const bool separated = in.skip('T') || in.skip('t') || in.skip(' ');
    if (!separated || !in.clock(clock)) return std::nullopt;
  }
  const auto zone = in.zone();
  if (!zone || !in.at_end()) return std::nullopt;
  return resolve(*day, clock, *zone, syntax_.zone);
}

std::optional<Timestamp> TimeParser::parse_string(std::string_view text) {
  if (!syntax_.format.empty()) return parse_format(text);
  auto time = parse_same_day(text);
  if (!time) {
    const bool year_first = text.size() >= 10 && text[4] == '-' && digits::is_digit(text[0]);
    time = year_first ? parse_iso(text) : std::nullopt;
  }
  if (!time) return parse_other(text);
  style_ = TimeStyle{};
  return time;
}

std::optional<Timestamp> TimeParser::parse_format(std::string_view text) {
  const auto time = parse_with_format(syntax_.format, text, syntax_.zone);
  if (time) style_ = TimeStyle{};
  return time;
}

std::optional<Timestamp> TimeParser::parse_other(std::string_view text) {
  if (const auto time = parse_number(text)) {
    style_.quoted = true;
    return time;
  }
  auto time = parse_log_time(text, syntax_.zone);
  if (!time) time = parse_mail_time(text, syntax_.zone);
  if (time) style_ = TimeStyle{};
  return time;
}

std::optional<Timestamp> TimeParser::parse_number(std::string_view text) {
  ShortDecimal number;
  if (!read_epoch(text, number) && !read_short(text, number)) return parse_long_number(text);
  const EpochUnit unit = syntax_.unit ? *syntax_.unit : guess_unit(number);
  const auto time = scale_short(number, unit);
  if (time) style_ = TimeStyle{TimeStyle::Kind::epoch, unit, false};
  return time;
}

std::optional<Timestamp> TimeParser::parse_long_number(std::string_view text) {
  constexpr std::int64_t kBeyond = 1000;  // stands for all larger exponents: they differ in nothing
  if (!is_number(text)) return std::nullopt;
  const NumberText parts = split_number(text);
  const std::int64_t top =
      parts.is_zero() ? 0 : parts.top().value_or(parts.exponent_negative ? -kBeyond : kBeyond);
  const EpochUnit unit =
      syntax_.unit ? *syntax_.unit : guess_unit([=](std::int64_t n) { return top <= n; });
  const auto time = scale_any(parts, top, unit);
  if (time) style_ = TimeStyle{TimeStyle::Kind::epoch, unit, false};
  return time;
}

}  // namespace streamutils
