// The math extension.
//
// An event number stays one (math.abs(delta) is as exact as delta). Where bits are wanted, a whole
// event number is the int or uint that the other operand is.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "expr/library.h"

namespace streamutils::expr {
namespace {

// math.greatest and math.least: of the arguments, or of one list.
template <bool greatest>
Value extreme(Context& c, Arguments args) {
  Arguments values = args;
  if (args.size() == 1 && args[0].is(Kind::list)) values = elements(c.arena(), args[0]);
  if (values.empty()) return fail(c.arena(), ErrorKind::bad_value, "the list is empty");
  const Value* best = nullptr;
  for (const Value& v : values) {
    if (!v.is_numeric()) return no_overload({v});
    if (best == nullptr ||
        (greatest ? compare_numeric(v, *best) > 0 : compare_numeric(v, *best) < 0)) {
      best = &v;
    }
  }
  return *best;
}

// Rounding of doubles; an int has no overload, a whole event number is itself.
template <double (*round)(double)>
Value rounded(Context&, Arguments args) {
  const Value v = args[0];
  if (v.is(Kind::real)) return Value::real(round(v.as_real()));
  if (!v.is(Kind::number)) return mismatch(args);
  return v.form() == Value::Form::plain ? Value::number(round(v.as_real())) : v;
}

double round_up(double d) { return std::ceil(d); }
double round_down(double d) { return std::floor(d); }
double round_half_away(double d) { return std::round(d); }
double round_to_zero(double d) { return std::trunc(d); }

Value absolute(Context&, Arguments args) {
  const Value v = args[0];
  if (!v.is_numeric()) return mismatch(args);
  if (v.is(Kind::uinteger)) return v;
  const bool negative = compare_numeric(v, Value::integer(0)) < 0;
  if (v.is(Kind::real)) return Value::real(std::fabs(v.as_real()));
  return negative ? negate(v) : v;
}

Value sign(Context&, Arguments args) {
  const Value v = args[0];
  if (!v.is_numeric()) return mismatch(args);
  const auto order = compare_numeric(v, Value::integer(0));
  const std::int64_t s = order > 0 ? 1 : order < 0 ? -1 : 0;
  switch (v.kind()) {
    case Kind::integer:
      return Value::integer(s);
    case Kind::uinteger:
      return Value::uinteger(static_cast<std::uint64_t>(s));
    case Kind::real:
      return std::isnan(v.as_real()) ? v : Value::real(static_cast<double>(s));
    default:
      return Value::number(s);
  }
}

Value square_root(Context&, Arguments args) {
  if (!args[0].is_numeric()) return mismatch(args);
  const double root = std::sqrt(to_double(args[0]));
  return args[0].is(Kind::number) ? Value::number(root) : Value::real(root);
}

bool is_double(Value v) { return v.is(Kind::real) || v.is(Kind::number); }

Value is_nan(Context&, Arguments args) {
  return is_double(args[0]) ? Value::boolean(std::isnan(to_double(args[0]))) : mismatch(args);
}

Value is_infinite(Context&, Arguments args) {
  return is_double(args[0]) ? Value::boolean(std::isinf(to_double(args[0]))) : mismatch(args);
}

Value is_finite(Context&, Arguments args) {
  return is_double(args[0]) ? Value::boolean(std::isfinite(to_double(args[0]))) : mismatch(args);
}

// --- Bits ----------------------------------------------------------------------------------------

// The operand as bits of a uint, if it can be one.
std::optional<std::uint64_t> as_uint_bits(Value v) {
  if (v.is(Kind::uinteger)) return v.as_uint();
  if (!v.is(Kind::number)) return std::nullopt;
  if (v.form() == Value::Form::big) return v.as_uint();
  const auto i = whole_number(v);
  return i && *i >= 0 ? std::optional(static_cast<std::uint64_t>(*i)) : std::nullopt;
}

enum class Bits : std::uint8_t { both, either, differ };

template <Bits op>
std::uint64_t combine(std::uint64_t a, std::uint64_t b) {
  return op == Bits::both ? a & b : op == Bits::either ? a | b : a ^ b;
}

template <Bits op>
Value combined(Context&, Arguments args) {
  const auto i = whole_number(args[0]);
  const auto j = whole_number(args[1]);
  if (i && j) {
    return Value::integer(static_cast<std::int64_t>(
        combine<op>(static_cast<std::uint64_t>(*i), static_cast<std::uint64_t>(*j))));
  }
  const auto u = as_uint_bits(args[0]);
  const auto w = as_uint_bits(args[1]);
  return u && w ? Value::uinteger(combine<op>(*u, *w)) : mismatch(args);
}

Value inverted(Context&, Arguments args) {
  if (const auto i = whole_number(args[0])) return Value::integer(~*i);
  const auto u = as_uint_bits(args[0]);
  return u ? Value::uinteger(~*u) : mismatch(args);
}

// Shifts are logical; 64 places and more leave nothing.
template <bool left>
Value shifted(Context& c, Arguments args) {
  const auto places = whole_number(args[1]);
  const auto i = whole_number(args[0]);
  const auto u = i ? static_cast<std::uint64_t>(*i) : as_uint_bits(args[0]);
  if (!places || !u) return mismatch(args);
  if (*places < 0)
    return fail(c.arena(), ErrorKind::bad_value, "a shift by less than nothing", args[1]);
  std::uint64_t r = 0;
  if (*places < 64) r = left ? *u << *places : *u >> *places;
  return i ? Value::integer(static_cast<std::int64_t>(r)) : Value::uinteger(r);
}

constexpr Function kFunctions[] = {
    {"math.greatest", CallStyle::global, 1, kAnyNumber, extreme<true>, "math.greatest(x, ...)",
     "The greatest of the numbers, or of one list of numbers.", "math.greatest(1, 2.5, 2)", "2.5"},
    {"math.least", CallStyle::global, 1, kAnyNumber, extreme<false>, "math.least(x, ...)",
     "The least of the numbers, or of one list of numbers.", "math.least([3, 1, 2])", "1"},
    {"math.ceil", CallStyle::global, 1, 1, rounded<round_up>, "math.ceil(x)",
     "The next whole double above.", "math.ceil(1.2)", "2.0"},
    {"math.floor", CallStyle::global, 1, 1, rounded<round_down>, "math.floor(x)",
     "The next whole double below.", "math.floor(-1.2)", "-2.0"},
    {"math.round", CallStyle::global, 1, 1, rounded<round_half_away>, "math.round(x)",
     "The nearest whole double, halves away from zero.", "math.round(2.5)", "3.0"},
    {"math.trunc", CallStyle::global, 1, 1, rounded<round_to_zero>, "math.trunc(x)",
     "The double without its fraction.", "math.trunc(-1.7)", "-1.0"},
    {"math.abs", CallStyle::global, 1, 1, absolute, "math.abs(x)", "The distance from zero.",
     "math.abs(-3)", "3"},
    {"math.sign", CallStyle::global, 1, 1, sign, "math.sign(x)", "-1, 0 or 1 of the type of x.",
     "math.sign(-0.5)", "-1.0"},
    {"math.sqrt", CallStyle::global, 1, 1, square_root, "math.sqrt(x)",
     "The square root, a double.", "math.sqrt(81)", "9.0"},
    {"math.isNaN", CallStyle::global, 1, 1, is_nan, "math.isNaN(x)",
     "True for a double that is NaN.", "math.isNaN(0.0 / 0.0)", "true"},
    {"math.isInf", CallStyle::global, 1, 1, is_infinite, "math.isInf(x)",
     "True for a double that is infinite.", "math.isInf(1.0 / 0.0)", "true"},
    {"math.isFinite", CallStyle::global, 1, 1, is_finite, "math.isFinite(x)",
     "True for a double that is neither.", "math.isFinite(1.5)", "true"},
    {"math.bitAnd", CallStyle::global, 2, 2, combined<Bits::both>, "math.bitAnd(a, b)",
     "The bits in both ints or uints.", "math.bitAnd(6, 3)", "2"},
    {"math.bitOr", CallStyle::global, 2, 2, combined<Bits::either>, "math.bitOr(a, b)",
     "The bits in either.", "math.bitOr(6, 3)", "7"},
    {"math.bitXor", CallStyle::global, 2, 2, combined<Bits::differ>, "math.bitXor(a, b)",
     "The bits in one of them.", "math.bitXor(6, 3)", "5"},
    {"math.bitNot", CallStyle::global, 1, 1, inverted, "math.bitNot(a)", "All bits turned.",
     "math.bitNot(0)", "-1"},
    {"math.bitShiftLeft", CallStyle::global, 2, 2, shifted<true>, "math.bitShiftLeft(a, n)",
     "The bits moved up by n places.", "math.bitShiftLeft(1, 10)", "1024"},
    {"math.bitShiftRight", CallStyle::global, 2, 2, shifted<false>, "math.bitShiftRight(a, n)",
     "The bits moved down by n places, zeros from above.", "math.bitShiftRight(1024, 3)", "128"},
};

}  // namespace

Library math_library() { return {"Math", kFunctions}; }

}  // namespace streamutils::expr
