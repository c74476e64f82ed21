// ShortDecimal: what nearly every number in an event is, a decimal that fits a machine word.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digit_text.h"
#include "base/digits.h"

namespace streamutils {

// mantissa * 10^-scale, with at most 18 digits.
struct ShortDecimal {
  std::int64_t mantissa = 0;
  int scale = 0;
};

// Reads a number of at most 18 digits without exponent.  False for all other texts, also for those
// that are no number at all.
bool read_less_short(std::string_view text, ShortDecimal& result);  // the part that is not inline
inline bool read_short(std::string_view text, ShortDecimal& result) {
  std::uint32_t few;
  if (!digits::read_short_number(text, few, result.scale)) return read_less_short(text, result);
  result.mantissa = few;
  return true;
}

// Quicker.  REQUIRES: 8 readable bytes from where the text begins.
inline bool read_padded_short(std::string_view text, ShortDecimal& result) {
  std::uint32_t few;
  if (!digits::read_padded_number(text, few, result.scale)) return read_less_short(text, result);
  result.mantissa = few;
  return true;
}

// As points on the number line.
inline std::strong_ordering operator<=>(ShortDecimal a, ShortDecimal b) {
  __extension__ typedef __int128 Int128;
  if (a.scale == b.scale) return a.mantissa <=> b.mantissa;
  // 18 digits times at most 10^18 stay below 10^36.
  const Int128 left = Int128{a.mantissa} * digits::kPowersOfTen[std::max(0, b.scale - a.scale)];
  const Int128 right = Int128{b.mantissa} * digits::kPowersOfTen[std::max(0, a.scale - b.scale)];
  return left < right   ? std::strong_ordering::less
         : left > right ? std::strong_ordering::greater
                        : std::strong_ordering::equal;
}

// The nearest double, if one division finds it: the mantissa is exact as a double, as all powers of
// ten are here, and then their quotient is correctly rounded (Clinger, "How to read floating point
// numbers accurately", 1990).
inline std::optional<double> quick_double(ShortDecimal number) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (number.mantissa > kExact || number.mantissa < -kExact) return std::nullopt;
  const auto mantissa = static_cast<double>(number.mantissa);
  return mantissa / static_cast<double>(digits::kPowersOfTen[number.scale]);
}

// Writes the number as JSON, without zeros at the end of its fraction; returns the place behind it.
// REQUIRES: room for kShortDecimalRoom bytes.
inline constexpr std::size_t kShortDecimalRoom = 2 * digits::kRoom + 1;
inline char* write_number(char* to, ShortDecimal number) {
  auto magnitude = static_cast<std::uint64_t>(number.mantissa);
  if (number.mantissa < 0) {
    *to++ = '-';
    magnitude = 0 - magnitude;
  }
  return digits::write_decimal(to, magnitude, static_cast<unsigned>(number.scale));
}

// Appends the same.
void append_number(std::string& out, ShortDecimal number);

}  // namespace streamutils
