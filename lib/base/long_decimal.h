// LongDecimal: a decimal of any length as its digits; how it is written, and divided by an integer.
//
// An inside header of base: exact sums are put together from words of 18 digits, and written by
// this.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace streamutils {

// digits * 10^exponent; 0 is no digits.
struct LongDecimal {
  // As many as fit an int64 whatever they are.
  static constexpr int kLimbDigits = 18;

  bool negative = false;
  std::string digits;         // without leading zeros
  std::int64_t exponent = 0;  // of the last digit

  // Appends the 18 digits of a limb; leading zeros stay until strip().
  void append_limb(std::uint64_t limb);
  void strip();
  // Moves zeros from the end of the digits into the exponent, as long as it stays below `limit`.
  void trim(std::int64_t limit);

  // The digits in groups of 18, the last ones first.
  std::vector<std::int64_t> limbs() const;

  // Appends it: plainly if 40 digits suffice, or else with an exponent.
  void append_to(std::string& out) const;

  // It by n, rounded once to the nearest double; nothing if that is none.  REQUIRES: n > 0.
  std::optional<double> divided_by(std::uint64_t n) const;
};

// The 18 digits at `position`, with zeros for those past the end.
std::uint64_t limb_at(std::string_view digits, std::size_t position);

}  // namespace streamutils
