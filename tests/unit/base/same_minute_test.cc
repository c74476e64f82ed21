// Times of the minute that is known are those that the parser reads, and no others are.
// SPDX-License-Identifier: Apache-2.0
#include "base/same_minute.h"

#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <string>

#include "base/time.h"

namespace streamutils {
namespace {

const std::string kText = "2026-11-22T10:00:08.177Z";

// What the minute says of the text, or nothing.
std::optional<Timestamp> read(const SameMinute& minute, const std::string& text) {
  Timestamp t;
  return minute.read(text, t) ? std::optional(t) : std::nullopt;
}

Timestamp parsed(const std::string& text) { return TimeParser().parse_string(text).value(); }

TEST_CASE("nothing is read before a minute is known, nor when it is forgotten") {
  SameMinute minute;
  CHECK_FALSE(read(minute, kText));
  CHECK_FALSE(read(minute, std::string(16, '\0') + ":08.177Z"));
  minute.note(kText, parsed(kText));
  CHECK(read(minute, kText) == parsed(kText));
  minute.forget();
  CHECK_FALSE(read(minute, kText));
}

TEST_CASE("a time of the same minute is what the parser says") {
  SameMinute minute;
  minute.note(kText, parsed(kText));
  for (const std::string tail : {"00.000Z", "59.999Z", "30.050Z", "07.001Z"}) {
    const std::string text = kText.substr(0, 17) + tail;
    CHECK(read(minute, text) == parsed(text));
  }
}

TEST_CASE("texts of other minutes, and of other kinds, are not read") {
  SameMinute minute;
  minute.note(kText, parsed(kText));
  for (const std::string text :
       {"2026-11-22T10:01:08.177Z", "2026-11-23T10:00:08.177Z", "2026-11-22T10:00:08.177z",
        "2026-11-22T10:00:60.177Z", "2026-11-22T10:00:08,177Z", "2026-11-22T10:00:8.1777Z",
        "2026-11-22T10:00:08.17Z", "2026-11-22T10:00:08.1777Z", "2026-11-22T10:00:08.17:Z",
        "2026-11-22T10:00:0/.177Z"}) {
    CAPTURE(text);
    CHECK_FALSE(read(minute, text));
  }
}

TEST_CASE("what is no such text makes the minute unknown") {
  for (const std::string text :
       {"2026-11-22T10:00:08Z", "2026-11-22T10:00:08+01:00", "1700000000"}) {
    SameMinute minute;
    minute.note(kText, parsed(kText));
    minute.note(text, parsed(text));
    CHECK_FALSE(read(minute, kText));
    CHECK_FALSE(read(minute, text));
  }
}

TEST_CASE("minutes that reach beyond all times are not known") {
  const std::string last = "2262-04-11T23:47:16.854Z";
  SameMinute minute;
  minute.note(last, parsed(last));
  CHECK_FALSE(read(minute, "2262-04-11T23:47:59.000Z"));
}

TEST_CASE("a changed byte is either told or read as the parser reads it") {
  std::mt19937 random(7);
  SameMinute minute;
  minute.note(kText, parsed(kText));
  for (int i = 0; i < 20'000; ++i) {
    std::string text = kText;
    text[random() % text.size()] = static_cast<char>(random() % 96 + 32);
    const auto said = read(minute, text);
    CAPTURE(text);
    if (said) REQUIRE(*said == parsed(text));
  }
}

}  // namespace
}  // namespace streamutils
