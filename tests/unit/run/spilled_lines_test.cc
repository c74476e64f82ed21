// The queue of lines against one in memory, with room for a few bytes.
// SPDX-License-Identifier: Apache-2.0
#include "run/spilled_lines.h"

#include <catch2/catch.hpp>
#include <deque>
#include <random>

namespace streamutils {
namespace {

TEST_CASE("lines come out as they went in, whatever stands on disk") {
  for (unsigned seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    SpilledLines lines(random() % 200);
    std::deque<std::string> expected;
    for (int step = 0; step < 2000; ++step) {
      REQUIRE(lines.empty() == expected.empty());
      if (random() % 2 == 0 || expected.empty()) {
        const std::size_t size = random() % 100 == 0 ? random() % 100'000 : random() % 20;
        expected.emplace_back(size, static_cast<char>('a' + random() % 26));
        REQUIRE(lines.push(expected.back()));
        continue;
      }
      std::string_view line;
      REQUIRE(lines.front(line));
      REQUIRE(line == expected.front());
      lines.pop();
      expected.pop_front();
    }
  }
}

}  // namespace
}  // namespace streamutils
