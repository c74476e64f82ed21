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

std::string written(std::uint64_t n, unsigned scale) {
  char text[2 * digits::kRoom];
  return {text, digits::write_decimal(text, n, scale)};
}

// The same, a digit at a time.
std::string decimal(std::uint64_t n, unsigned scale) {
  std::string text = std::to_string(n);
  if (text.size() <= scale) text.insert(0, scale + 1 - text.size(), '0');
  if (scale == 0) return text;
  text.insert(text.size() - scale, 1, '.');
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
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

TEST_CASE("decimals are written without zeros at their end") {
  for (unsigned scale = 0; scale <= 18; ++scale) {
    CAPTURE(scale);
    for (std::uint64_t n = 0; n < 20'000; ++n) REQUIRE(written(n, scale) == decimal(n, scale));
    for (const std::uint64_t n : {99'999'999, 100'000'000, 12'300'000, 90'000'001}) {
      REQUIRE(written(n, scale) == decimal(n, scale));
    }
  }
  std::mt19937_64 random(2);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t n = random() >> random() % 64;
    const auto scale = static_cast<unsigned>(random() % 19);
    REQUIRE(written(n, scale) == decimal(n, scale));
  }
}
