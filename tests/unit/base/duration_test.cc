// Lengths of time: spellings, refusals with their hints, and the way back.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <string>

#include "base/time.h"

namespace streamutils {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kDay = 24 * kHour;

TEST_CASE("a duration reads as nanoseconds and is written plainly") {
  struct Row {
    std::string text;
    std::int64_t nanos;
    std::string formatted;
  };
  const Row row =
      GENERATE(Row{"0", 0, "0s"}, Row{"-0", 0, "0s"}, Row{"0s", 0, "0s"}, Row{"1ns", 1, "1ns"},
               Row{"1us", 1000, "1us"}, Row{"1\u00B5s", 1000, "1us"}, Row{"1\u03BCs", 1000, "1us"},
               Row{"1500us", 1'500'000, "1.5ms"}, Row{"250ms", 250'000'000, "250ms"},
               Row{"10s", 10 * kSecond, "10s"}, Row{"1.5s", 1'500'000'000, "1.5s"},
               Row{".5s", 500'000'000, "500ms"}, Row{"90s", 90 * kSecond, "1m30s"},
               Row{"5m", 300 * kSecond, "5m"}, Row{"1h30m", 5400 * kSecond, "1h30m"},
               Row{"60.25s", 60'250'000'000, "1m250ms"}, Row{"0.1d", 8640 * kSecond, "2h24m"},
               Row{"1d", kDay, "1d"}, Row{"1w", 7 * kDay, "1w"}, Row{"2w", 14 * kDay, "2w"},
               Row{"1w3d", 10 * kDay, "10d"}, Row{"-5s", -5 * kSecond, "-5s"},
               Row{"0.1ns", 0, "0s"}, Row{"1.0000000019s", 1'000'000'001, "1.000000001s"},
               Row{"PT10S", 10 * kSecond, "10s"}, Row{"P1DT2H", 26 * kHour, "1d2h"},
               Row{"P1W", 7 * kDay, "1w"}, Row{"PT1.5S", 1'500'000'000, "1.5s"},
               Row{"PT5M", 300 * kSecond, "5m"}, Row{"-PT1H", -kHour, "-1h"},
               Row{"9223372036854775807ns", INT64_MAX, "106751d23h47m16.854775807s"},
               Row{"106751d23h47m16.854775807s", INT64_MAX, "106751d23h47m16.854775807s"},
               Row{"-106751d23h47m16.854775808s", INT64_MIN, "-106751d23h47m16.854775808s"});
  CAPTURE(row.text);
  const auto duration = parse_duration(row.text);
  REQUIRE(duration);
  CHECK(duration->count() == row.nanos);
  CHECK(format_duration(*duration) == row.formatted);
}

TEST_CASE("what is no duration is refused with a hint") {
  struct Row {
    std::string text;
    std::string message;
  };
  const Row row = GENERATE(
      Row{"10", "not a duration: \"10\" (a unit is missing, for example 10s)"},
      Row{"1h30", "not a duration: \"1h30\" (a unit is missing, for example 1h30s)"},
      Row{"1.s", "not a duration: \"1.s\" (a unit is missing)"},
      Row{"", "not a duration: \"\" (expected for example 10s or 1h30m)"},
      Row{"-", "not a duration: \"-\" (expected for example 10s or 1h30m)"},
      Row{"fast", "not a duration: \"fast\" (expected for example 10s or 1h30m)"},
      Row{"+5s", "not a duration: \"+5s\" (expected for example 10s or 1h30m)"},
      Row{"5min", "not a duration: \"5min\" (minutes are m)"},
      Row{"2days", "not a duration: \"2days\" (days are d)"},
      Row{"1mo", "not a duration: \"1mo\" (a month has no fixed length, use 30d)"},
      Row{"1y", "not a duration: \"1y\" (a year has no fixed length, use 365d)"},
      Row{"1M", "not a duration: \"1M\" (a month has no fixed length, use 30d; minutes are m)"},
      Row{"10 s", "not a duration: \"10 s\" (it is written without spaces)"},
      Row{"10q", "not a duration: \"10q\" (unknown unit \"q\"; units are ns us ms s m h d w)"},
      Row{"30m1h", "not a duration: \"30m1h\" (units go from long to short, each once)"},
      Row{"1h1h", "not a duration: \"1h1h\" (units go from long to short, each once)"},
      Row{"100000w", "not a duration: \"100000w\" (longer than 292 years)"},
      Row{"106751d23h47m16.854775808s",
          "not a duration: \"106751d23h47m16.854775808s\" (longer than 292 years)"},
      Row{"P", "not a duration: \"P\" (expected for example PT10S or P1DT2H)"},
      Row{"PT", "not a duration: \"PT\" (expected for example PT10S or P1DT2H)"},
      Row{"P1DT", "not a duration: \"P1DT\" (expected for example PT10S or P1DT2H)"},
      Row{"PT1D", "not a duration: \"PT1D\" (expected for example PT10S or P1DT2H)"},
      Row{"P1S", "not a duration: \"P1S\" (expected for example PT10S or P1DT2H)"},
      Row{"PT5M1H", "not a duration: \"PT5M1H\" (expected for example PT10S or P1DT2H)"},
      Row{"P1M", "not a duration: \"P1M\" (years and months have no fixed length, use days)"});
  CAPTURE(row.text);
  const auto duration = parse_duration(row.text);
  REQUIRE(!duration);
  CHECK(duration.error().message == row.message);
}

TEST_CASE("every duration reads back") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto nanos = static_cast<std::int64_t>(random()) >> (random() % 64);
    const std::string text = format_duration(Duration(nanos));
    CAPTURE(text, nanos);
    const auto duration = parse_duration(text);
    REQUIRE(duration);
    REQUIRE(duration->count() == nanos);
  }
}

}  // namespace
}  // namespace streamutils
