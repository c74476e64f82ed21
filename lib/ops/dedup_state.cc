// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup_state.h"

#include <array>
#include <charconv>
#include <cstring>

namespace streamutils {
namespace {

constexpr std::size_t kDigits = 16;

// The two digits of each byte.
constexpr auto kPairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
    pairs[byte] = {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
  }
  return pairs;
}();

}  // namespace

void append_hex(std::string& out, std::uint64_t word) {
  char digits[kDigits];
  for (std::size_t i = 0; i < sizeof word; ++i) {
    std::memcpy(digits + 2 * i, kPairs[word >> (56 - 8 * i) & 255].data(), 2);
  }
  out.append(digits, kDigits);
}

std::optional<std::uint64_t> take_hex(std::string_view& hex) {
  std::uint64_t word = 0;
  if (hex.size() < kDigits) return std::nullopt;
  const char* end = hex.data() + kDigits;
  const auto [at, error] = std::from_chars(hex.data(), end, word, 16);
  if (error != std::errc() || at != end || hex[0] == '-') return std::nullopt;
  hex.remove_prefix(kDigits);
  return word;
}

}  // namespace streamutils
