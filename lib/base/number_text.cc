// Splitting the text of a number, and adding to exponents that no integer type holds.
// SPDX-License-Identifier: Apache-2.0
#include "base/number_text.h"

#include <algorithm>

namespace streamutils {
namespace {

std::string_view without_leading_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

std::string_view without_trailing_zeros(std::string_view digits) {
  return digits.substr(0, digits.find_last_not_of('0') + 1);
}

// digits + n on paper.  REQUIRES: digits has no leading zero and more digits than n, or the sum
// would change its sign.
std::string add_to_digits(std::string_view digits, std::int64_t n) {
  std::string sum(digits);
  for (std::size_t i = sum.size(); i-- > 0 && n != 0;) {
    n += sum[i] - '0';
    std::int64_t digit = n % 10;
    n /= 10;
    if (digit < 0) {
      digit += 10;
      --n;
    }
    sum[i] = static_cast<char>('0' + digit);
  }
  if (n > 0) sum.insert(0, std::to_string(n));
  return std::string(without_leading_zeros(sum));
}

}  // namespace

NumberText split_number(std::string_view text) {
  NumberText parts;
  if (text.front() == '-') {
    parts.negative = true;
    text.remove_prefix(1);
  }
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view exponent = text.substr(e + 1);
    parts.exponent_negative = exponent.front() == '-';
    if (!digits::is_digit(exponent.front())) exponent.remove_prefix(1);
    parts.exponent = without_leading_zeros(exponent);
    text = text.substr(0, e);
  }
  const std::size_t dot = std::min(text.find('.'), text.size());
  const std::string_view whole = without_leading_zeros(text.substr(0, dot));
  const std::string_view fraction =
      without_trailing_zeros(text.substr(std::min(dot + 1, text.size())));
  parts.point = static_cast<std::int64_t>(whole.size());
  if (whole.empty()) {
    parts.head = without_leading_zeros(fraction);
    parts.point = -static_cast<std::int64_t>(fraction.size() - parts.head.size());
  } else if (fraction.empty()) {
    parts.head = without_trailing_zeros(whole);
  } else {
    parts.head = whole;
    parts.tail = fraction;
  }
  const auto written = static_cast<std::int64_t>(text.size() - (dot < text.size() ? 1 : 0));
  const auto leading = static_cast<std::int64_t>(dot) - parts.point;
  parts.trailing_zeros = written - leading - parts.digit_count();
  return parts;
}

std::optional<std::int64_t> NumberText::top() const {
  if (exponent.size() > 18) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : exponent) value = value * 10 + (c - '0');
  return point + (exponent_negative ? -value : value);
}

std::string NumberText::exact_top(std::int64_t offset) const {
  if (const auto small = top()) return std::to_string(*small + offset);
  // The exponent is at least 10^18 and the rest is bounded by the length of a text: the sign stays.
  const std::int64_t n = point + offset;
  return exponent_negative ? '-' + add_to_digits(exponent, -n) : add_to_digits(exponent, n);
}

}  // namespace streamutils
