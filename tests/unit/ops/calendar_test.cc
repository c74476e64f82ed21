// Days and months of a zone: leap years, clocks that go forward and back, days that do not exist.
// SPDX-License-Identifier: Apache-2.0
#include "ops/calendar.h"

#include <catch2/catch.hpp>
#include <random>

#include "ops/windower.h"

namespace streamutils {
namespace {

using Unit = Calendar::Unit;

absl::TimeZone zone(const char* name) { return parse_time_zone(name).value(); }

Timestamp at(std::string_view text) {
  TimeParser parser;
  return parser.parse_string(text).value();
}

TEST_CASE("a unit lasts from midnight to midnight by the clocks of its zone") {
  //   Europe/Paris    |---24h---|--23h--|---24h---|   2026-03-29: 02:00 is 03:00
  //                   |---24h---|---25h---|---24h---| 2026-10-25: 03:00 is 02:00
  struct Row {
    const char* zone;
    Unit unit;
    Duration offset;
    const char* t;
    const char* begin;
    const char* end;
  };
  using namespace std::chrono_literals;
  const Row rows[] = {
      {"UTC", Unit::day, 0s, "2026-03-29T12:00:00Z", "2026-03-29T00:00:00Z",
       "2026-03-30T00:00:00Z"},
      {"Europe/Paris", Unit::day, 0s, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z",
       "2026-03-29T22:00:00Z"},
      {"Europe/Paris", Unit::day, 0s, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z",
       "2026-10-25T23:00:00Z"},
      {"Europe/Paris", Unit::day, 6h, "2026-03-29T03:59:59Z", "2026-03-28T05:00:00Z",
       "2026-03-29T04:00:00Z"},
      // A day that would begin at 02:30 begins at 03:30 where the clocks skip it, and at the first
      // of two 02:30 where they come to it twice.
      {"Europe/Paris", Unit::day, 2h + 30min, "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z",
       "2026-03-30T00:30:00Z"},
      {"Europe/Paris", Unit::day, 2h + 30min, "2026-10-25T01:10:00Z", "2026-10-25T00:30:00Z",
       "2026-10-26T01:30:00Z"},
      {"Asia/Kolkata", Unit::day, 0s, "2026-01-01T00:00:00Z", "2025-12-31T18:30:00Z",
       "2026-01-01T18:30:00Z"},
      {"Australia/Lord_Howe", Unit::day, 0s, "2026-04-05T00:00:00Z", "2026-04-04T13:00:00Z",
       "2026-04-05T13:30:00Z"},  // half an hour longer
      {"America/Sao_Paulo", Unit::day, 0s, "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z",
       "2018-11-05T02:00:00Z"},  // 00:00 was 01:00
      {"Pacific/Apia", Unit::day, 0s, "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z",
       "2011-12-30T10:00:00Z"},
      {"Pacific/Apia", Unit::day, 0s, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z",
       "2011-12-31T10:00:00Z"},  // there was no 30th
      {"UTC", Unit::month, 0s, "2024-02-29T23:59:59.999999999Z", "2024-02-01T00:00:00Z",
       "2024-03-01T00:00:00Z"},
      {"UTC", Unit::month, 0s, "2100-02-28T23:00:00Z", "2100-02-01T00:00:00Z",
       "2100-03-01T00:00:00Z"},
      {"Europe/Paris", Unit::month, 0s, "2026-03-31T21:59:59Z", "2026-02-28T23:00:00Z",
       "2026-03-31T22:00:00Z"},
      {"UTC", Unit::month, 24h * 14, "2026-03-14T23:00:00Z", "2026-02-15T00:00:00Z",
       "2026-03-15T00:00:00Z"},
      {"UTC", Unit::day, 1500ms, "2026-03-14T00:00:01.499Z", "2026-03-13T00:00:01.5Z",
       "2026-03-14T00:00:01.5Z"},
      {"UTC", Unit::day, -1h, "1969-12-31T23:00:00Z", "1969-12-31T23:00:00Z",
       "1970-01-01T23:00:00Z"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.zone, row.t);
    const Calendar calendar(row.unit, zone(row.zone), row.offset);
    const std::int64_t unit = calendar.unit_of(at(row.t));
    CHECK(format_time(calendar.begin(unit)) == format_time(at(row.begin)));
    CHECK(format_time(calendar.begin(unit + 1)) == format_time(at(row.end)));
  }
}

TEST_CASE("every time lies in one unit, in every zone, up to both ends of time") {
  std::mt19937_64 random(1);
  const char* zones[] = {"UTC",          "Europe/Paris",     "America/New_York",
                         "Asia/Kolkata", "Pacific/Apia",     "Australia/Lord_Howe",
                         "Asia/Tehran",  "America/St_Johns", "Antarctica/Troll"};
  for (const char* name : zones) {
    for (const Unit unit : {Unit::day, Unit::month}) {
      const Calendar calendar(unit, zone(name), std::chrono::minutes(random() % 1440));
      for (int i = 0; i < 2000; ++i) {
        Timestamp t = from_nanos(static_cast<std::int64_t>(random()));
        if (i % 2 == 0) t = from_nanos(to_nanos(t) / 4);  // mostly where zones have rules
        if (i == 0) t = kMinTime;
        if (i == 1) t = kMaxTime;
        CAPTURE(name, format_time(t));
        const std::int64_t n = calendar.unit_of(t);
        REQUIRE(calendar.begin(n) <= t);
        REQUIRE((t < calendar.begin(n + 1) || calendar.begin(n + 1) == kMaxTime));
        const Timestamp begin = calendar.begin(n);
        if (begin > kMinTime) REQUIRE(calendar.unit_of(begin) == n);
        if (begin > kMinTime) REQUIRE(calendar.unit_of(begin - Duration(1)) < n);
      }
    }
  }
}

TEST_CASE("weeks begin on Monday, longer lengths count from 1970") {
  struct Row {
    WindowLength size;
    const char* t;
    const char* start;
  };
  using LengthUnit = WindowLength::Unit;
  const Row rows[] = {
      {{LengthUnit::days, 7, true}, "2026-11-22T23:00:00Z", "2026-11-16T00:00:00Z"},
      {{LengthUnit::days, 14, true}, "1970-01-04T23:00:00Z", "1969-12-22T00:00:00Z"},
      {{LengthUnit::days, 14, true}, "1970-01-05T00:00:00Z", "1970-01-05T00:00:00Z"},
      {{LengthUnit::days, 7, false}, "1970-01-08T00:00:00Z", "1970-01-08T00:00:00Z"},
      {{LengthUnit::months, 2, false}, "1970-02-08T00:00:00Z", "1970-01-01T00:00:00Z"},
      {{LengthUnit::months, 12, false}, "2024-12-31T00:00:00Z", "2024-01-01T00:00:00Z"},
      {{LengthUnit::months, 36, false}, "2024-12-31T00:00:00Z", "2024-01-01T00:00:00Z"},
  };
  for (const Row& row : rows) {
    for (const char* name : {"UTC", "Etc/UTC"}) {  // with and without a calendar
      CAPTURE(row.t, name);
      const FixedWindows windows(row.size, row.size, {}, zone(name));
      CHECK(format_time(windows.start(windows.last(at(row.t)))) == format_time(at(row.start)));
    }
  }
}

}  // namespace
}  // namespace streamutils
