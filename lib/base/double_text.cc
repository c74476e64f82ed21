// Doubles as text, in the layout of ECMAScript's Number::toString, which RFC 8785 made the
// canonical one for JSON: digits up to 1e21, fractions down to 1e-6, an exponent beyond.  The
// digits are the shortest that read back (std::to_chars).  Unlike there, -0 keeps its sign, because
// it reads back.
// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>

#include "base/decimal.h"

namespace streamutils {
namespace {

void append_integer(std::string& out, std::int64_t n) {
  char buffer[24];
  const char* const end = std::to_chars(buffer, buffer + sizeof buffer, n).ptr;
  out.append(buffer, static_cast<std::size_t>(end - buffer));
}

// Appends 0.DIGITS * 10^point.
void append_laid_out(std::string& out, std::string_view digits, int point) {
  const int count = static_cast<int>(digits.size());
  if (point > 21 || point < -5) {
    out += digits[0];
    if (count > 1) (out += '.') += digits.substr(1);
    out += point > 0 ? "e+" : "e";
    append_integer(out, point - 1);
  } else if (point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  } else if (point >= count) {
    out += digits;
    out.append(static_cast<std::size_t>(point - count), '0');
  } else {
    const auto whole = static_cast<std::size_t>(point);
    ((out += digits.substr(0, whole)) += '.') += digits.substr(whole);
  }
}

// Appends n * 10^-places, without the zeros at its end.  REQUIRES: 0 < n < 10^15, and places digits
// fit the buffer.
void append_decimal(std::string& out, std::uint64_t n, int places) {
  for (; n % 10 == 0; n /= 10) --places;
  char buffer[24];  // 000001 of 0.000001, at most 15 digits
  char* at = buffer + sizeof buffer;
  char* const end = at;
  for (; places > 0; --places, n /= 10) *--at = static_cast<char>('0' + n % 10);
  *--at = '.';
  do {
    *--at = static_cast<char>('0' + n % 10);
    n /= 10;
  } while (n != 0);
  out.append(at, static_cast<std::size_t>(end - at));
}

// Prices and the like have few digits: d is n / 10^places for a whole n below 10^15.  As both are
// doubles without loss, the quotient is the double nearest to that decimal; and no double is
// nearest to two decimals of 15 digits, so that it is the shortest.
bool append_short_decimal(std::string& out, double d) {
  struct Scale {
    int places;
    double power;
  };
  for (const Scale& scale : {Scale{2, 1e2}, Scale{6, 1e6}}) {
    const double scaled = d * scale.power;
    if (!(scaled >= 1 && scaled < 1e15)) return false;
    const double n = (scaled + 0x1p52) - 0x1p52;  // to the nearest whole: that is all 2^52 leaves
    if (n / scale.power != d) continue;
    append_decimal(out, static_cast<std::uint64_t>(n), scale.places);
    return true;
  }
  return false;
}

}  // namespace

void append_double(std::string& out, double d) {
  constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
  if (std::signbit(d)) out += '-';
  d = std::fabs(d);
  if (d < kExactIntegers && d == std::floor(d)) {
    append_integer(out, static_cast<std::int64_t>(d));
    return;
  }
  if (append_short_decimal(out, d)) return;
  char text[32];  // "d.dddddddddddddddde-ddd"
  const char* const end =
      std::to_chars(text, text + sizeof text, d, std::chars_format::scientific).ptr;
  const std::string_view spelled(text, static_cast<std::size_t>(end - text));
  const std::size_t e = spelled.find('e');
  int exponent = 0;
  std::from_chars(text + e + (text[e + 1] == '+' ? 2 : 1), end, exponent);
  if (e > 1) text[1] = text[0];  // closes the gap of the point
  const std::string_view digits = e > 1 ? spelled.substr(1, e - 1) : spelled.substr(0, 1);
  append_laid_out(out, digits, exponent + 1);
}

}  // namespace streamutils
