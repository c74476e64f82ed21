// Decimal numbers as they are written in JSON, exactly.
//
// JSON numbers are decimal texts of any size; a double holds most of them only nearly.  Comparison,
// key identity, sums and averages work on the decimal itself, so that 0.1 + 0.2 is 0.3, that
// 9007199254740993 is not 9007199254740992, and that no order of addition shows in a result.
// All functions REQUIRE a text that is a JSON number by its grammar (is_number says so).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digits.h"
#include "base/short_decimal.h"

namespace streamutils {

// True if text is a number by the grammar of RFC 8259 (no leading zeros, no '+', no NaN).
bool is_any_number(std::string_view text);  // the part that is not inline
inline bool is_number(std::string_view text) {
  std::uint32_t value;
  int places;
  return digits::read_short_number(text, value, places) || is_any_number(text);
}

// The order of two numbers as points on the number line.  Linear in the length of the texts,
// whatever their exponents are.
std::strong_ordering compare_numbers(std::string_view a, std::string_view b);

// Appends the one spelling that all equal numbers share: integers of up to 19 digits as digits
// ("-0" is "0"), anything else as digits without trailing zeros, 'e' and an exponent ("125e-1").
void append_canonical_number(std::string& out, std::string_view text);

// The value as int64 if it is a whole number in range, however it is spelled (5, 5.0, 5e0).
std::optional<std::int64_t> to_int64(std::string_view text);

// The nearest double, or nullopt if it is too large for one.
std::optional<double> to_double(std::string_view text);

// Appends a number in plain digits where 40 of them suffice, without the zeros that its spelling
// may carry (12.50 -> 12.5, 1e2 -> 100): the same text for equal numbers.
void append_plain_number(std::string& out, std::string_view number);

// Appends the shortest text that reads back as d: whole numbers below 1e21 as digits without ".0"
// or exponent.  REQUIRES: d is finite.
void append_double(std::string& out, double d);

// mantissa * 10^exponent.
struct Decimal {
  __extension__ typedef __int128 Int128;
  Int128 mantissa = 0;
  std::int32_t exponent = 0;
};

// text as a Decimal without trailing zeros in its mantissa, or nullopt if that takes more than 38
// digits or an exponent beyond +-400.
std::optional<Decimal> to_decimal(std::string_view text);

// A sum of decimals that is exact: 128 bits at one scale while they suffice, and as many as it
// takes when they do not.  Order of addition never shows.  A number with a digit other than 0 more
// than 400 places behind the point is refused, and so is one whose exponent is above 400 once its
// fraction has been moved before the point (neither is a double).
class ExactSum {
 public:
  ExactSum();
  ExactSum(const ExactSum& other);
  ExactSum& operator=(const ExactSum& other);
  ExactSum(ExactSum&&) noexcept;
  ExactSum& operator=(ExactSum&&) noexcept;
  ~ExactSum();

  // Adds a JSON number; false (and no change) if it is out of range.  A few nanoseconds for numbers
  // of up to 18 digits at the scale of those before.
  bool add(std::string_view number);
  void add(ShortDecimal number) {
    // Most are of the scale of the sum, as 12.50 after 12.25.
    const Decimal::Int128 sum = mantissa_ + number.mantissa;
    const bool is_small = sum < kSmall && sum > -kSmall;
    if (number.scale != -exponent_ || wide_ || !is_small) return add_other(number);
    mantissa_ = sum;
  }
  // Adds its square, or number * factor.  A number with a digit more than 200 places behind the
  // point is out of range here.  REQUIRES: |factor| < 10^18.
  bool add_square(std::string_view number);
  void add_square(ShortDecimal number);
  bool add_product(std::string_view number, std::int64_t factor);
  void add(const ExactSum& other);
  void subtract(const ExactSum& other);

  // The sum, exactly, as a JSON number without exponent where it has at most 40 digits.  The same
  // text for equal sums, and one that add() reads back whatever its length.
  void append_to(std::string& out) const;

  // The same text into memory with room for kShortRoom bytes, if the sum is short: less than 2^64
  // in units of a place that is at most the 18th behind the point.  Returns the place behind it, or
  // null.
  static constexpr std::size_t kShortRoom = 48;
  char* write_short(char* to) const;

  // Whether it is so short that `number` can hold it; then that is the sum.
  bool is_short(ShortDecimal& number) const {
    constexpr std::int64_t kEnd = 1'000'000'000'000'000'000;
    if (wide_ || exponent_ < -18 || mantissa_ >= kEnd || mantissa_ <= -kEnd) return false;
    number = {static_cast<std::int64_t>(mantissa_), -exponent_};
    return true;
  }

  // sum / n, rounded once to the nearest double; nullopt if n is 0 or the result is no double.
  std::optional<double> divided_by(std::uint64_t n) const;

  // The product of two sums.  REQUIRES: no addend of either had a digit more than 200 places behind
  // the point.
  ExactSum multiplied(const ExactSum& other) const;

  // -1, 0 or 1.
  int sign() const;

  // Memory that it holds beside itself, in bytes.
  std::size_t bytes() const;

 private:
  struct Wide;  // limbs of base 10^18 with an exponent

  static constexpr Decimal::Int128 kSmall = Decimal::Int128{1} << 120;  // less than 10^37

  void add_other(ShortDecimal number);
  bool add_long(std::string_view number);
  static bool read_factor(std::string_view number, ExactSum& factor);
  void add_scaled(Decimal::Int128 mantissa, std::int64_t exponent);
  void add_signed(const ExactSum& other, int sign);
  void widen();

  Decimal::Int128 mantissa_ = 0;
  std::int32_t exponent_ = 0;   // of mantissa_; only falls
  std::unique_ptr<Wide> wide_;  // takes over once 37 digits are too few
};

}  // namespace streamutils
