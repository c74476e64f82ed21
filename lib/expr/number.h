// Arithmetic and order of numbers: CEL's int, uint and double, and the event numbers of the number
// rule.
//
// int, uint and double compute each with themselves, and overflow of integers is an error.  int or
// uint with double gives double.  With an event number in it, + - * are exact while the result fits
// 64 bits and a double beyond, / is real division, and % wants whole operands.  int with uint has
// no meaning. Order and equality are those of the number line, exact across all four.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/digits.h"
#include "base/double_text.h"
#include "expr/value.h"

namespace streamutils::expr {

// Those that are exact as doubles and smaller than 10^19.
inline constexpr std::array<double, 19> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                        1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                        1e14, 1e15, 1e16, 1e17, 1e18};

enum class Arithmetic : std::uint8_t { add, subtract, multiply, divide, remainder };

// The event number that a JSON number spells: exact for integers of 64 bits, else the nearest
// double. ErrorKind::damaged if no double is near.  REQUIRES: a JSON number by its grammar.
// The mantissa of a short decimal and its power of ten are exact as doubles, the former below 2^53:
// then their quotient is correctly rounded (Clinger, "How to read floating point numbers
// accurately", 1990).
Value number_from_json(std::string_view text);

// few * 10^-places.  REQUIRES: 0 <= places <= 8.
inline Value decimal_number(std::uint32_t few, int places) {
  if (places == 0 || few == 0) return Value::number(std::int64_t{few});
  return Value::number(few / kPowersOfTen[static_cast<std::size_t>(places)]);
}

// The nearest double.  REQUIRES: v is numeric.
inline double to_double(Value v) {
  if (v.is(Kind::integer) || v.form() == Value::Form::whole) return static_cast<double>(v.as_int());
  if (v.is(Kind::uinteger) || v.form() == Value::Form::big) return static_cast<double>(v.as_uint());
  return v.as_real();
}

// An operation on doubles, which have no remainder.
inline double calculate_reals(Arithmetic op, double a, double b) {
  switch (op) {
    case Arithmetic::add:
      return a + b;
    case Arithmetic::subtract:
      return a - b;
    case Arithmetic::multiply:
      return a * b;
    case Arithmetic::divide:
      return a / b;
    case Arithmetic::remainder:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

// REQUIRES: a and b are numeric (negate takes anything).  Errors: no_overload, overflow,
// division_by_zero, bad_value (the remainder of what is not whole).
Value calculate_any(Arithmetic op, Value a, Value b);  // the part that is not inline
inline Value calculate(Arithmetic op, Value a, Value b) {
  const bool has_fraction = a.form() == Value::Form::plain || b.form() == Value::Form::plain;
  if (a.is(Kind::number) && b.is(Kind::number) && has_fraction && op != Arithmetic::remainder) {
    return Value::number(calculate_reals(op, to_double(a), to_double(b)));
  }
  return calculate_any(op, a, b);
}
Value negate(Value a);

// v as a whole number for functions and indexes that want an int: ints and whole event numbers.
std::optional<std::int64_t> whole_number(Value v);

// The same for an index or a map key, where whole doubles and uints are welcome too.
std::optional<std::int64_t> whole_index(Value v);

// True if the number is a double without loss, which is then in d.  REQUIRES: v is numeric.
inline bool is_exact_double(Value v, double& d) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (v.is(Kind::integer) || v.form() == Value::Form::whole) {
    d = static_cast<double>(v.as_int());
    return v.as_int() <= kExact && v.as_int() >= -kExact;
  }
  d = v.as_real();
  return !v.is(Kind::uinteger) && v.form() == Value::Form::plain;
}

// unordered if one is NaN.  REQUIRES: a and b are numeric.
std::partial_ordering compare_numeric_exactly(Value a, Value b);
inline std::partial_ordering compare_numeric(Value a, Value b) {
  double x = 0;
  double y = 0;
  if (is_exact_double(a, x) && is_exact_double(b, y)) return x <=> y;
  return compare_numeric_exactly(a, b);
}

// The order that < <= > >= see: as above, but an int or uint at the upper end of its range is no
// less than the strict double next to it, which is one greater and what it converts to.  Every
// implementation of CEL has it so, and its conformance suite asks for it.
std::partial_ordering order_numeric(Value a, Value b);

// Appends the number as string() and output spell it: whole numbers in 64 bits as digits, others in
// the shortest form that reads back; NaN, Infinity, -Infinity.  REQUIRES: v is numeric.
void append_number(std::string& out, Value v);

// Writes the same; returns the place behind it, or nullptr if v is not finite.  REQUIRES: v is
// numeric, and room for kNumberRoom bytes.
inline constexpr std::size_t kNumberRoom = kDoubleRoom;
char* write_number(char* to, Value v);

}  // namespace streamutils::expr
