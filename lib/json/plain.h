// Text without surprises, eight bytes at a time in one integer.
//
// An inside header of json.  Plain text is ASCII without control characters and backslashes: inside
// a string it needs no check and no unescaping.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace streamutils {

inline constexpr std::uint64_t kEachByte = 0x0101010101010101;

// Nonzero if one of the eight bytes is below 0x20, above 0x7F, or `stop` (which is ASCII).
// Subtracting borrows into a byte's top bit exactly if the byte, or one below it, is too small.
inline std::uint64_t unplain_bytes(std::uint64_t bytes, char stop) {
  const std::uint64_t differ = bytes ^ kEachByte * static_cast<unsigned char>(stop);
  const std::uint64_t below = (bytes - kEachByte * 0x20) | (differ - kEachByte);
  return (below | bytes) & kEachByte * 0x80;
}

// Nonzero if one of the eight bytes is not plain, or a quote: if they are not what they stand for
// inside a string of JSON, or not ASCII.
inline std::uint64_t unliteral_bytes(std::uint64_t bytes) {
  const std::uint64_t quotes = (bytes ^ kEachByte * '"') - kEachByte;
  return unplain_bytes(bytes, '\\') | (quotes & kEachByte * 0x80);
}

// False if a byte of the text is not plain.  Reads up to 7 bytes behind the text, which must be
// readable.
inline bool is_plain_text(const char* begin, const char* end) {
  for (; begin < end; begin += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, begin, sizeof bytes);
    const std::ptrdiff_t left = end - begin;
    if (left < 8) bytes = bytes << 8 * (8 - left) | kEachByte * 0x20 >> 8 * left;
    if (unplain_bytes(bytes, '\\') != 0) return false;
  }
  return true;
}

}  // namespace streamutils
