// Arithmetic and order of numbers: CEL's int, uint and double, and the event numbers of the number
// rule.
//
// int, uint and double compute each with themselves, and overflow of integers is an error.  int or
// uint with double gives double.  With an event number in it, + - * are exact while the result fits
// 64 bits and a double beyond, / is real division, and % wants whole operands.  int with uint has
// no meaning. Order and equality are those of the number line, exact across all four.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "expr/value.h"

namespace streamutils::expr {

enum class Arithmetic : std::uint8_t { add, subtract, multiply, divide, remainder };

// The event number that a JSON number spells: exact for integers of 64 bits, else the nearest
// double. ErrorKind::damaged if no double is near.  REQUIRES: a JSON number by its grammar.
Value number_from_json(std::string_view text);

// REQUIRES: a and b are numeric (negate takes anything).  Errors: no_overload, overflow,
// division_by_zero, bad_value (the remainder of what is not whole).
Value calculate(Arithmetic op, Value a, Value b);
Value negate(Value a);

// The nearest double.  REQUIRES: v is numeric.
double to_double(Value v);

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

}  // namespace streamutils::expr
