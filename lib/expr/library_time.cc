// Timestamps and durations: conversions and the parts of a calendar.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "expr/library.h"
#include "expr/time_value.h"

namespace streamutils::expr {
namespace {

// Of a number in an event that is not whole: logs have fractions of seconds.  They count to the
// microsecond, which is as far as a double tells them apart for centuries.
std::optional<Value> time_of_fraction(Value number, std::int64_t unit) {
  const double micros = std::round(number.as_real() * (static_cast<double>(unit) / 1'000));
  if (!(std::abs(micros) < 1e18)) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(micros);
  return timestamp_of(whole / 1'000'000, whole % 1'000'000 * 1'000);
}

bool is_fraction(Value v) { return v.is(Kind::number) && v.form() == Value::Form::plain; }

// A number beyond the years that a timestamp has is mostly one of milliseconds.
Value from_seconds(Context& c, Value v, std::optional<Value> t) {
  return t ? *t
           : fail(c.arena(), ErrorKind::overflow,
                  "not seconds of a year up to 9999 (milliseconds are timestamp(x, 'ms'))", v);
}

Value to_timestamp(Context& c, Arguments args) {
  const Value v = args[0];
  if (v.is(Kind::timestamp)) return v;
  if (is_fraction(v)) return from_seconds(c, v, time_of_fraction(v, kSecond));
  if (const auto seconds = whole_number(v)) return from_seconds(c, v, timestamp_of(*seconds, 0));
  if (!v.is(Kind::string)) return mismatch(args);
  const auto t = parse_timestamp(v.text());
  return t ? *t : fail(c.arena(), ErrorKind::bad_value, "not a time in RFC 3339", v);
}

Value to_duration(Context& c, Arguments args) {
  if (args[0].is(Kind::duration)) return args[0];
  if (!args[0].is(Kind::string)) return mismatch(args);
  const auto nanos = parse_span(args[0].text());
  return nanos ? Value::duration(*nanos)
               : fail(c.arena(), ErrorKind::bad_value, "not a duration like 1h30m", args[0]);
}

// --- Getters -------------------------------------------------------------------------------------

// The calendar of args[0] in the zone that args[1] names (UTC without it); or the error.
struct Calendar {
  CivilTime time;
  std::optional<Value> error;
};

Calendar calendar(Context& c, Arguments args) {
  if (!args[0].is(Kind::timestamp)) return {{}, mismatch(args)};
  std::int64_t offset = 0;
  if (args.size() == 2) {
    if (!args[1].is(Kind::string)) return {{}, mismatch(args)};
    const auto zone = c.zone(args[1].text());
    if (!zone) return {{}, fail(c.arena(), ErrorKind::bad_value, "no time zone", args[1])};
    offset = zone->At(absl::FromUnixSeconds(args[0].seconds())).offset;
  }
  return {civil_time(args[0].seconds() + offset), std::nullopt};
}

// A function that shows one part of the calendar.
template <int (*part)(const CivilTime&)>
Value getter(Context& c, Arguments args) {
  const Calendar found = calendar(c, args);
  return found.error ? *found.error : Value::integer(part(found.time));
}

int year(const CivilTime& t) { return t.year; }
int month(const CivilTime& t) { return t.month - 1; }
int date(const CivilTime& t) { return t.day; }
int day_of_month(const CivilTime& t) { return t.day - 1; }
int day_of_week(const CivilTime& t) { return t.weekday; }
int day_of_year(const CivilTime& t) { return t.yearday; }
int hours(const CivilTime& t) { return t.hour; }
int minutes(const CivilTime& t) { return t.minute; }
int seconds(const CivilTime& t) { return t.second; }

// Of a duration, the whole of it in that unit.
template <int (*part)(const CivilTime&), std::int64_t unit>
Value clock_getter(Context& c, Arguments args) {
  if (args[0].is(Kind::duration) && args.size() == 1)
    return Value::integer(args[0].as_int() / unit);
  return getter<part>(c, args);
}

// Of both, only what is below a second.
Value milliseconds(Context& c, Arguments args) {
  if (args[0].is(Kind::duration) && args.size() == 1) {
    return Value::integer(args[0].as_int() % kSecond / 1'000'000);
  }
  const Calendar found = calendar(c, args);
  return found.error ? *found.error : Value::integer(args[0].nanos() / 1'000'000);
}

// --- Epochs: an extension ------------------------------------------------------------------------

// Nanoseconds of a unit by its name, 0 if there is none.
std::int64_t epoch_unit(std::string_view name) {
  if (name == "s") return kSecond;
  if (name == "ms") return 1'000'000;
  if (name == "us") return 1'000;
  return name == "ns" ? 1 : 0;
}

Value from_epoch(Context& c, Arguments args) {
  if (args.size() == 1) return to_timestamp(c, args);
  const auto n = whole_number(args[0]);
  if ((!n && !is_fraction(args[0])) || !args[1].is(Kind::string)) return mismatch(args);
  const std::int64_t unit = epoch_unit(args[1].text());
  if (unit == 0) return fail(c.arena(), ErrorKind::bad_value, "no unit (s, ms, us, ns)", args[1]);
  const std::int64_t per_second = kSecond / unit;
  const auto t =
      n ? timestamp_of(*n / per_second, *n % per_second * unit) : time_of_fraction(args[0], unit);
  return t ? *t : fail(ErrorKind::overflow);
}

Value to_epoch(Context& c, Arguments args) {
  if (!args[0].is(Kind::timestamp) || !args[1].is(Kind::string)) return mismatch(args);
  const std::int64_t unit = epoch_unit(args[1].text());
  if (unit == 0) return fail(c.arena(), ErrorKind::bad_value, "no unit (s, ms, us, ns)", args[1]);
  std::int64_t n = 0;
  if (__builtin_mul_overflow(args[0].seconds(), kSecond / unit, &n) ||
      __builtin_add_overflow(n, args[0].nanos() / unit, &n)) {
    return fail(ErrorKind::overflow);
  }
  return Value::integer(n);
}

// strftime on a calendar that reaches from year 1 to 9999.
Value format_time(Context& c, Arguments args) {
  if (!args[0].is(Kind::timestamp)) return mismatch(args);
  if (!all_are(args.subspan(1), Kind::string)) return mismatch(args);
  const auto zone = c.zone(args.size() == 3 ? args[2].text() : std::string_view());
  if (!zone) return fail(c.arena(), ErrorKind::bad_value, "no time zone", args[2]);
  const absl::Time t =
      absl::FromUnixSeconds(args[0].seconds()) + absl::Nanoseconds(args[0].nanos());
  return make_string(c, absl::FormatTime(std::string(args[1].text()), t, *zone));
}

constexpr std::string_view kZone = "t may be followed by a zone: 'Europe/Paris', '+02:00'.";

constexpr Function kFunctions[] = {
    {"timestamp", CallStyle::global, 1, 2, from_epoch, "timestamp(x[, unit])",
     "From an RFC 3339 string, or from seconds since 1970. Extensions: a unit ('s' 'ms' 'us' "
     "'ns'), "
     "and fractions in an event's number, to the microsecond.",
     "timestamp(1700000000123, 'ms')", "timestamp('2023-11-14T22:13:20.123Z')"},
    {"duration", CallStyle::global, 1, 1, to_duration, "duration(s)",
     "From a string; units h m s ms us ns.", "duration('1h30m')", "duration('5400s')"},
    {"epoch", CallStyle::method, 2, 2, to_epoch, "t.epoch(unit)",
     "Whole units ('s' 'ms' 'us' 'ns') since 1970, towards the past (an extension).",
     "timestamp('1970-01-01T00:00:01.5Z').epoch('ms')", "1500"},
    {"strftime", CallStyle::method, 2, 3, format_time, "t.strftime(format[, zone])",
     "The time by the letters of strftime(3) (an extension).",
     "timestamp('2015-07-15T00:05:00Z').strftime('%Y-%m-%d %H:%M')", "'2015-07-15 00:05'"},
    {"getFullYear", CallStyle::method, 1, 2, getter<year>, "t.getFullYear([zone])", kZone,
     "timestamp('2026-11-22T10:00:05Z').getFullYear()", "2026"},
    {"getMonth", CallStyle::method, 1, 2, getter<month>, "t.getMonth([zone])", "From 0.",
     "timestamp('2026-11-22T10:00:05Z').getMonth()", "10"},
    {"getDate", CallStyle::method, 1, 2, getter<date>, "t.getDate([zone])",
     "Day of the month, from 1.", "timestamp('2026-11-22T10:00:05Z').getDate()", "22"},
    {"getDayOfMonth", CallStyle::method, 1, 2, getter<day_of_month>, "t.getDayOfMonth([zone])",
     "Day of the month, from 0.", "timestamp('2026-11-22T10:00:05Z').getDayOfMonth()", "21"},
    {"getDayOfWeek", CallStyle::method, 1, 2, getter<day_of_week>, "t.getDayOfWeek([zone])",
     "0 is Sunday.", "timestamp('2026-11-22T10:00:05Z').getDayOfWeek()", "0"},
    {"getDayOfYear", CallStyle::method, 1, 2, getter<day_of_year>, "t.getDayOfYear([zone])",
     "From 0.", "timestamp('2026-02-01T00:00:00Z').getDayOfYear()", "31"},
    {"getHours", CallStyle::method, 1, 2, clock_getter<hours, 3600 * kSecond>, "t.getHours([zone])",
     "Of a duration, the whole of it in hours.",
     "timestamp('2026-11-22T10:00:05Z').getHours('Asia/Tokyo')", "19"},
    {"getMinutes", CallStyle::method, 1, 2, clock_getter<minutes, 60 * kSecond>,
     "t.getMinutes([zone])", "Of a duration, the whole of it in minutes.",
     "duration('1h30m').getMinutes()", "90"},
    {"getSeconds", CallStyle::method, 1, 2, clock_getter<seconds, kSecond>, "t.getSeconds([zone])",
     "Of a duration, the whole of it in seconds.", "duration('1m1.5s').getSeconds()", "61"},
    {"getMilliseconds", CallStyle::method, 1, 2, milliseconds, "t.getMilliseconds([zone])",
     "The part below a second, also of a duration.", "duration('1.5s').getMilliseconds()", "500"},
};

}  // namespace

Library time_library() { return {"Times and durations", kFunctions}; }

}  // namespace streamutils::expr
