// NumberLiteral: a number in a command line that the numbers of many events are compared with.
//
// The comparison is that of exact decimals.  Most numbers are short: up to 18 digits, no exponent.
// Two of those compare as scaled integers in a few nanoseconds; all others take compare_numbers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/decimal.h"

namespace streamutils {

// digits / 10^scale, with at most 18 digits.
struct ShortDecimal {
  std::int64_t digits = 0;
  int scale = 0;
};

// nullopt if the number has an exponent or more than 18 digits.
// REQUIRES: text is a JSON number.
inline std::optional<ShortDecimal> to_short_decimal(std::string_view text) {
  const bool negative = text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.size() > 19) return std::nullopt;
  std::uint64_t digits = 0;  // 19 digits fit as well
  std::size_t point = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit <= 9) {
      digits = digits * 10 + digit;
    } else if (text[i] == '.') {
      point = i;
    } else {
      return std::nullopt;
    }
  }
  const bool fraction = point < text.size();
  if (text.size() - (fraction ? 1 : 0) > 18) return std::nullopt;
  const auto magnitude = static_cast<std::int64_t>(digits);
  return ShortDecimal{negative ? -magnitude : magnitude,
                      fraction ? static_cast<int>(text.size() - point - 1) : 0};
}

inline std::strong_ordering operator<=>(ShortDecimal a, ShortDecimal b) {
  static constexpr auto kPowers = [] {
    std::array<std::int64_t, 19> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
  }();
  if (a.scale == b.scale) return a.digits <=> b.digits;
  const auto scaled = [](ShortDecimal d, int up) {
    return Decimal::Int128{d.digits} * kPowers[static_cast<std::size_t>(up)];
  };
  const int scale = a.scale > b.scale ? a.scale : b.scale;
  const Decimal::Int128 left = scaled(a, scale - a.scale);
  const Decimal::Int128 right = scaled(b, scale - b.scale);
  if (left == right) return std::strong_ordering::equal;
  return left < right ? std::strong_ordering::less : std::strong_ordering::greater;
}

class NumberLiteral {
 public:
  // REQUIRES: is_number(text).
  explicit NumberLiteral(std::string text)
      : text_(std::move(text)), short_(to_short_decimal(text_)) {}

  // How `number` stands to the literal.  REQUIRES: is_number(number).
  std::strong_ordering order_of(std::string_view number) const {
    if (short_) {
      if (const auto other = to_short_decimal(number)) return *other <=> *short_;
    }
    return compare_numbers(number, text_);
  }

 private:
  std::string text_;
  std::optional<ShortDecimal> short_;
};

}  // namespace streamutils
