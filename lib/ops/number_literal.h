// NumberLiteral: a number in a command line that the numbers of many events are compared with.
//
// The comparison is that of exact decimals.  Most numbers are short: up to 18 digits, no exponent.
// Two of those compare as scaled integers in a few nanoseconds; all others take compare_numbers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/decimal.h"
#include "base/short_decimal.h"

namespace streamutils {

class NumberLiteral {
 public:
  // REQUIRES: is_number(text).
  explicit NumberLiteral(std::string text)
      : text_(std::move(text)), is_short_(read_short(text_, short_)) {}

  // How `number` stands to the literal.  REQUIRES: is_number(number).
  std::strong_ordering order_of(std::string_view number) const {
    ShortDecimal other;
    if (is_short_ && read_short(number, other)) return other <=> short_;
    return compare_numbers(number, text_);
  }

  // The same; nothing if the literal is not as short.
  std::optional<std::strong_ordering> order_of(ShortDecimal number) const {
    return is_short_ ? std::optional(number <=> short_) : std::nullopt;
  }

 private:
  std::string text_;
  ShortDecimal short_;
  bool is_short_;
};

}  // namespace streamutils
