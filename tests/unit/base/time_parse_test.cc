// Every spelling of a time, what is none, and that the quick reader agrees with the thorough one.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string>

#include "base/time.h"

namespace streamutils {
namespace {

std::string read(TimeParser& parser, std::string_view text) {
  const auto time = parser.parse_string(text);
  return time ? format_time(*time) : "none";
}

TEST_CASE("a string is a time") {
  struct Row {
    std::string text;
    std::string time;
  };
  const Row row = GENERATE(Row{"2018-03-24T17:15:20.865716Z", "2018-03-24T17:15:20.865716Z"},
                           Row{"2026-11-22T10:00:05.123Z", "2026-11-22T10:00:05.123Z"},
                           Row{"2026-11-22T10:00:05Z", "2026-11-22T10:00:05Z"},
                           Row{"2026-11-22T10:00:05.1Z", "2026-11-22T10:00:05.1Z"},
                           Row{"2026-11-22T10:00:05.12345678Z", "2026-11-22T10:00:05.12345678Z"},
                           Row{"2026-11-22T10:00:05.123456789Z", "2026-11-22T10:00:05.123456789Z"},
                           Row{"2026-11-22T10:00:05.1234567899Z", "2026-11-22T10:00:05.123456789Z"},
                           Row{"2026-11-22t10:00:05z", "2026-11-22T10:00:05Z"},
                           Row{"2026-11-22 10:00:05", "2026-11-22T10:00:05Z"},
                           Row{"2026-11-22 10:00:05,25", "2026-11-22T10:00:05.25Z"},
                           Row{"2026-11-22 10:00:05 UTC", "2026-11-22T10:00:05Z"},
                           Row{"2026-11-22 10:00:05 +0100", "2026-11-22T09:00:05Z"},
                           Row{"2026-11-22T10:00", "2026-11-22T10:00:00Z"},
                           Row{"2026-11-22", "2026-11-22T00:00:00Z"},
                           Row{"2026-11-22T10:00:05+01:00", "2026-11-22T09:00:05Z"},
                           Row{"2026-11-22T10:00:05.5-0530", "2026-11-22T15:30:05.5Z"},
                           Row{"2026-11-22T00:30:00+01", "2026-11-21T23:30:00Z"},
                           Row{"2026-11-22T10:00:05-00:00", "2026-11-22T10:00:05Z"},
                           Row{"2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999999Z"},
                           Row{"2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999999999Z"},
                           Row{"2016-02-29T00:00:00Z", "2016-02-29T00:00:00Z"},
                           Row{"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
                           Row{"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"},
                           Row{"1677-09-21T00:12:43.145224192Z", "1677-09-21T00:12:43.145224192Z"},
                           Row{"2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775807Z"},
                           Row{"1521911720.865716", "2018-03-24T17:15:20.865716Z"},
                           Row{"1521911720865", "2018-03-24T17:15:20.865Z"},
                           Row{"17/May/2015:10:05:03 +0000", "2015-05-17T10:05:03Z"},
                           Row{"17/may/2015:10:05:03 -0500", "2015-05-17T15:05:03Z"},
                           Row{"17/May/2015:10:05:03.25", "2015-05-17T10:05:03.25Z"},
                           Row{"Sun, 22 Nov 2026 10:00:00 +0000", "2026-11-22T10:00:00Z"},
                           Row{"Sun, 22 Nov 2026 10:00:00 +0100 (CET)", "2026-11-22T09:00:00Z"},
                           Row{"Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"},
                           Row{"6 Nov 94 08:49 EST", "1994-11-06T13:49:00Z"},
                           Row{"6 Nov 2049 08:49:00 PDT", "2049-11-06T15:49:00Z"},
                           Row{"Sun,  6 Nov 1994 08:49:37", "1994-11-06T08:49:37Z"});
  CAPTURE(row.text);
  TimeParser parser;
  CHECK(read(parser, row.text) == row.time);
  CHECK(read(parser, row.text) == row.time);  // and once more with the day remembered
}

TEST_CASE("what is no time is refused") {
  const std::string text = GENERATE(
      "", " ", "yesterday", "20180324T171520Z", "2018-3-24", "2018-03-24T", "2018-02-30",
      "2018-13-01", "2018-00-01", "2018-01-00", "1900-02-29", "2018-04-31", "2018-03-24T25:00:00Z",
      "2018-03-24T24:00:00Z", "2018-03-24T23:60:00Z", "2018-03-24T23:59:61Z", "2018-03-24T23Z",
      "2018-03-24T1:00:00Z", "2018-03-24T10:00:00.Z", "2018-03-24T10:00:00.",
      "2018-03-24T10:00:00Zx", "2018-03-24T10:00:00Z ", " 2018-03-24T10:00:00Z",
      "2018-03-24T10:00:00+1:00", "2018-03-24T10:00:00+24:00", "2018-03-24T10:00:00+01:60",
      "2018-03-24T10:00:00+01:", "2018-03-24T10:00:00+010", "2018-03-24T10-00:00Z",
      "2018-03-24X10:00:00Z", "2018/03/24 10:00:00", "1677-09-21T00:12:43.145224191Z",
      "2262-04-11T23:47:16.854775808Z", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
      "17/Foo/2015:10:05:03 +0000", "31/Apr/2015:10:05:03 +0000", "17/May/2015 10:05:03 +0000",
      "17/May/2015:10:05:03 CET", "Sun 06 Nov 1994 08:49:37 GMT", "Foo, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 XYZ", "Sun, 06 Nov 1994 08:49:37 GMT (", "1e", "0x10", "NaN",
      "infinite-future", "9223372036854775808");
  CAPTURE(text);
  TimeParser parser;
  CHECK(read(parser, text) == "none");
}

TEST_CASE("a day of zero bytes is not the epoch") {
  TimeParser parser;
  CHECK(!parser.parse_string(std::string(10, '\0') + "T10:00:00Z"));
}

TEST_CASE("a number is an epoch whose size tells its unit") {
  struct Row {
    std::string text;
    std::optional<std::int64_t> nanos;
    std::string style;
  };
  const Row row = GENERATE(
      Row{"0", 0, "s"}, Row{"-0", 0, "s"}, Row{"1521911720", 1521911720000000000, "s"},
      Row{"-1", -1000000000, "s"}, Row{"9223372036", 9223372036000000000, "s"},
      Row{"99999999999", {}, "s"}, Row{"99999999999.5", {}, "s"},
      Row{"100000000000", 100000000000000000, "ms"},
      Row{"-100000000000", -100000000000000000, "ms"},
      Row{"1521911720865", 1521911720865000000, "ms"}, Row{"99999999999999", {}, "ms"},
      Row{"100000000000000", 100000000000000000, "us"},
      Row{"1521911720865716", 1521911720865716000, "us"}, Row{"99999999999999999", {}, "us"},
      Row{"100000000000000000", 100000000000000000, "ns"},
      Row{"9223372036854775807", INT64_MAX, "ns"}, Row{"-9223372036854775808", INT64_MIN, "ns"},
      Row{"9223372036854775808", {}, ""}, Row{"-9223372036854775809", {}, ""},
      Row{"1521911720.865716", 1521911720865716000, "s"},
      Row{"1521911720.8657161234", 1521911720865716123, "s"},
      Row{"1521911720.86571612345678901234567890", 1521911720865716123, "s"},
      Row{"-1.0000000001", -1000000001, "s"},
      Row{"-1.00000000010000000000000000", -1000000001, "s"},
      Row{"-1.0000000000", -1000000000, "s"}, Row{"-0.0000000001", -1, "s"},
      Row{"1.5e9", 1500000000000000000, "s"}, Row{"1.521911720865e12", 1521911720865000000, "ms"},
      Row{"15219117208650e-1", 1521911720865000000, "ms"}, Row{"1e11", 100000000000000000, "ms"},
      Row{"0.1e12", 100000000000000000, "ms"}, Row{"1e-99999999999999999999", 0, "s"},
      Row{"-1e-99999999999999999999", -1, "s"}, Row{"0e99999999999999999999", 0, "s"},
      Row{"1e99999999999999999999", {}, ""}, Row{"012", {}, ""}, Row{"0000000001234", {}, ""},
      Row{"1521911720.", {}, ""}, Row{".5", {}, ""}, Row{"+5", {}, ""}, Row{"-", {}, ""},
      Row{"", {}, ""}, Row{"15219117x0865", {}, ""}, Row{"1521911720865 ", {}, ""});
  CAPTURE(row.text);
  TimeParser parser;
  const auto time = parser.parse_number(row.text);
  REQUIRE(time.has_value() == row.nanos.has_value());
  if (!time) return;
  CHECK(to_nanos(*time) == *row.nanos);
  CHECK(to_string(parser.style()) == row.style);
  REQUIRE(parser.parse_string(row.text) == time);
  CHECK(to_string(parser.style()) == std::string("\"").append(row.style));
}

TEST_CASE("a given unit is obeyed") {
  struct Row {
    EpochUnit unit;
    std::string text;
    std::string time;
  };
  const Row row = GENERATE(Row{EpochUnit::millis, "5", "1970-01-01T00:00:00.005Z"},
                           Row{EpochUnit::seconds, "1e9", "2001-09-09T01:46:40Z"},
                           Row{EpochUnit::nanos, "1.9", "1970-01-01T00:00:00.000000001Z"},
                           Row{EpochUnit::nanos, "-0.5", "1969-12-31T23:59:59.999999999Z"},
                           Row{EpochUnit::micros, "1521911720", "1970-01-01T00:25:21.91172Z"});
  CAPTURE(row.text);
  TimeParser parser(TimeSyntax{row.unit, "", absl::UTCTimeZone()});
  CHECK(read(parser, row.text) == row.time);
}

TEST_CASE("a format is the only spelling") {
  struct Row {
    std::string format;
    std::string text;
    std::string time;
  };
  const Row row =
      GENERATE(Row{"%d.%m.%Y %H:%M:%S", "22.11.2026 10:00:05", "2026-11-22T10:00:05Z"},
               Row{"%d.%m.%Y %H:%M:%S", "2026-11-22T10:00:05Z", "none"},
               Row{"%d.%m.%Y", "22.11.2026x", "none"}, Row{"%d.%m.%Y", "31.02.2026", "none"},
               Row{"%d.%m.%Y", "infinite-future", "none"}, Row{"%Y", "9999", "none"},
               Row{"%Y%m%dT%H%M%S%Ez", "20261122T100005+01:00", "2026-11-22T09:00:05Z"},
               Row{"%H:%M:%E*S %d.%m.%Y", "10:00:05.25 22.11.2026", "2026-11-22T10:00:05.25Z"},
               Row{"%d.%m.%Y %H:%M:%S.%f", "22.11.2026 10:00:05.250", "2026-11-22T10:00:05.25Z"},
               Row{"100%% %Y%m%d", "100% 20261122", "2026-11-22T00:00:00Z"},
               Row{"%s", "1521911720", "2018-03-24T17:15:20Z"});
  CAPTURE(row.format, row.text);
  TimeParser parser(TimeSyntax{{}, row.format, absl::UTCTimeZone()});
  CHECK(read(parser, row.text) == row.time);
}

TEST_CASE("times without a zone are of the zone that was given") {
  const auto paris = parse_time_zone("Europe/Paris");
  if (!paris) {
    std::puts("skipped: no time zone data on this machine");
    return;
  }
  struct Row {
    std::string text;
    std::string time;
  };
  const Row row =
      GENERATE(Row{"2026-11-22 10:00:05", "2026-11-22T09:00:05Z"},
               Row{"2026-07-22 10:00:05.5", "2026-07-22T08:00:05.5Z"},
               Row{"2026-11-22T10:00:05Z", "2026-11-22T10:00:05Z"},
               Row{"2026-11-22", "2026-11-21T23:00:00Z"},
               Row{"22 Nov 2026 10:00:05", "2026-11-22T09:00:05Z"},
               Row{"17/May/2015:10:05:03", "2015-05-17T08:05:03Z"},
               Row{"2026-03-29 02:30:00", "2026-03-29T01:30:00Z"},  // skipped: 03:30 of summer time
               Row{"2026-10-25 02:30:00", "2026-10-25T00:30:00Z"});  // comes twice: the first
  CAPTURE(row.text);
  TimeParser parser(TimeSyntax{{}, "", *paris});
  CHECK(read(parser, row.text) == row.time);
}

TEST_CASE("the reader that remembers the day agrees with the one that does not") {
  const std::string good =
      GENERATE("2018-03-24T17:15:20.865716Z", "2018-03-24T17:15:20Z", "2018-03-24T23:59:59.123Z",
               "2018-03-24T00:00:00.123456789Z", "2018-03-24T17:15:20.5+01:00");
  constexpr std::string_view kBytes = "0123456789:.-+TZz ,\x7f\xff";
  std::mt19937_64 random(3);
  TimeParser knows;
  for (int i = 0; i < 4000; ++i) {
    std::string text = good;
    for (std::uint64_t n = random() % 3; n > 0; --n) {
      text[random() % text.size()] = kBytes[random() % kBytes.size()];
    }
    if (random() % 8 == 0) text.erase(random() % text.size(), 1);
    knows.parse_string("2018-03-24T00:00:00Z");
    TimeParser fresh;
    CAPTURE(text);
    REQUIRE(knows.parse_string(text) == fresh.parse_string(text));
  }
}

}  // namespace
}  // namespace streamutils
