// Which windows of fixed length hold a time.
// SPDX-License-Identifier: Apache-2.0
#include "ops/windower.h"

#include <catch2/catch.hpp>
#include <limits>
#include <random>

namespace streamutils {
namespace {

FixedWindows windows(std::int64_t size, std::int64_t slide, std::int64_t origin = 0) {
  using Unit = WindowLength::Unit;
  return FixedWindows({Unit::nanos, size}, {Unit::nanos, slide}, Duration(origin));
}

// From first(t) to last(t), by the starts: "-5 0".
std::string starts(const FixedWindows& w, std::int64_t t) {
  std::string text;
  for (std::int64_t k = w.first(from_nanos(t)); k <= w.last(from_nanos(t)); ++k) {
    if (!text.empty()) text += ' ';
    text += std::to_string(to_nanos(w.start(k)));
  }
  return text;
}

TEST_CASE("a time is in the windows that start at or before it and end after it") {
  struct Row {
    std::int64_t size, slide, origin, t;
    std::string starts;
  };
  //           -10       0        10        20
  // 10/10      |---------|---------|---------|
  // 10/5       |---------|---------|            and, between them, |---------|
  // 4/10                 |---|     |---|        gaps
  const Row rows[] = {
      {10, 10, 0, 0, "0"},    {10, 10, 0, 9, "0"},      {10, 10, 0, 10, "10"},
      {10, 10, 0, -1, "-10"}, {10, 10, 0, -10, "-10"},  {10, 10, 0, -11, "-20"},
      {10, 10, 3, 0, "-7"},   {10, 10, 3, 3, "3"},      {10, 10, -7, 3, "3"},
      {10, 10, 103, 3, "3"},  {10, 5, 0, 0, "-5 0"},    {10, 5, 0, 4, "-5 0"},
      {10, 5, 0, 5, "0 5"},   {10, 5, 0, -1, "-10 -5"}, {10, 4, 0, 9, "0 4 8"},
      {10, 4, 0, 10, "4 8"},  {4, 10, 0, 3, "0"},       {4, 10, 0, 4, ""},
      {4, 10, 0, 9, ""},      {4, 10, 0, -7, "-10"},    {4, 10, 0, -6, ""},
      {1, 1, 0, 7, "7"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.size, row.slide, row.origin, row.t);
    CHECK(starts(windows(row.size, row.slide, row.origin), row.t) == row.starts);
  }
}

TEST_CASE("slices are cut at every start and every end, and nowhere else") {
  struct Row {
    std::int64_t size, slide, t, start, end;
  };
  const Row rows[] = {
      {10, 5, 0, 0, 5}, {10, 5, 4, 0, 5}, {10, 5, 5, 5, 10}, {10, 5, -1, -5, 0}, {10, 4, 0, 0, 2},
      {10, 4, 1, 0, 2}, {10, 4, 2, 2, 4}, {10, 4, 3, 2, 4},  {10, 4, 4, 4, 6},   {10, 4, -1, -2, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.size, row.slide, row.t);
    const auto slice = windows(row.size, row.slide).slice(from_nanos(row.t));
    CHECK(to_nanos(slice.start) == row.start);
    CHECK(to_nanos(slice.end) == row.end);
  }
}

TEST_CASE("every time of a slice is in the same windows") {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    const std::int64_t slide = 1 + random() % 20;
    const std::int64_t size = slide + 1 + random() % 60;
    const FixedWindows w = windows(size, slide, random() % 50);
    const std::int64_t t = static_cast<std::int64_t>(random() % 400) - 200;
    const auto slice = w.slice(from_nanos(t));
    CAPTURE(size, slide, t);
    CHECK(slice.start <= from_nanos(t));
    CHECK(from_nanos(t) < slice.end);
    CHECK(w.first(slice.start) == w.first(from_nanos(t)));
    CHECK(w.last(slice.start) == w.last(from_nanos(t)));
    CHECK(w.first(slice.end - Duration(1)) == w.first(from_nanos(t)));
    CHECK(w.last(slice.end - Duration(1)) == w.last(from_nanos(t)));
  }
}

TEST_CASE("the ends of time do not overflow") {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t size : {std::int64_t{1}, std::int64_t{3'600'000'000'000}, kHuge}) {
    for (const Timestamp t : {kMinTime, kMinTime + Duration(1), kMaxTime - Duration(1), kMaxTime}) {
      const FixedWindows w = windows(size, size, size / 3);
      CAPTURE(size, to_nanos(t));
      REQUIRE(w.first(t) == w.last(t));
      CHECK(w.start(w.last(t)) <= t);
      CHECK(w.end(w.last(t)) >= t);
    }
  }
  const FixedWindows w = windows(kHuge, 1);
  CHECK(w.last(kMaxTime) == kHuge);
  CHECK(w.slice(kMinTime).start == kMinTime);
}

}  // namespace
}  // namespace streamutils
