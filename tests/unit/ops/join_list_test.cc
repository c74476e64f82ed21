// The rows of one key against a sorted vector, and what an insertion moves.
// SPDX-License-Identifier: Apache-2.0
#include "ops/join_list.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace streamutils {
namespace {

std::size_t moves = 0;

// Counts how often it is moved; as large as the row of a join.
struct Item {
  Item(std::int64_t t, std::uint64_t n) : time(from_nanos(t)), number(n) {}
  Item(const Item& other) = default;
  Item(Item&& other) noexcept : time(other.time), number(other.number) { ++moves; }
  Item& operator=(Item&& other) noexcept {
    time = other.time;
    number = other.number;
    ++moves;
    return *this;
  }

  friend bool before_at_one_time(const Item& a, const Item& b) { return a.number < b.number; }

  Timestamp time;
  std::uint64_t number;
};

using Pair = std::pair<Timestamp, std::uint64_t>;

std::vector<Pair> pairs_of(const TimeOrdered<Item>& list) {
  std::vector<Pair> pairs;
  for (const Item& item : list) pairs.emplace_back(item.time, item.number);
  return pairs;
}

}  // namespace

TEST_CASE("rows of one key stand by time, then as they came") {
  std::mt19937 random(5);
  TimeOrdered<Item> list;
  std::vector<Pair> expected;
  for (std::uint64_t n = 0; n < 5000; ++n) {
    const std::int64_t t = random() % 300;
    list.add({t, n});
    expected.emplace_back(from_nanos(t), n);
    std::sort(expected.begin(), expected.end());
    if (n % 3 == 0) {
      const std::size_t i = n % 2 == 0 ? 0 : random() % expected.size();
      list.remove({to_nanos(expected[i].first), expected[i].second});
      expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  REQUIRE(pairs_of(list) == expected);
  for (std::int64_t t = -1; t <= 300; ++t) {
    const auto lower = std::lower_bound(expected.begin(), expected.end(), Pair(from_nanos(t), 0));
    const auto upper =
        std::lower_bound(expected.begin(), expected.end(), Pair(from_nanos(t + 1), 0));
    REQUIRE(std::distance(list.begin(), list.lower_bound(from_nanos(t))) ==
            lower - expected.begin());
    REQUIRE(std::distance(list.begin(), list.upper_bound(from_nanos(t))) ==
            upper - expected.begin());
  }
}

TEST_CASE("a row of a hot key moves a bounded number of others, in whatever order they come") {
  constexpr std::size_t kRows = 200'000;
  constexpr std::size_t kMostOfOne = 200;
  constexpr std::size_t kMostOnAverage = 20;
  std::mt19937 random(6);
  std::vector<std::int64_t> times(kRows);
  for (std::size_t i = 0; i < kRows; ++i) times[i] = static_cast<std::int64_t>(i);
  const char* const order = GENERATE("random", "backward", "one time");
  CAPTURE(order);
  if (*order == 'r') std::shuffle(times.begin(), times.end(), random);
  if (*order == 'b') std::reverse(times.begin(), times.end());
  if (*order == 'o') std::fill(times.begin(), times.end(), 7);

  TimeOrdered<Item> list;
  std::size_t most = 0;
  moves = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::size_t before = moves;
    list.add({times[i], i});
    most = std::max(most, moves - before);
  }
  CHECK(most <= kMostOfOne);
  CHECK(moves <= kMostOnAverage * kRows);
  moves = 0;
  while (!list.empty()) list.remove(Item(*list.begin()));
  CHECK(moves <= kMostOnAverage * kRows);
}

}  // namespace streamutils
