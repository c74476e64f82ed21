// Numbers as text: grammar, order, identity and conversion.
// SPDX-License-Identifier: Apache-2.0
#include "base/decimal.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "base/number_text.h"
#include "base/short_decimal.h"

namespace streamutils {
namespace {

using Int128 = Decimal::Int128;

// Compares two integers given as text, "-" and digits without leading zeros.
std::strong_ordering compare_integers(std::string_view a, std::string_view b) {
  const bool negative = a.front() == '-';
  if (negative != (b.front() == '-')) {
    return negative ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  const auto magnitude = a.size() != b.size() ? a.size() <=> b.size() : a.compare(b) <=> 0;
  return negative ? 0 <=> magnitude : magnitude;
}

// Compares the digits behind "0." of two numbers without copying them together.
std::strong_ordering compare_digits(const NumberText& a, const NumberText& b) {
  std::string_view a1 = a.head, a2 = a.tail, b1 = b.head, b2 = b.tail;
  while (!a1.empty() && !b1.empty()) {
    const std::size_t n = std::min(a1.size(), b1.size());
    const int order = std::memcmp(a1.data(), b1.data(), n);
    if (order != 0) return order <=> 0;
    a1.remove_prefix(n);
    b1.remove_prefix(n);
    if (a1.empty()) a1 = std::exchange(a2, {});
    if (b1.empty()) b1 = std::exchange(b2, {});
  }
  return a1.size() <=> b1.size();
}

std::strong_ordering compare_tops(const NumberText& a, const NumberText& b) {
  const auto small_a = a.top(), small_b = b.top();
  if (small_a && small_b) return *small_a <=> *small_b;
  return compare_integers(a.exact_top(), b.exact_top());
}

int sign_of(const NumberText& n) { return n.is_zero() ? 0 : n.negative ? -1 : 1; }

std::strong_ordering compare_any(std::string_view a_text, std::string_view b_text) {
  const NumberText a = split_number(a_text), b = split_number(b_text);
  const int sign = sign_of(a);
  if (sign != sign_of(b)) return sign <=> sign_of(b);
  if (sign == 0) return std::strong_ordering::equal;
  auto magnitude = compare_tops(a, b);
  if (magnitude == 0) magnitude = compare_digits(a, b);
  return sign < 0 ? 0 <=> magnitude : magnitude;
}

bool is_plain_integer(std::string_view text) {
  const std::string_view magnitude = text.substr(text.front() == '-' ? 1 : 0);
  if (magnitude.size() > 19 || (magnitude == "0" && magnitude.size() != text.size())) return false;
  return std::all_of(magnitude.begin(), magnitude.end(), digits::is_digit);
}

const char* skip_digits(const char* p, const char* end) {
  while (p != end && digits::is_digit(*p)) ++p;
  return p;
}

}  // namespace

bool is_any_number(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (p != end && *p == '-') ++p;
  const char* start = p;
  p = skip_digits(p, end);
  if (p == start || (*start == '0' && p - start > 1)) return false;
  if (p != end && *p == '.') {
    start = ++p;
    p = skip_digits(p, end);
    if (p == start) return false;
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end && (*p == '+' || *p == '-')) ++p;
    start = p;
    p = skip_digits(p, end);
    if (p == start) return false;
  }
  return p == end;
}

std::strong_ordering compare_numbers(std::string_view a, std::string_view b) {
  ShortDecimal x, y;
  if (!read_short(a, x) || !read_short(b, y)) return compare_any(a, b);
  return x <=> y;
}

void append_canonical_number(std::string& out, std::string_view text) {
  if (is_plain_integer(text)) {
    out += text;
    return;
  }
  const NumberText n = split_number(text);
  if (n.is_zero()) {
    out += '0';
    return;
  }
  if (n.negative) out += '-';
  out += n.head;
  out += n.tail;
  const auto top = n.top();
  if (top && *top >= n.digit_count() && *top <= 19) {
    out.append(static_cast<std::size_t>(*top - n.digit_count()), '0');
    return;
  }
  out += 'e';
  out += n.exact_top(-n.digit_count());
}

std::optional<std::int64_t> to_int64(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop == end) return error == std::errc() ? std::optional(value) : std::nullopt;
  const NumberText n = split_number(text);
  if (n.is_zero()) return 0;
  const auto top = n.top();
  if (!top || *top < n.digit_count() || *top > 19) return std::nullopt;
  Int128 magnitude = 0;
  for (const char c : n.head) magnitude = magnitude * 10 + (c - '0');
  for (const char c : n.tail) magnitude = magnitude * 10 + (c - '0');
  magnitude *= digits::kPowersOfTen[*top - n.digit_count()];
  const Int128 whole = n.negative ? -magnitude : magnitude;
  if (whole < std::numeric_limits<std::int64_t>::min() ||
      whole > std::numeric_limits<std::int64_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(whole);
}

std::optional<double> to_double(std::string_view text) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc()) return value;
  // from_chars does not say whether the number was too large or too small.
  const NumberText n = split_number(text);
  const bool small = n.is_zero() || n.exact_top().front() == '-';
  if (!small) return std::nullopt;
  return n.negative ? -0.0 : 0.0;
}

std::optional<Decimal> to_decimal(std::string_view text) {
  const NumberText n = split_number(text);
  if (n.is_zero()) return Decimal{};
  const auto top = n.top();
  if (!top || n.digit_count() > 38) return std::nullopt;
  const std::int64_t exponent = *top - n.digit_count();
  if (exponent < -400 || exponent > 400) return std::nullopt;
  Decimal result;
  for (const char c : n.head) result.mantissa = result.mantissa * 10 + (c - '0');
  for (const char c : n.tail) result.mantissa = result.mantissa * 10 + (c - '0');
  if (n.negative) result.mantissa = -result.mantissa;
  result.exponent = static_cast<std::int32_t>(exponent);
  return result;
}

}  // namespace streamutils
