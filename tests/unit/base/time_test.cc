// Arithmetic with points of time, their styles, and the text of times against Abseil.
// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <string>

namespace streamutils {
namespace {

using Kind = TimeStyle::Kind;

constexpr TimeStyle kText;
constexpr TimeStyle kSeconds{Kind::epoch, EpochUnit::seconds, false};
constexpr TimeStyle kMillis{Kind::epoch, EpochUnit::millis, false};
constexpr TimeStyle kMicros{Kind::epoch, EpochUnit::micros, false};
constexpr TimeStyle kNanos{Kind::epoch, EpochUnit::nanos, false};
constexpr TimeStyle kQuoted{Kind::epoch, EpochUnit::millis, true};

TEST_CASE("plus and minus stop at the ends") {
  const Duration one(1);
  CHECK(plus(from_nanos(5), one) == from_nanos(6));
  CHECK(minus(from_nanos(5), one) == from_nanos(4));
  CHECK(plus(kMaxTime, one) == kMaxTime);
  CHECK(minus(kMinTime, one) == kMinTime);
  CHECK(plus(kMinTime, -one) == kMinTime);
  CHECK(minus(kMaxTime, -one) == kMaxTime);
  CHECK(minus(from_nanos(0), Duration::min()) == kMaxTime);
  CHECK(minus(from_nanos(-1), Duration::min()) == kMaxTime);
  CHECK(plus(from_nanos(0), Duration::min()) == kMinTime);
}

TEST_CASE("floor_to rounds towards the past") {
  struct Row {
    std::int64_t t, size, offset, floor;
  };
  const Row row =
      GENERATE(Row{0, 10, 0, 0}, Row{9, 10, 0, 0}, Row{10, 10, 0, 10}, Row{-1, 10, 0, -10},
               Row{-10, 10, 0, -10}, Row{-11, 10, 0, -20}, Row{12, 10, 3, 3}, Row{13, 10, 3, 13},
               Row{2, 10, 3, -7}, Row{2, 10, 23, -7}, Row{2, 10, -7, -7}, Row{-8, 10, 3, -17},
               Row{INT64_MAX, INT64_MAX, 1, 1}, Row{INT64_MIN, 10, 0, INT64_MIN},
               Row{INT64_MAX, 10, INT64_MIN, INT64_MAX - 5}, Row{INT64_MIN, 10, 2, INT64_MIN});
  CAPTURE(row.t, row.size, row.offset);
  CHECK(to_nanos(floor_to(from_nanos(row.t), Duration(row.size), Duration(row.offset))) ==
        row.floor);
}

TEST_CASE("a style has a name and writes times its way") {
  constexpr std::int64_t kTime = 1'521'911'720'865'716'000;
  struct Row {
    TimeStyle style;
    std::string name;
    std::int64_t nanos;
    std::string json;
  };
  const Row row = GENERATE(
      Row{kText, "rfc3339", kTime, R"("2018-03-24T17:15:20.865716Z")"},
      Row{kText, "rfc3339", 0, R"("1970-01-01T00:00:00Z")"},
      Row{kText, "rfc3339", -1, R"("1969-12-31T23:59:59.999999999Z")"},
      Row{kText, "rfc3339", -86'400'000'000'000, R"("1969-12-31T00:00:00Z")"},
      Row{kText, "rfc3339", INT64_MIN, R"("1677-09-21T00:12:43.145224192Z")"},
      Row{kText, "rfc3339", INT64_MAX, R"("2262-04-11T23:47:16.854775807Z")"},
      Row{kSeconds, "s", kTime, "1521911720.865716"}, Row{kSeconds, "s", -1'500'000'000, "-1.5"},
      Row{kSeconds, "s", -1, "-0.000000001"}, Row{kSeconds, "s", 7'000'000'000, "7"},
      Row{kSeconds, "s", INT64_MIN, "-9223372036.854775808"},
      Row{kMillis, "ms", kTime, "1521911720865.716"}, Row{kMillis, "ms", 10'000'000, "10"},
      Row{kMicros, "us", kTime, "1521911720865716"}, Row{kMicros, "us", 1, "0.001"},
      Row{kNanos, "ns", kTime, "1521911720865716000"},
      Row{kNanos, "ns", INT64_MIN, "-9223372036854775808"},
      Row{kQuoted, "\"ms", kTime, "\"1521911720865.716\""});
  CAPTURE(row.name, row.nanos);
  std::string json;
  append_time(json, from_nanos(row.nanos), row.style);
  CHECK(json == row.json);
  CHECK(to_string(row.style) == row.name);
  const auto style = parse_time_style(row.name);
  REQUIRE(style);
  CHECK(*style == row.style);
}

TEST_CASE("what is no style or unit is refused") {
  const std::string name = GENERATE("", "\"", "min", "RFC3339", "ms ", "\"rfc3339");
  CAPTURE(name);
  CHECK(!parse_time_style(name));
  CHECK(!parse_epoch_unit(name));
}

TEST_CASE("a time is written as Abseil writes it, and reads back") {
  std::mt19937_64 random(2);
  TimeParser parser;
  TimeParser by_unit(TimeSyntax{EpochUnit::seconds, "", absl::UTCTimeZone()});
  for (int i = 0; i < 20000; ++i) {
    std::int64_t nanos = static_cast<std::int64_t>(random());
    constexpr std::int64_t kGrains[] = {1, 1'000, 1'000'000, 1'000'000'000, 86'400'000'000'000};
    nanos = nanos / kGrains[i % 5] * kGrains[i % 5];
    const std::string text = format_time(from_nanos(nanos));
    CAPTURE(nanos, text);
    REQUIRE(text == absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixNanos(nanos),
                                     absl::UTCTimeZone()));
    REQUIRE(parser.parse_string(text) == from_nanos(nanos));
    std::string epoch;
    append_time(epoch, from_nanos(nanos), kSeconds);
    REQUIRE(by_unit.parse_number(epoch) == from_nanos(nanos));
  }
}

TEST_CASE("zones have names and offsets") {
  struct Row {
    std::string name;
    int seconds;
  };
  const Row row = GENERATE(Row{"UTC", 0}, Row{"utc", 0}, Row{"Z", 0}, Row{"+02:00", 7200},
                           Row{"-0530", -19800}, Row{"+2", 7200}, Row{"+14", 50400});
  CAPTURE(row.name);
  const auto zone = parse_time_zone(row.name);
  REQUIRE(zone);
  CHECK(zone->At(absl::UnixEpoch()).offset == row.seconds);
}

TEST_CASE("what is no zone is refused") {
  const std::string name =
      GENERATE("", "Mars/Olympus", "+24:00", "+02:60", "+", "02:00", "+2:0", "+02:00:00", "++1");
  CAPTURE(name);
  CHECK(!parse_time_zone(name));
}

}  // namespace
}  // namespace streamutils
