// SPDX-License-Identifier: Apache-2.0
#include "base/double_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/decimal.h"
#include "base/digit_text.h"
#include "base/digits.h"

namespace streamutils {
namespace {

char* write_text(char* to, std::string_view text) {
  return std::copy(text.begin(), text.end(), to);
}

// Writes 0.DIGITS * 10^point.
char* write_laid_out(char* to, std::string_view digits, int point) {
  const int count = static_cast<int>(digits.size());
  if (point > 21 || point < -5) {
    *to++ = digits[0];
    if (count > 1) {
      *to++ = '.';
      to = write_text(to, digits.substr(1));
    }
    to = write_text(to, point > 0 ? "e+" : "e-");
    return digits::write(to, static_cast<std::uint64_t>(std::abs(point - 1)));
  }
  if (point <= 0) {
    to = write_text(to, "0.");
    to = std::fill_n(to, -point, '0');
    return write_text(to, digits);
  }
  if (point >= count) {
    to = write_text(to, digits);
    return std::fill_n(to, point - count, '0');
  }
  const auto whole = static_cast<std::size_t>(point);
  to = write_text(to, digits.substr(0, whole));
  *to++ = '.';
  return write_text(to, digits.substr(whole));
}

// Prices and the like have few digits: d is n / 10^places for a whole n below 10^15.  As both are
// doubles without loss, the quotient is the double nearest to that decimal; and no double is
// nearest to two decimals of 15 digits, so that it is the shortest.  nullptr if d is none of them.
// REQUIRES: d is no whole number.
template <int places>
char* write_short_decimal(char* to, double d) {
  constexpr std::uint64_t power = digits::kPowersOfTen[places];
  const double scaled = d * static_cast<double>(power);
  if (!(scaled >= 1 && scaled < 1e15)) return nullptr;
  const double whole = (scaled + 0x1p52) - 0x1p52;  // to the nearest: that is all 2^52 leaves
  if (whole / static_cast<double>(power) != d) return nullptr;
  return digits::write_decimal(to, static_cast<std::uint64_t>(static_cast<std::int64_t>(whole)),
                               places);
}

// Whatever the digits are.
char* write_shortest(char* to, double d) {
  char text[32];  // "d.dddddddddddddddde-ddd"
  const char* const end =
      std::to_chars(text, text + sizeof text, d, std::chars_format::scientific).ptr;
  const std::string_view spelled(text, static_cast<std::size_t>(end - text));
  const std::size_t e = spelled.find('e');
  int exponent = 0;
  std::from_chars(text + e + (text[e + 1] == '+' ? 2 : 1), end, exponent);
  if (e > 1) text[1] = text[0];  // closes the gap of the point
  const std::string_view digits = e > 1 ? spelled.substr(1, e - 1) : spelled.substr(0, 1);
  return write_laid_out(to, digits, exponent + 1);
}

}  // namespace

char* write_double(char* to, double d) {
  constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
  if (std::signbit(d)) {
    *to++ = '-';
    d = -d;
  }
  if (d < kExactIntegers) {
    const auto whole = static_cast<std::int64_t>(d);
    if (static_cast<double>(whole) == d) {
      return digits::write(to, static_cast<std::uint64_t>(whole));
    }
  }
  if (char* const end = write_short_decimal<2>(to, d)) return end;
  if (char* const end = write_short_decimal<6>(to, d)) return end;
  return write_shortest(to, d);
}

void append_double(std::string& out, double d) {
  char text[kDoubleRoom];
  out.append(text, static_cast<std::size_t>(write_double(text, d) - text));
}

}  // namespace streamutils
