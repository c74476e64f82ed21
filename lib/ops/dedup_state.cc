// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup_state.h"

#include <charconv>

namespace streamutils {
namespace {

constexpr std::size_t kDigits = 16;

}  // namespace

void append_hex(std::string& out, std::uint64_t word) {
  for (std::size_t shift = 64; shift > 0; shift -= 4) {
    out += "0123456789abcdef"[word >> (shift - 4) & 15];
  }
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
