// Text that stands in JSON as it is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace streamutils {

// True if all bytes of the word are printable ASCII, and none is a quote or a backslash.  Of a byte
// that is less than 0x80, a subtraction of 1 sets the highest bit iff it is 0 (or a byte below it
// was); that suffices, since whether any is there is all that is asked.
constexpr bool is_plain(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighest = 0x80 * kOnes;
  const std::uint64_t quote = (word ^ '"' * kOnes) - kOnes;
  const std::uint64_t backslash = (word ^ '\\' * kOnes) - kOnes;
  const std::uint64_t control = word - 0x20 * kOnes;
  return ((word | quote | backslash | control) & kHighest) == 0;
}

// Copies eight bytes; true if they are plain.
inline bool copy_plain_word(char* to, const char* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, 8);
  std::memcpy(to, &word, 8);
  return is_plain(word);
}

// Copies the text if all of it is plain in that sense; else false, with some of it copied.  What is
// left at the end is copied with some of what stands before it once more.
// REQUIRES: room for it.
inline bool copy_plain(char* to, std::string_view text) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 < size; i += 8) {
      if (!copy_plain_word(to + i, from + i)) return false;
    }
    return copy_plain_word(to + size - 8, from + size - 8);
  }
  if (size >= 4) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + size - 4, 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
    return is_plain(first | std::uint64_t{last} << 32);
  }
  std::uint64_t word = 0x2020202020202020U;
  for (std::size_t i = 0; i < size; ++i) {
    to[i] = from[i];
    word = word << 8 | static_cast<unsigned char>(from[i]);
  }
  return is_plain(word);
}

}  // namespace streamutils
