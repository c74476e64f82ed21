// Lengths of time as users write them.
//
// A duration is read into 128 bits of nanoseconds, where no number of 19 digits in any unit can
// overflow, and checked against the range once at the end.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <limits>

#include "base/decimal.h"
#include "base/digits.h"
#include "base/text.h"
#include "base/time.h"

namespace streamutils {
namespace {

using Int128 = Decimal::Int128;

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};

// From long to short: a duration names its units in this order, each once.
constexpr Unit kUnits[] = {
    {"w", 604'800'000'000'000},
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"ns", 1},
};
constexpr std::size_t kSecondIndex = 4;

// What people write for a unit that has another name here, or none.
struct Alias {
  std::string_view name;
  std::string_view hint;
};
constexpr Alias kAliases[] = {
    {"y", "a year has no fixed length, use 365d"},
    {"mo", "a month has no fixed length, use 30d"},
    {"M", "a month has no fixed length, use 30d; minutes are m"},
    {"sec", "seconds are s"},
    {"secs", "seconds are s"},
    {"second", "seconds are s"},
    {"seconds", "seconds are s"},
    {"min", "minutes are m"},
    {"mins", "minutes are m"},
    {"minute", "minutes are m"},
    {"minutes", "minutes are m"},
    {"hr", "hours are h"},
    {"hour", "hours are h"},
    {"hours", "hours are h"},
    {"day", "days are d"},
    {"days", "days are d"},
    {"week", "weeks are w"},
    {"weeks", "weeks are w"},
};

Error not_a_duration(std::string_view text, std::string_view hint) {
  return Error{"not a duration: " + quote(text) + " (" + std::string(hint) + ")"};
}

std::string hint_for(std::string_view unit) {
  for (const Alias& alias : kAliases) {
    if (alias.name == unit) return std::string(alias.hint);
  }
  if (unit.empty()) return "a unit is missing";
  if (unit.find(' ') != std::string_view::npos) return "it is written without spaces";
  return "unknown unit " + quote(unit) + "; units are ns us ms s m h d w";
}

// A decimal number without sign.
struct Amount {
  std::uint64_t whole = 0;
  std::int64_t fraction = 0;  // in units of 10^-18; what lies below is dropped

  // Parts of a nanosecond are dropped.
  Int128 in_nanos(std::int64_t unit) const {
    return Int128{whole} * unit + Int128{fraction} * unit / 1'000'000'000'000'000'000;
  }
};

// Takes "12", "1.5" or ".5" from the front of text; false if there is no number of at most 18
// digits before the point.
bool take_amount(std::string_view& text, Amount& amount) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const char* const first = p;
  digits::read(p, end, amount.whole);
  if (p - first > 19) return false;
  bool any = p != first;
  if (end - p >= 2 && *p == '.' && digits::is_digit(p[1])) {
    any = true;
    std::int64_t place = 100'000'000'000'000'000;
    for (++p; p != end && digits::is_digit(*p); ++p, place /= 10) {
      amount.fraction += (*p - '0') * place;
    }
  }
  text.remove_prefix(static_cast<std::size_t>(p - first));
  return any;
}

// Takes the letters up to the next digit.
std::string_view take_unit(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && !digits::is_digit(text[n]) && text[n] != '.') ++n;
  const std::string_view unit = text.substr(0, n);
  text.remove_prefix(n);
  return unit;
}

std::size_t index_of(std::string_view unit) {
  if (unit == "\u00B5s" || unit == "\u03BCs") unit = "us";  // micro sign and Greek mu
  std::size_t i = 0;
  while (i < std::size(kUnits) && kUnits[i].name != unit) ++i;
  return i;
}

Result<Duration> in_range(std::string_view text, Int128 nanos) {
  if (nanos < std::numeric_limits<std::int64_t>::min() ||
      nanos > std::numeric_limits<std::int64_t>::max()) {
    return not_a_duration(text, "longer than 292 years");
  }
  return Duration(static_cast<std::int64_t>(nanos));
}

