// The best N against sorting all.
// SPDX-License-Identifier: Apache-2.0
#include "ops/ranking.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "../rounds.h"

namespace streamutils {
namespace {

TEST_CASE("a ranking is the beginning of all events in order") {
  std::mt19937 random(3);
  const char* const values[] = {
      "1",     "1.0",          "-2",  "1e1", "9007199254740993", "9007199254740992",
      "\"a\"", "\"\\u0061b\"", "\"\""};
  for (unsigned round = 0; round < rounds(500); ++round) {
    const std::size_t limit = 1 + random() % 6;
    Ranking ranking(limit);
    std::vector<RankedEvent> all;
    for (std::uint64_t n = random() % 30; n > 0; --n) {
      const auto time = from_nanos(static_cast<std::int64_t>(random() % 3));
      RankedEvent event{values[random() % std::size(values)], time, 100 - n, std::to_string(n)};
      all.push_back(event);
      if (const auto place = ranking.place_of(event)) ranking.insert(*place, event);
    }
    std::ranges::sort(all, [](const auto& a, const auto& b) { return a.is_before(b); });
    all.resize(std::min(all.size(), limit));
    REQUIRE(ranking.events().size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(ranking.events()[i].line == all[i].line);
  }
}

TEST_CASE("larger comes first, numbers before strings, then the earlier") {
  const RankedEvent big{"10", {}, 2, ""};
  const RankedEvent small{"9.5", {}, 1, ""};
  const RankedEvent text{"\"99\"", {}, 0, ""};
  const RankedEvent later{"10", from_nanos(1), 0, ""};
  const RankedEvent second{"1e1", {}, 3, ""};
  CHECK(big.is_before(small));
  CHECK(small.is_before(text));
  CHECK(big.is_before(later));
  CHECK(big.is_before(second));
  CHECK_FALSE(second.is_before(big));
}

}  // namespace
}  // namespace streamutils
