// FingerprintTable against a map, over all sizes at which it grows, with fingerprints that crowd at
// the ends of segments.
// SPDX-License-Identifier: Apache-2.0
#include "ops/fingerprint_table.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <random>
#include <utility>

namespace streamutils {
namespace {

struct Small {};
struct Narrow {
  std::uint32_t count;
  std::uint32_t more[2];
};
struct Large {
  std::uint64_t count;
  std::uint64_t time;
};

// Where a fingerprint stands is told by its lower half, as a share of the whole.
enum class Crowd { nowhere, at_the_end, at_both_ends, in_one_place };

std::uint64_t low_bits(Crowd crowd, std::mt19937_64& random) {
  const std::uint64_t bits = random();
  switch (crowd) {
    case Crowd::at_the_end:
      return ~(bits >> 12);
    case Crowd::at_both_ends:
      return bits % 2 == 0 ? bits >> 10 : ~(bits >> 10);
    case Crowd::in_one_place:
      return (std::uint64_t{1} << 63) + (bits >> 14);
    default:
      return bits;
  }
}

template <typename Extra>
void check(Crowd crowd, std::size_t count) {
  std::mt19937_64 random(7);
  FingerprintTable<Extra> table;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> known;
  for (std::size_t n = 1; n <= count; ++n) {
    const Fingerprint print{low_bits(crowd, random), random()};
    if (!known.emplace(std::pair(print.low, print.high), n).second) continue;
    auto& slot = table.insert(print);
    if constexpr (!std::is_same_v<Extra, Small>) slot.count = static_cast<decltype(slot.count)>(n);
  }
  REQUIRE(table.size() == known.size());
  std::size_t wrong = 0;
  for (const auto& [key, n] : known) {
    const auto* slot = table.find({key.first, key.second});
    if (slot == nullptr) {
      ++wrong;
    } else if constexpr (!std::is_same_v<Extra, Small>) {
      wrong += slot->count != n;
    }
  }
  CHECK(wrong == 0);
  CHECK(table.find({random(), random()}) == nullptr);
  std::size_t visited = 0;
  table.for_each([&](const auto& slot) {
    ++visited;
    const Fingerprint print = slot.print;
    wrong += known.count({print.low, print.high}) == 0;
  });
  CHECK(visited == known.size());
  CHECK(wrong == 0);
}

TEST_CASE("a table forgets what is taken out, and finds the others") {
  for (const Crowd crowd : {Crowd::nowhere, Crowd::at_the_end, Crowd::in_one_place}) {
    CAPTURE(static_cast<int>(crowd));
    std::mt19937_64 random(11);
    FingerprintTable<Narrow> table;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> known;
    for (std::uint32_t n = 1; n <= 20'000; ++n) {
      const Fingerprint print{low_bits(crowd, random), random() % 16};
      if (known.emplace(std::pair(print.low, print.high), n).second) table.insert(print).count = n;
      if (n % 3 > 0) continue;
      auto victim = known.lower_bound({low_bits(crowd, random), 0});
      if (victim == known.end()) victim = known.begin();
      table.erase(table.find({victim->first.first, victim->first.second}));
      CHECK(table.find({victim->first.first, victim->first.second}) == nullptr);
      known.erase(victim);
    }
    REQUIRE(table.size() == known.size());
    std::size_t wrong = 0;
    for (const auto& [key, n] : known) {
      const auto* slot = table.find({key.first, key.second});
      wrong += slot == nullptr || slot->count != n;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("a table finds what was put into it, at every size") {
  for (const std::size_t count : {1, 3, 4, 5, 100, 8'000, 9'000}) {
    CAPTURE(count);
    check<Small>(Crowd::nowhere, count);
    check<Narrow>(Crowd::nowhere, count);
    check<Large>(Crowd::nowhere, count);
  }
  check<Small>(Crowd::nowhere, 1'500'000);  // segments of whole huge pages
  check<Large>(Crowd::nowhere, 400'000);
}

TEST_CASE("a table holds fingerprints that crowd, also over its end") {
  for (const Crowd crowd : {Crowd::at_the_end, Crowd::at_both_ends, Crowd::in_one_place}) {
    CAPTURE(static_cast<int>(crowd));
    for (const std::size_t count : {3, 50, 700, 9'000}) {
      CAPTURE(count);
      check<Small>(crowd, count);
      check<Narrow>(crowd, count);
      check<Large>(crowd, count);
    }
  }
}

}  // namespace
}  // namespace streamutils
