// Copies of few bytes, which a call to memcpy costs more than.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace streamutils {

// Copies the text to `to`, and returns the place behind the copy.  They do not overlap.
inline char* copy_bytes(char* to, std::string_view text) {
  const std::size_t n = text.size();
  const char* const from = text.data();
  // Two words that may share bytes are any text of their size to twice of it.
  const auto copy_ends = [&](auto word) {
    constexpr std::size_t kSize = sizeof word;
    auto last = word;
    std::memcpy(&word, from, kSize);
    std::memcpy(&last, from + n - kSize, kSize);
    std::memcpy(to, &word, kSize);
    std::memcpy(to + n - kSize, &last, kSize);
  };
  if (n > 16) {
    std::memcpy(to, from, n);
  } else if (n >= 8) {
    copy_ends(std::uint64_t{});
  } else if (n >= 4) {
    copy_ends(std::uint32_t{});
  } else if (n >= 2) {
    copy_ends(std::uint16_t{});
  } else if (n == 1) {
    *to = *from;
  }
  return to + n;
}

}  // namespace streamutils
