// The parts of a JSON number as text.
//
// An inside header of base: decimal.cc, exact_sum.cc and the parser of epochs share it.  Everything
// here looks at digits only; no power of ten is ever computed from an exponent that was read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digits.h"

namespace streamutils {

// A number as sign, significant digits and the place of its point:
//
//     value = 0.HEADTAIL * 10^(point + exponent)
//
// where HEADTAIL neither begins nor ends with '0'; both are empty for zero.  head and tail are
// views into the text (the point may stand between them).
struct NumberText {
  bool negative = false;
  std::string_view head;
  std::string_view tail;
  std::int64_t point = 0;
  bool exponent_negative = false;
  std::string_view exponent;        // digits without leading zeros; empty: 0
  std::int64_t trailing_zeros = 0;  // that stood behind HEADTAIL in the text

  bool is_zero() const { return head.empty(); }
  std::int64_t digit_count() const { return static_cast<std::int64_t>(head.size() + tail.size()); }

  // point + exponent, or nothing if the exponent has more than 18 digits.
  std::optional<std::int64_t> top() const;

  // point + exponent + offset as text ("-17"), however large it is.
  std::string exact_top(std::int64_t offset = 0) const;
};

// REQUIRES: text is a number.
NumberText split_number(std::string_view text);

}  // namespace streamutils
