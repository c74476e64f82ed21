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
  Item() = default;
  Item(std::int64_t t, std::uint64_t n) : time(from_nanos(t)), number(n), exists(true) {}
  Item(const Item& other) = default;
  Item(Item&& other) noexcept : Item(other) { ++moves; }
  Item& operator=(const Item& other) = default;
  Item& operator=(Item&& other) noexcept {
    ++moves;
    return *this = static_cast<const Item&>(other);
  }

  explicit operator bool() const { return exists; }
  friend bool before_at_one_time(const Item& a, const Item& b) { return a.number < b.number; }

  Timestamp time;
  std::uint64_t number = 0;
  bool exists = false;
};

using Pair = std::pair<Timestamp, std::uint64_t>;

std::vector<Pair> within(const TimeOrdered<Item>& list, Timestamp begin, Timestamp end) {
  std::vector<Pair> pairs;
  list.each_within(begin, end, [&pairs](const Item& item) {
    pairs.emplace_back(item.time, item.number);
    return true;
  });
  return pairs;
}

Pair pair_of(const Item& item) { return {item.time, item.number}; }

// All that a list says about a time.
void compare(const TimeOrdered<Item>& list, const std::vector<Pair>& all, Timestamp t) {
  const auto after = std::upper_bound(all.begin(), all.end(), Pair(t, UINT64_MAX));
  const Item next = list.after(t);
  REQUIRE(bool(next) == (after != all.end()));
  if (next) REQUIRE(pair_of(next) == *after);
  const Item last = list.until(t);
  REQUIRE(bool(last) == (after != all.begin()));
  if (last) REQUIRE(pair_of(last) == after[-1]);
  REQUIRE(within(list, kMinTime, t) == std::vector<Pair>(all.begin(), after));
}

}  // namespace

TEST_CASE("rows of one key stand by time, then as they came") {
  std::mt19937 random(5);
  for (const std::size_t most : {1, 2, 3, 40, 1000}) {
    CAPTURE(most);
    TimeOrdered<Item> list;
    std::vector<Pair> all;
    for (std::uint64_t n = 0; n < 3000; ++n) {
      const std::int64_t t = random() % 100;
      list.add({t, n});
      all.emplace_back(from_nanos(t), n);
      std::sort(all.begin(), all.end());
      while (all.size() > random() % (most + 1)) {
        const std::size_t i = n % 2 == 0 ? 0 : random() % all.size();
        list.remove({to_nanos(all[i].first), all[i].second});
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
      }
      REQUIRE(list.empty() == all.empty());
      if (!all.empty()) REQUIRE(pair_of(list.first()) == all[0]);
      compare(list, all, from_nanos(random() % 110));
      if (n % 10 == 3) {
        const Timestamp begin = from_nanos(random() % 100);
        const Timestamp end = plus(begin, Duration(random() % 20));
        const auto goes = [&](Timestamp time, std::uint64_t number) {
          return time >= begin && time <= end && number % 2 == 0;
        };
        list.remove_within(begin, end, [](const Item& item) { return item.number % 2 == 0; });
        std::erase_if(all, [&](const Pair& pair) { return goes(pair.first, pair.second); });
        REQUIRE(within(list, kMinTime, kMaxTime) == all);
      }
    }
    list.clear();
    REQUIRE(list.empty());
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
  while (!list.empty()) list.remove(Item(list.first()));
  CHECK(moves <= kMostOnAverage * kRows);
}

}  // namespace streamutils
