// SPDX-License-Identifier: Apache-2.0
#include "expr/time_value.h"

#include <chrono>
#include <limits>

#include "expr/error.h"

namespace streamutils::expr {
namespace {

constexpr std::int64_t kDay = 86400;

// Reads fixed-width fields from the front of a text.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  bool is(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly n digits, or -1.
  int number(std::size_t n) {
    if (rest_.size() < n) return fail();
    int value = 0;
    for (const char c : rest_.substr(0, n)) {
      if (c < '0' || c > '9') return fail();
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(n);
    return value;
  }

  // ".123" in nanoseconds; 0 if there is no fraction.
  int fraction() {
    if (!is('.')) return 0;
    int nanos = 0;
    int unit = 100'000'000;
    std::size_t n = 0;
    for (; n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9'; ++n, unit /= 10) {
      nanos += (rest_[n] - '0') * unit;
    }
    if (n == 0) return fail();
    rest_.remove_prefix(n);
    return nanos;
  }

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  int fail() {
    ok_ = false;
    return -1;
  }

  std::string_view rest_;
  bool ok_ = true;
};

// The seconds that a zone is ahead of UTC: Z, +01:00.
int read_offset(FieldReader& in, bool& ok) {
  if (in.is('Z')) return 0;
  const bool minus = in.is('-');
  if (!minus && !in.is('+')) ok = false;
  const int hours = in.number(2);
  ok = ok && in.is(':');
  const int minutes = in.number(2);
  ok = ok && hours <= 23 && minutes <= 59;
  return (minus ? -1 : 1) * (hours * 60 + minutes) * 60;
}

void append_padded(std::string& out, int value, int width) {
  char digits[8];
  for (int i = width - 1; i >= 0; --i, value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits, static_cast<std::size_t>(width));
}

// ".25" for 250000000, nothing for 0.
void append_fraction(std::string& out, std::uint32_t nanos) {
  if (nanos == 0) return;
  out += '.';
  append_padded(out, static_cast<int>(nanos / 1000), 6);
  append_padded(out, static_cast<int>(nanos % 1000), 3);
  while (out.back() == '0') out.pop_back();
}

Value shifted(Value timestamp, std::int64_t seconds, std::int64_t nanos) {
  const auto moved = timestamp_of(timestamp.seconds() + seconds, timestamp.nanos() + nanos);
  return moved ? *moved : fail(ErrorKind::overflow);
}

std::int64_t unit_nanos(std::string_view& text) {
  static constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"ns", 1},         {"us", 1'000},  {"\xc2\xb5s", 1'000}, {"\xce\xbcs", 1'000},
      {"ms", 1'000'000}, {"s", kSecond}, {"m", 60 * kSecond},  {"h", 3600 * kSecond}};
  for (const auto& [unit, nanos] : kUnits) {
    if (!text.starts_with(unit)) continue;
    text.remove_prefix(unit.size());
    return nanos;
  }
  return 0;
}

__extension__ typedef __int128 Int128;

// "1.5h" off the front of text, in nanoseconds; nothing if there is none or it is out of range.
std::optional<Int128> read_term(std::string_view& text) {
  Int128 whole = 0;
  Int128 fraction = 0;
  Int128 scale = 1;
  std::size_t digits = 0;
  const auto is_digit = [&] { return !text.empty() && text[0] >= '0' && text[0] <= '9'; };
  for (; is_digit(); text.remove_prefix(1), ++digits) {
    whole = whole * 10 + (text[0] - '0');
    if (whole > Int128{1} << 63) return std::nullopt;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    for (; is_digit(); text.remove_prefix(1), ++digits) {
      if (scale >= Int128{1'000'000'000'000'000})
        continue;  // 15 digits tell every nanosecond of an hour
      fraction = fraction * 10 + (text[0] - '0');
      scale *= 10;
    }
  }
  const std::int64_t unit = unit_nanos(text);
  if (digits == 0 || unit == 0) return std::nullopt;
  return whole * unit + fraction * unit / scale;
}

}  // namespace

std::optional<Value> timestamp_of(std::int64_t seconds, std::int64_t nanos) {
  seconds += nanos / kSecond;
  nanos %= kSecond;
  if (nanos < 0) {
    nanos += kSecond;
    --seconds;
  }
  if (seconds < kFirstSecond || seconds > kLastSecond) return std::nullopt;
  return Value::timestamp(seconds, static_cast<std::uint32_t>(nanos));
}

std::optional<Value> parse_timestamp(std::string_view text) {
  FieldReader in(text);
  bool ok = true;
  const int year = in.number(4);
  ok = ok && in.is('-');
  const int month = in.number(2);
  ok = ok && in.is('-');
  const int day = in.number(2);
  ok = ok && (in.is('T') || in.is('t'));
  const int hour = in.number(2);
  ok = ok && in.is(':');
  const int minute = in.number(2);
  ok = ok && in.is(':');
  const int second = in.number(2);
  const int nanos = in.fraction();
  const int offset = in.is('z') ? 0 : read_offset(in, ok);
  if (!ok || !in.ok() || !in.at_end() || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return timestamp_of(days * kDay + hour * 3600 + minute * 60 + second - offset, nanos);
}

std::optional<std::int64_t> parse_span(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  Int128 total = 0;
  while (!text.empty()) {
    const auto term = read_term(text);
    if (!term) return std::nullopt;
    total += *term;
    if (total > Int128{1} << 63) return std::nullopt;
  }
  if (minus) return static_cast<std::int64_t>(-total);
  if (total > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return static_cast<std::int64_t>(total);
}

void append_timestamp(std::string& out, Value timestamp) {
  const CivilTime t = civil_time(timestamp.seconds());
  append_padded(out, t.year, 4);
  out += '-';
  append_padded(out, t.month, 2);
  out += '-';
  append_padded(out, t.day, 2);
  out += 'T';
  append_padded(out, t.hour, 2);
  out += ':';
  append_padded(out, t.minute, 2);
  out += ':';
  append_padded(out, t.second, 2);
  append_fraction(out, timestamp.nanos());
  out += 'Z';
}

void append_span(std::string& out, Value duration) {
  const std::int64_t nanos = duration.as_int();
  const std::uint64_t size = nanos < 0 ? 0 - static_cast<std::uint64_t>(nanos) : nanos;
  if (nanos < 0) out += '-';
  out += std::to_string(size / kSecond);
  append_fraction(out, static_cast<std::uint32_t>(size % kSecond));
  out += 's';
}

Value add_times(Value a, Value b) {
  if (a.is(Kind::duration) && b.is(Kind::timestamp)) std::swap(a, b);
  if (!b.is(Kind::duration)) return no_overload({a, b});
  const std::int64_t d = b.as_int();
  if (a.is(Kind::timestamp)) return shifted(a, d / kSecond, d % kSecond);
  if (!a.is(Kind::duration)) return no_overload({a, b});
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a.as_int(), d, &sum)) return fail(ErrorKind::overflow);
  return Value::duration(sum);
}

Value subtract_times(Value a, Value b) {
  std::int64_t nanos = 0;
  if (a.is(Kind::timestamp) && b.is(Kind::timestamp)) {
    const Int128 rest = Int128{a.nanos()} - b.nanos();
    const Int128 wide = Int128{a.seconds() - b.seconds()} * kSecond + rest;
    const auto narrow = static_cast<std::int64_t>(wide);
    return narrow == wide ? Value::duration(narrow) : fail(ErrorKind::overflow);
  }
  if (!b.is(Kind::duration)) return no_overload({a, b});
  const std::int64_t d = b.as_int();
  if (a.is(Kind::timestamp)) return shifted(a, -(d / kSecond), -(d % kSecond));
  if (!a.is(Kind::duration)) return no_overload({a, b});
  if (__builtin_sub_overflow(a.as_int(), d, &nanos)) return fail(ErrorKind::overflow);
  return Value::duration(nanos);
}

CivilTime civil_time(std::int64_t seconds_with_offset) {
  using std::chrono::sys_days;
  std::int64_t days = seconds_with_offset / kDay;
  std::int64_t rest = seconds_with_offset % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  const sys_days day{std::chrono::days(days)};
  const std::chrono::year_month_day date(day);
  const sys_days first(date.year() / std::chrono::January / 1);
  CivilTime t;
  t.year = static_cast<int>(date.year());
  t.month = static_cast<int>(static_cast<unsigned>(date.month()));
  t.day = static_cast<int>(static_cast<unsigned>(date.day()));
  t.weekday = static_cast<int>(std::chrono::weekday(day).c_encoding());
  t.yearday = static_cast<int>((day - first).count());
  t.hour = static_cast<int>(rest / 3600);
  t.minute = static_cast<int>(rest / 60 % 60);
  t.second = static_cast<int>(rest % 60);
  return t;
}

}  // namespace streamutils::expr
