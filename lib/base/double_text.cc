// Doubles as text, in the layout of ECMAScript's Number::toString, which RFC 8785 made the
// canonical one for JSON: digits up to 1e21, fractions down to 1e-6, an exponent beyond.  The
// digits are the shortest that read back (std::to_chars).  Unlike there, -0 keeps its sign, because
// it reads back.
// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>

#include "base/decimal.h"
#include "base/digit_text.h"
#include "base/digits.h"

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

// Prices and the like have few digits: d is n / 10^places for a whole n below 10^15.  As both are
// doubles without loss, the quotient is the double nearest to that decimal; and no double is
// nearest to two decimals of 15 digits, so that it is the shortest.  False if d is none of them.
// REQUIRES: d is no whole number.
template <int places>
bool append_short_decimal(std::string& out, double d) {
  constexpr std::uint64_t power = digits::kPowersOfTen[places];
  const double scaled = d * static_cast<double>(power);
  if (!(scaled >= 1 && scaled < 1e15)) return false;
  const double whole = (scaled + 0x1p52) - 0x1p52;  // to the nearest: that is all 2^52 leaves
  if (whole / static_cast<double>(power) != d) return false;
  const auto n = static_cast<std::uint64_t>(whole);
  char buffer[2 * digits::kRoom];
  const char* const end = digits::write_decimal(buffer, n, places);
  out.append(buffer, static_cast<std::size_t>(end - buffer));
  return true;
}

}  // namespace

void append_double(std::string& out, double d) {
  constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
  if (std::signbit(d)) out += '-';
  d = std::fabs(d);
  if (d < kExactIntegers) {
    const auto whole = static_cast<std::int64_t>(d);
    if (static_cast<double>(whole) == d) return append_integer(out, whole);
  }
  if (append_short_decimal<2>(out, d) || append_short_decimal<6>(out, d)) return;
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
