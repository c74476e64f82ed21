// What goes in comes out, in order, whatever the sizes and wherever it is kept meanwhile.
// SPDX-License-Identifier: Apache-2.0
#include "run/spill.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace streamutils {
namespace {

TEST_CASE("a spill gives back what it was given, in order") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Spill spill(1 << 20, seed % 2 == 0 ? 0 : 64);
    std::string expected;
    std::string got;
    char next = 0;
    for (int i = 0; i < 200; ++i) {
      if (random() % 2 == 0) {
        std::string bytes(random() % 50, ' ');
        for (char& c : bytes) c = next++;
        REQUIRE(spill.put(bytes));
        expected += bytes;
      } else {
        char buffer[64];
        const std::ptrdiff_t n = spill.take(buffer, 1 + random() % 64);
        REQUIRE(n >= 0);
        got.append(buffer, static_cast<std::size_t>(n));
      }
      REQUIRE(spill.size() == expected.size() - got.size());
    }
    char buffer[64];
    while (!spill.empty()) got.append(buffer, static_cast<std::size_t>(spill.take(buffer, 64)));
    CHECK(got == expected);
    CHECK(spill.take(buffer, 64) == 0);
  }
}

TEST_CASE("a spill gives back the disk of what has been read") {
  Spill spill(1 << 30, 0);
  const std::string block(1 << 20, 'x');
  std::string buffer(1 << 20, ' ');
  for (int i = 0; i < 40; ++i) {
    REQUIRE(spill.put(block));
    REQUIRE(spill.put(block.substr(0, 5)));
    REQUIRE(spill.take(buffer.data(), buffer.size()) > 0);
  }
  CHECK(spill.size() == 40 * 5);
}

TEST_CASE("a spill says when it is full") {
  Spill spill(10);
  CHECK_FALSE(spill.is_full());
  REQUIRE(spill.put("0123456789"));
  CHECK(spill.is_full());
  char c = 0;
  REQUIRE(spill.take(&c, 1) == 1);
  CHECK(c == '0');
  CHECK_FALSE(spill.is_full());
}

}  // namespace
}  // namespace streamutils