// "1h30m", already without sign.
Result<Duration> parse_plain(std::string_view text, std::string_view rest, int sign) {
  Int128 nanos = 0;
  std::size_t next = 0;  // the longest unit that may still come
  while (!rest.empty()) {
    Amount amount;
    if (!take_amount(rest, amount))
      return not_a_duration(text, "expected for example 10s or 1h30m");
    if (rest.empty()) {
      return not_a_duration(text, "a unit is missing, for example " + std::string(text) + "s");
    }
    const std::string_view unit = take_unit(rest);
    const std::size_t i = index_of(unit);
    if (i == std::size(kUnits)) return not_a_duration(text, hint_for(unit));
    if (i < next) return not_a_duration(text, "units go from long to short, each once");
    nanos += amount.in_nanos(kUnits[i].nanos);
    next = i + 1;
  }
  return in_range(text, sign * nanos);
}

// ISO 8601 "P1DT2H", already without sign and 'P'.
Result<Duration> parse_iso_duration(std::string_view text, std::string_view rest, int sign) {
  constexpr std::string_view kExpected = "expected for example PT10S or P1DT2H";
  Int128 nanos = 0;
  std::size_t next = 0;
  bool any = false;
  for (bool time = false; !rest.empty(); any = true) {
    if (rest[0] == 'T' && !time) {
      time = true;
      any = false;  // something must follow
      next = std::max<std::size_t>(next, 2);
      rest.remove_prefix(1);
      if (rest.empty()) break;
    }
    Amount amount;
    if (!take_amount(rest, amount) || rest.empty()) return not_a_duration(text, kExpected);
    const std::size_t i = std::string_view("WDHMS").find(rest[0]);
    const bool year_or_month = !time && (rest[0] == 'Y' || rest[0] == 'M');
    if (year_or_month)
      return not_a_duration(text, "years and months have no fixed length, use days");
    if (i == std::string_view::npos || (i >= 2) != time || i < next) {
      return not_a_duration(text, kExpected);
    }
    nanos += amount.in_nanos(kUnits[i].nanos);
    next = i + 1;
    rest.remove_prefix(1);
  }
  if (!any) return not_a_duration(text, kExpected);
  return in_range(text, sign * nanos);
}

// Appends a part below a second in the unit that needs the fewest digits: "250ms", "1.5us".
void append_below_second(std::string& out, std::int64_t nanos) {
  const std::size_t i = nanos >= 1'000'000 ? 5 : nanos >= 1'000 ? 6 : 7;
  const std::int64_t unit = kUnits[i].nanos;
  out += std::to_string(nanos / unit);
  if (nanos % unit != 0) {
    std::string fraction = std::to_string(unit + nanos % unit);  // keeps the leading zeros
    fraction[0] = '.';
    out += fraction.substr(0, fraction.find_last_not_of('0') + 1);
  }
  out += kUnits[i].name;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  int sign = 1;
  if (rest.starts_with('-')) {
    sign = -1;
    rest.remove_prefix(1);
  }
  if (rest == "0") return Duration::zero();
  if (rest.empty()) return not_a_duration(text, "expected for example 10s or 1h30m");
  if (rest[0] == 'P') return parse_iso_duration(text, rest.substr(1), sign);
  return parse_plain(text, rest, sign);
}

std::string format_duration(Duration d) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  if (d == Duration::zero()) return "0s";
  std::string out = d.count() < 0 ? "-" : "";
  std::uint64_t rest = static_cast<std::uint64_t>(d.count());
  if (d.count() < 0) rest = -rest;  // well defined also for the least value
  // Weeks only where nothing remains: 10d says more than 1w3d.
  const bool whole_weeks = rest % static_cast<std::uint64_t>(kUnits[0].nanos) == 0;
  for (std::size_t i = whole_weeks ? 0 : 1; i <= kSecondIndex; ++i) {
    const auto unit = static_cast<std::uint64_t>(kUnits[i].nanos);
    if (rest < unit) continue;
    out += std::to_string(rest / unit);
    rest %= unit;
    const bool fraction = unit == kSecond && rest != 0;
    if (fraction) {
      std::string digits = std::to_string(kSecond + rest);
      digits[0] = '.';
      out += digits.substr(0, digits.find_last_not_of('0') + 1);
      rest = 0;
    }
    out += kUnits[i].name;
  }
  if (rest != 0) append_below_second(out, static_cast<std::int64_t>(rest));
  return out;
}

}  // namespace streamutils
