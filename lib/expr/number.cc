// SPDX-License-Identifier: Apache-2.0
#include "expr/number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>

#include "base/decimal.h"
#include "base/digit_text.h"
#include "base/short_decimal.h"
#include "expr/error.h"

namespace streamutils::expr {
namespace {

__extension__ typedef __int128 Int128;

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// --- Reading -------------------------------------------------------------------------------------

Value number_from_any_text(std::string_view text) {
  if (const auto i = to_int64(text)) return Value::number(*i);
  std::uint64_t u = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), u);
  if (error == std::errc() && end == text.data() + text.size()) return Value::number_big(u);
  const auto d = streamutils::to_double(text);
  if (!d || !std::isfinite(*d)) return fail(ErrorKind::damaged);
  if (*d >= 0x1p63 && *d < 0x1p64) return Value::number_big(static_cast<std::uint64_t>(*d));
  return Value::number(*d);
}

// --- Two operands --------------------------------------------------------------------------------

bool is_strict_integer(Value v) { return v.is(Kind::integer) || v.is(Kind::uinteger); }

std::optional<Int128> whole_128(Value v) {
  switch (v.kind()) {
    case Kind::integer:
      return v.as_int();
    case Kind::uinteger:
      return static_cast<Int128>(v.as_uint());
    case Kind::number:
      if (v.form() == Value::Form::whole) return v.as_int();
      if (v.form() == Value::Form::big) return static_cast<Int128>(v.as_uint());
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

bool is_beyond_int(Value v) {
  return v.form() == Value::Form::big ||
         (v.is(Kind::uinteger) && v.as_uint() > static_cast<std::uint64_t>(kMax));
}

Value int_result(Arithmetic op, std::int64_t a, std::int64_t b) {
  std::int64_t r = 0;
  bool overflow = false;
  switch (op) {
    case Arithmetic::add:
      overflow = __builtin_add_overflow(a, b, &r);
      break;
    case Arithmetic::subtract:
      overflow = __builtin_sub_overflow(a, b, &r);
      break;
    case Arithmetic::multiply:
      overflow = __builtin_mul_overflow(a, b, &r);
      break;
    case Arithmetic::divide:
    case Arithmetic::remainder:
      if (b == 0) return fail(ErrorKind::division_by_zero);
      overflow = a == kMin && b == -1;
      if (!overflow) r = op == Arithmetic::divide ? a / b : a % b;
      break;
  }
  return overflow ? fail(ErrorKind::overflow) : Value::integer(r);
}

Value uint_result(Arithmetic op, std::uint64_t a, std::uint64_t b) {
  std::uint64_t r = 0;
  bool overflow = false;
  switch (op) {
    case Arithmetic::add:
      overflow = __builtin_add_overflow(a, b, &r);
      break;
    case Arithmetic::subtract:
      overflow = __builtin_sub_overflow(a, b, &r);
      break;
    case Arithmetic::multiply:
      overflow = __builtin_mul_overflow(a, b, &r);
      break;
    case Arithmetic::divide:
    case Arithmetic::remainder:
      if (b == 0) return fail(ErrorKind::division_by_zero);
      r = op == Arithmetic::divide ? a / b : a % b;
      break;
  }
  return overflow ? fail(ErrorKind::overflow) : Value::uinteger(r);
}

// a op b in 128 bits, or nothing if that is no whole number (or too large).
std::optional<Int128> exact_result(Arithmetic op, Int128 a, Int128 b) {
  Int128 r = 0;
  switch (op) {
    case Arithmetic::add:
      return a + b;
    case Arithmetic::subtract:
      return a - b;
    case Arithmetic::multiply:
      if (__builtin_mul_overflow(a, b, &r)) return std::nullopt;
      return r;
    case Arithmetic::divide:
      if (b == 0 || a % b != 0) return std::nullopt;
      return a / b;
    case Arithmetic::remainder:
      return a % b;
  }
  return std::nullopt;
}

// Exact while both operands are whole and the result fits int64 (or uint64, for the hashes and ids
// that came in beyond int64), else a double: an event number never overflows.
Value number_result(Arithmetic op, Value a, Value b) {
  if (a.form() == Value::Form::whole && b.form() == Value::Form::whole && op < Arithmetic::divide) {
    const Value exact = int_result(op, a.as_int(), b.as_int());
    if (!exact.is_error()) return Value::number(exact.as_int());
  }
  const auto has_fraction = [](Value v) {
    return v.is(Kind::real) || (v.is(Kind::number) && v.form() == Value::Form::plain);
  };
  if (has_fraction(a) || has_fraction(b)) {
    return Value::number(calculate_reals(op, to_double(a), to_double(b)));
  }
  const auto x = whole_128(a);
  const auto y = whole_128(b);
  if (x && y) {
    const auto r = exact_result(op, *x, *y);
    if (r && *r >= kMin && *r <= kMax) return Value::number(static_cast<std::int64_t>(*r));
    if (r && *r > kMax && *r <= static_cast<Int128>(std::numeric_limits<std::uint64_t>::max()) &&
        (is_beyond_int(a) || is_beyond_int(b))) {
      return Value::number_big(static_cast<std::uint64_t>(*r));
    }
  }
  return Value::number(calculate_reals(op, to_double(a), to_double(b)));
}

constexpr ErrorDetail kNotWhole{"% wants whole numbers", Value::null(), false};

// The remainder with an event number in it.  A strict double takes part if it is whole.
Value number_remainder(Value a, Value b) {
  const auto as_whole = [](Value v) {
    return whole_128(v.is(Kind::real) ? Value::number(v.as_real()) : v);
  };
  const auto x = as_whole(a);
  const auto y = as_whole(b);
  if (!x || !y) return Value::error(ErrorKind::bad_value, kNoNode, &kNotWhole);
  if (*y == 0) return fail(ErrorKind::division_by_zero);
  const Int128 r = *x % *y;
  return r > kMax ? Value::number_big(static_cast<std::uint64_t>(r))
                  : Value::number(static_cast<std::int64_t>(r));
}

std::partial_ordering compare_int_to_real(Int128 i, double d) {
  if (std::isnan(d)) return std::partial_ordering::unordered;
  if (d >= 0x1p65) return std::partial_ordering::less;
  if (d <= -0x1p65) return std::partial_ordering::greater;
  const auto floor = static_cast<Int128>(d);  // towards zero; what is cut off decides equal ones
  if (i != floor) return i < floor ? std::partial_ordering::less : std::partial_ordering::greater;
  return 0.0 <=> d - static_cast<double>(floor);
}

}  // namespace

Value number_from_json(std::string_view text) {
  std::uint32_t few;
  int places;
  if (digits::read_short_number(text, few, places)) return decimal_number(few, places);
  ShortDecimal d;
  if (!read_less_short(text, d)) return number_from_any_text(text);
  if (d.scale == 0 || d.mantissa == 0) return Value::number(d.mantissa);
  const auto real = quick_double(d);
  return real ? Value::number(*real) : number_from_any_text(text);
}

std::optional<std::int64_t> whole_number(Value v) {
  if (v.is(Kind::integer)) return v.as_int();
  if (v.is(Kind::number) && v.form() == Value::Form::whole) return v.as_int();
  return std::nullopt;
}

std::optional<std::int64_t> whole_index(Value v) {
  if (v.is(Kind::real)) v = Value::number(v.as_real() == 0 ? 0.0 : v.as_real());
  if (v.is(Kind::uinteger)) v = Value::number_big(v.as_uint());
  return whole_number(v);
}

Value calculate_any(Arithmetic op, Value a, Value b) {
  if (a.kind() == b.kind()) {
    if (a.is(Kind::integer)) return int_result(op, a.as_int(), b.as_int());
    if (a.is(Kind::uinteger)) return uint_result(op, a.as_uint(), b.as_uint());
  }
  if (a.is(Kind::number) || b.is(Kind::number)) {
    return op == Arithmetic::remainder ? number_remainder(a, b) : number_result(op, a, b);
  }
  if (op == Arithmetic::remainder || (is_strict_integer(a) && is_strict_integer(b))) {
    return no_overload({a, b});
  }
  return Value::real(calculate_reals(op, to_double(a), to_double(b)));
}

Value negate(Value a) {
  switch (a.kind()) {
    case Kind::integer:
      return a.as_int() == kMin ? fail(ErrorKind::overflow) : Value::integer(-a.as_int());
    case Kind::real:
      return Value::real(-a.as_real());
    case Kind::number:
      if (const auto i = whole_number(a); i && *i != kMin) return Value::number(-*i);
      return Value::number(-to_double(a));
    default:
      return no_overload({a});
  }
}

std::partial_ordering compare_numeric_exactly(Value a, Value b) {
  const auto x = whole_128(a);
  const auto y = whole_128(b);
  if (x && y) {
    if (*x == *y) return std::partial_ordering::equivalent;
    return *x < *y ? std::partial_ordering::less : std::partial_ordering::greater;
  }
  if (x) return compare_int_to_real(*x, b.as_real());
  if (y) return 0 <=> compare_int_to_real(*y, a.as_real());
  return a.as_real() <=> b.as_real();
}

std::partial_ordering order_numeric(Value a, Value b) {
  const auto meet = [](Value i, Value d) {
    if (!d.is(Kind::real)) return false;
    if (i.is(Kind::integer)) return i.as_int() == kMax && d.as_real() == 0x1p63;
    return i.is(Kind::uinteger) && ~i.as_uint() == 0 && d.as_real() == 0x1p64;
  };
  if (meet(a, b) || meet(b, a)) return std::partial_ordering::equivalent;
  return compare_numeric(a, b);
}

char* write_number(char* to, Value v) {
  if (v.is(Kind::real)) v = Value::number(v.as_real());
  if (v.is(Kind::number) && v.form() == Value::Form::plain) {
    const double d = v.as_real();
    if (!std::isfinite(d)) return nullptr;
    if (!(d >= 0x1p63 && d < 0x1p64)) return write_double(to, d);
    v = Value::uinteger(static_cast<std::uint64_t>(d));  // 9223372036854775808, not …6000
  }
  std::uint64_t magnitude = v.as_uint();
  if ((v.is(Kind::integer) || v.form() == Value::Form::whole) && v.as_int() < 0) {
    *to++ = '-';
    magnitude = -magnitude;
  }
  return digits::write(to, magnitude);
}

void append_number(std::string& out, Value v) {
  char text[kNumberRoom];
  if (const char* const end = write_number(text, v)) {
    out.append(text, static_cast<std::size_t>(end - text));
  } else {
    const double d = v.as_real();
    out += std::isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity";
  }
}

}  // namespace streamutils::expr
