// Reading runs of decimal digits eight at a time.
//
// Eight ASCII digits fit a 64-bit word; three multiplications turn them into their value ("SIMD
// within a register", D. Lemire, "Number parsing at a gigabyte per second", 2021).  Byte 0 of a
// word is the first character on every machine.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace streamutils::digits {

inline constexpr std::uint64_t kPowersOfTen[] = {1U,
                                                 10U,
                                                 100U,
                                                 1'000U,
                                                 10'000U,
                                                 100'000U,
                                                 1'000'000U,
                                                 10'000'000U,
                                                 100'000'000U,
                                                 1'000'000'000U,
                                                 10'000'000'000U,
                                                 100'000'000'000U,
                                                 1'000'000'000'000U,
                                                 10'000'000'000'000U,
                                                 100'000'000'000'000U,
                                                 1'000'000'000'000'000U,
                                                 10'000'000'000'000'000U,
                                                 100'000'000'000'000'000U,
                                                 1'000'000'000'000'000'000U,
                                                 10'000'000'000'000'000'000U};

constexpr bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// REQUIRES: 8 readable bytes at p.
inline std::uint64_t load8(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

// The first n bytes at p, the missing ones of eight as zeros.  Reads nothing behind them.
// REQUIRES: 1 <= n <= 8.
inline std::uint64_t load(const char* p, std::size_t n) {
  if (n == 8) return load8(p);
  if (n >= 4) {  // two halves, which may overlap
    std::uint32_t low, high;
    std::memcpy(&low, p, sizeof low);
    std::memcpy(&high, p + n - 4, sizeof high);
    return low | std::uint64_t{high} << 8 * (n - 4);
  }
  const auto byte = [p](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(p[i])} << 8 * i;
  };
  return byte(0) | byte(n / 2) | byte(n - 1);
}

// REQUIRES: 2 readable bytes at p.
inline std::uint16_t load2(const char* p) {
  std::uint16_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// True if all eight characters are digits.
constexpr bool are_digits(std::uint64_t word) {
  const std::uint64_t values = word ^ 0x3030303030303030U;
  return (((values + 0x7676767676767676U) | values) & 0x8080808080808080U) == 0;
}

// The number that eight digits spell.  REQUIRES: are_digits(word).
constexpr std::uint32_t value_of(std::uint64_t word) {
  word -= 0x3030303030303030U;
  word = word * 10 + (word >> 8);  // pairs, in bytes 0, 2, 4, 6
  const std::uint64_t low = (word & 0x000000FF000000FFU) * 0x000F424000000064U;
  const std::uint64_t high = ((word >> 16) & 0x000000FF000000FFU) * 0x0000271000000001U;
  return static_cast<std::uint32_t>((low + high) >> 32);
}

// read_short_number for a word whose first n bytes are the text.  REQUIRES: 2 <= n <= 8.
inline bool read_short_word(std::uint64_t word, std::size_t n, std::uint32_t& value, int& places) {
  constexpr std::uint64_t kZeros = 0x3030303030303030U;
  const std::uint64_t text = ~std::uint64_t{0} >> 8 * (8 - n);
  const std::uint64_t values = word ^ kZeros;
  const std::uint64_t others =
      ((values + 0x7676767676767676U) | values) & 0x8080808080808080U & text;
  std::size_t size = n;   // of the digits
  std::size_t whole = n;  // of those before the point
  const bool begins_with_0 = (word & 0xFF) == '0';
  if (others != 0) {
    whole = static_cast<std::size_t>(std::countr_zero(others)) / 8;
    if ((others & (others - 1)) != 0 || (word >> 8 * whole & 0xFF) != '.' || whole + 1 == n) {
      return false;
    }
    const std::uint64_t before = (std::uint64_t{1} << 8 * whole) - 1;
    word = (word & before) | (word >> 8 & ~before);
    --size;
  }
  if (whole == 0 || (begins_with_0 && whole > 1)) return false;
  value = value_of(word << 8 * (8 - size) | (size == 8 ? 0 : kZeros >> 8 * size));
  places = static_cast<int>(size - whole);
  return true;
}

// A number by the grammar of RFC 8259 in at most eight bytes, without sign and exponent, which is
// what most numbers of events are: value * 10^-places.  False says nothing.  Without a loop, so
// that no guess of how long a number is can be wrong.
template <typename Load>
bool read_short_number(std::string_view text, std::uint32_t& value, int& places, Load load_word) {
  const std::size_t n = text.size();
  if (n == 0 || n > 8) return false;
  if (n > 1) return read_short_word(load_word(text.data(), n), n, value, places);
  value = static_cast<unsigned char>(text[0] - '0');
  places = 0;
  return value < 10;
}
inline bool read_short_number(std::string_view text, std::uint32_t& value, int& places) {
  return read_short_number(text, value, places, load);
}
// Quicker.  REQUIRES: 8 readable bytes from where the text begins.
inline bool read_padded_number(std::string_view text, std::uint32_t& value, int& places) {
  return read_short_number(text, value, places,
                           [](const char* p, std::size_t) { return load8(p); });
}

// Reads 9 to 16 digits, all of [p, p + n), from two words that overlap; false if they are not
// digits. REQUIRES: 9 <= n <= 16.
inline bool read_all(const char* p, std::size_t n, std::uint64_t& value) {
  const std::uint64_t first = load8(p);
  const std::uint64_t last = load8(p + n - 8);
  // The digits that both words hold become zeros in the second.
  const std::uint64_t shared = n == 16 ? 0 : ~std::uint64_t{0} >> (8 * (n - 8));
  const std::uint64_t rest = (last & ~shared) | (0x3030303030303030U & shared);
  if (!are_digits(first) || !are_digits(rest)) return false;
  value = value_of(first) * kPowersOfTen[n - 8] + value_of(rest);
  return true;
}

// Moves p over the digits up to end and appends them to value, modulo 2^64.
inline void read(const char*& p, const char* end, std::uint64_t& value) {
  while (end - p >= 8) {
    const std::uint64_t word = load8(p);
    if (!are_digits(word)) break;
    value = value * 100'000'000U + value_of(word);
    p += 8;
  }
  for (; p != end && is_digit(*p); ++p) {
    value = value * 10 + static_cast<unsigned char>(*p - '0');
  }
}

}  // namespace streamutils::digits
