// Covers: intervals that merge, forget and answer, against the points that made them.
// SPDX-License-Identifier: Apache-2.0
#include "ops/cover.h"

#include <catch2/catch.hpp>
#include <random>
#include <utility>
#include <vector>

namespace streamutils {
namespace {

using Pairs = std::vector<std::pair<int, int>>;

Pairs pairs_of(const Cover& cover) {
  Pairs pairs;
  for (const Cover::Interval& i : cover.intervals()) {
    pairs.emplace_back(to_nanos(i.first), to_nanos(i.last));
  }
  return pairs;
}

TEST_CASE("intervals that touch or overlap become one") {
  struct Row {
    Pairs added, expected;
  };
  const std::vector<Row> rows = {
      {{}, {}},
      {{{1, 5}}, {{1, 5}}},
      {{{1, 5}, {7, 9}}, {{1, 5}, {7, 9}}},
      {{{7, 9}, {1, 5}}, {{1, 5}, {7, 9}}},
      {{{1, 5}, {5, 9}}, {{1, 9}}},
      {{{1, 5}, {7, 9}, {4, 7}}, {{1, 9}}},
      {{{1, 5}, {7, 9}, {0, 20}}, {{0, 20}}},
      {{{0, 20}, {3, 4}}, {{0, 20}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.added);
    Cover cover;
    for (const auto& [first, last] : row.added) cover.add({from_nanos(first), from_nanos(last)});
    CHECK(pairs_of(cover) == row.expected);
  }
}

TEST_CASE("what ends before the watermark is forgotten, what ends at it is not") {
  struct Row {
    int watermark;
    Pairs left;
  };
  const std::vector<Row> rows = {
      {0, {{1, 5}, {7, 9}}}, {5, {{1, 5}, {7, 9}}}, {6, {{7, 9}}}, {9, {{7, 9}}}, {10, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.watermark);
    Cover cover;
    cover.add({from_nanos(1), from_nanos(5)});
    cover.add({from_nanos(7), from_nanos(9)});
    cover.forget_before(from_nanos(row.watermark));
    CHECK(pairs_of(cover) == row.left);
    CHECK(cover.empty() == row.left.empty());
  }
}

TEST_CASE("a cover holds the points that lie in some interval") {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    Cover cover;
    std::vector<bool> holds(200, false);
    for (int i = 0; i < 12; ++i) {
      const int first = static_cast<int>(random() % 180);
      const int last = first + static_cast<int>(random() % 20);
      cover.add({from_nanos(first), from_nanos(last)});
      for (int t = first; t <= last; ++t) holds[static_cast<std::size_t>(t)] = true;
    }
    for (int t = 0; t < 200; ++t) {
      CAPTURE(round, t);
      REQUIRE(cover.contains(from_nanos(t)) == holds[static_cast<std::size_t>(t)]);
    }
  }
}

}  // namespace
}  // namespace streamutils
