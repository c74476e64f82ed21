// SPDX-License-Identifier: Apache-2.0
#include "base/digit_text.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

using namespace streamutils;

namespace {

std::string written(std::uint64_t n) {
  char text[digits::kRoom];
  return {text, digits::write(text, n)};
}

}  // namespace

TEST_CASE("whole numbers are written as std::to_string writes them") {
  for (std::uint64_t n = 0; n < 100'000; ++n) REQUIRE(written(n) == std::to_string(n));
  for (std::uint64_t power = 1; power < 10'000'000'000'000'000'000U; power *= 10) {
    for (const std::uint64_t n : {power - 1, power, power + 1, power * 10 - 1}) {
      REQUIRE(written(n) == std::to_string(n));
    }
  }
  CHECK(written(UINT64_MAX) == std::to_string(UINT64_MAX));
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t n = random() >> random() % 64;
    REQUIRE(written(n) == std::to_string(n));
  }
}
