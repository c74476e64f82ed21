// Numbers as text: grammar, order, identity, conversion.
// SPDX-License-Identifier: Apache-2.0
#include "base/decimal.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>

namespace streamutils {
namespace {

std::string canonical(std::string_view text) {
  std::string out;
  append_canonical_number(out, text);
  return out;
}

// -1, 0 or 1: Catch2 does not know std::strong_ordering.
int order(std::string_view a, std::string_view b) {
  const auto result = compare_numbers(a, b);
  return result < 0 ? -1 : result > 0 ? 1 : 0;
}

TEST_CASE("is_number is the grammar of RFC 8259") {
  const std::string good = GENERATE("0", "-0", "5", "10", "-12.50", "0.0", "1e5", "1E+05", "0e-0",
                                    "-0.0E-05", "123456789012345678901234567890.5e400");
  const std::string bad =
      GENERATE("", "-", "01", "-01", "00", "1.", ".5", "+1", "1e", "1e+", "1.e5", "1 ", " 1", "0x1",
               "NaN", "Infinity", "1e5.0", "--1", "1,5");
  CAPTURE(good, bad);
  CHECK(is_number(good));
  CHECK(!is_number(bad));
}

TEST_CASE("numbers compare as points on the number line") {
  struct Row {
    std::string less;
    std::string greater;
  };
  const Row row = GENERATE(
      Row{"1", "2"}, Row{"-2", "-1"}, Row{"-1", "0"}, Row{"0", "1e-99999999999999999999"},
      Row{"9007199254740992", "9007199254740993"}, Row{"0.1", "0.10000000000000001"},
      Row{"0.09", "0.1"}, Row{"9.99", "10"}, Row{"99", "1e2"}, Row{"-1e2", "-99"},
      Row{"12.5", "12.50001"}, Row{"123456789012345678", "123456789012345679"},
      Row{"12345678901234567890", "12345678901234567890.1"}, Row{"1e999999998", "1e999999999"},
      Row{"1e-999999999", "1e-999999998"}, Row{"-1e999999999", "-1e999999998"},
      Row{"1e99999999999999999998", "1e99999999999999999999"},
      Row{"9e99999999999999999998", "1e99999999999999999999"},
      Row{"1e-99999999999999999999", "1e-99999999999999999998"},
      Row{"9e999999999999999999", "1e1000000000000000000"},
      Row{"-1e100000000000000000000", "1e-100000000000000000000"},
      Row{"1e-100000000000000000000", "1e-5"}, Row{"-5", "3e-1"});
  CAPTURE(row.less, row.greater);
  CHECK(order(row.less, row.greater) == -1);
  CHECK(order(row.greater, row.less) == 1);
  CHECK(order(row.less, row.less) == 0);
  CHECK(canonical(row.less) != canonical(row.greater));
}

TEST_CASE("equal numbers share one spelling") {
  struct Row {
    std::string text;
    std::string canonical;
  };
  const Row row = GENERATE(
      Row{"0", "0"}, Row{"-0", "0"}, Row{"0.000", "0"}, Row{"-0e99999999999999999999", "0"},
      Row{"1", "1"}, Row{"1.0", "1"}, Row{"1e0", "1"}, Row{"10e-1", "1"}, Row{"0.1e1", "1"},
      Row{"-1.00", "-1"}, Row{"100", "100"}, Row{"1e2", "100"}, Row{"12.5", "125e-1"},
      Row{"12.50", "125e-1"}, Row{"0.125e2", "125e-1"}, Row{"0.001", "1e-3"},
      Row{"1e18", "1000000000000000000"}, Row{"1e19", "1e19"},
      Row{"9999999999999999999", "9999999999999999999"},
      Row{"-9999999999999999999", "-9999999999999999999"}, Row{"10000000000000000000", "1e19"},
      Row{"12345678901234567890", "1234567890123456789e1"},
      Row{"1e100000000000000000000", "1e100000000000000000000"},
      Row{"10e99999999999999999999", "1e100000000000000000000"},
      Row{"0.1e100000000000000000000", "1e99999999999999999999"},
      Row{"1000e-100000000000000000000", "1e-99999999999999999997"},
      Row{"0.01e-99999999999999999999", "1e-100000000000000000001"},
      Row{"1e00000000000000000000002", "100"},
      Row{"10e999999999999999999", "1e1000000000000000000"});
  CAPTURE(row.text);
  CHECK(canonical(row.text) == row.canonical);
  CHECK(order(row.text, row.canonical) == 0);
  CHECK(is_number(row.canonical));
}

// A number below 10^12 in units of 10^-6, in one of its many spellings.
std::string spell(std::int64_t millionths, std::mt19937_64& random) {
  const auto shift = static_cast<int>(random() % 12);
  std::string digits = std::to_string(std::abs(millionths));
  digits.insert(0, static_cast<std::size_t>(std::max<std::int64_t>(0, 19 - std::ssize(digits))),
                '0');
  digits.append(random() % 6, '0');
  const std::size_t point = 19 - static_cast<std::size_t>(shift);
  std::string whole = digits.substr(0, point);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  std::string text = (millionths < 0 ? "-" : "") + whole + "." + digits.substr(point) + "0";
  const int exponent = shift - 6;
  if (exponent != 0) text.append("e").append(std::to_string(exponent));
  return text;
}

TEST_CASE("order and identity do not depend on the spelling") {
  std::mt19937_64 random(4);
  for (int i = 0; i < 10000; ++i) {
    const auto a = static_cast<std::int64_t>(random()) >> (8 + random() % 56);
    const auto b =
        random() % 4 == 0 ? a : static_cast<std::int64_t>(random()) >> (8 + random() % 56);
    const std::string x = spell(a, random), y = spell(b, random);
    CAPTURE(a, b, x, y);
    REQUIRE(is_number(x));
    REQUIRE(order(x, y) == (a < b ? -1 : a > b));
    REQUIRE((canonical(x) == canonical(y)) == (a == b));
    REQUIRE(to_int64(x) == (a % 1'000'000 == 0 ? std::optional(a / 1'000'000) : std::nullopt));
    const auto decimal = to_decimal(x);
    REQUIRE(decimal);
    Decimal::Int128 scaled = decimal->mantissa;
    for (int e = decimal->exponent; e > -6; --e) scaled *= 10;
    REQUIRE(decimal->exponent >= -6);
    REQUIRE((scaled == a));
  }
}

TEST_CASE("to_int64 takes whole numbers in range") {
  struct Row {
    std::string text;
    std::optional<std::int64_t> value;
  };
  const Row row =
      GENERATE(Row{"5", 5}, Row{"5.0", 5}, Row{"5e0", 5}, Row{"0.5e1", 5}, Row{"50e-1", 5},
               Row{"-0", 0}, Row{"-0.0", 0}, Row{"9223372036854775807", INT64_MAX},
               Row{"-9223372036854775808", INT64_MIN}, Row{"9223372036854775807.0", INT64_MAX},
               Row{"-922337203685477580800e-2", INT64_MIN}, Row{"9223372036854775808", {}},
               Row{"-9223372036854775809", {}}, Row{"9223372036854775808.0", {}}, Row{"0.5", {}},
               Row{"5e-1", {}}, Row{"1e19", {}}, Row{"1e99999999999999999999", {}},
               Row{"1e-99999999999999999999", {}}, Row{"0e99999999999999999999", 0});
  CAPTURE(row.text);
  CHECK(to_int64(row.text) == row.value);
}

TEST_CASE("to_double rounds correctly and refuses what is too large") {
  struct Row {
    std::string text;
    std::optional<double> value;
  };
  const Row row =
      GENERATE(Row{"0.1", 0.1}, Row{"9007199254740993", 9007199254740992.0},
               Row{"9007199254740993.00000000000000000000000000000001", 9007199254740994.0},
               Row{"1.7976931348623158e308", 1.7976931348623157e308},
               Row{"1.7976931348623159e308", {}}, Row{"4.9e-324", 5e-324}, Row{"2e-324", 0.0},
               Row{"2.2250738585072011e-308", 2.225073858507201e-308}, Row{"1e400", {}},
               Row{"-1e400", {}}, Row{"1e-400", 0.0}, Row{"1e99999999999999999999", {}},
               Row{"1e-99999999999999999999", 0.0}, Row{"0e99999999999999999999", 0.0});
  CAPTURE(row.text);
  CHECK(to_double(row.text) == row.value);
}

TEST_CASE("append_double is as short for prices as for any number") {
  for (const double power : {1e1, 1e2, 1e3, 1e5, 1e6, 1e7}) {
    for (std::uint64_t n = 1; n < 40'000'000'000'000'000; n = n * 3 + n % 7) {
      const double d = static_cast<double>(n) / power;
      if (d < 1e-4 || d >= 1e15) continue;  // where the layouts of the two agree
      std::string text;
      append_double(text, d);
      CHECK(text == fmt::format("{}", d));
    }
  }
}

TEST_CASE("append_double is short, plain where it can be, and reads back") {
  struct Row {
    double value;
    std::string text;
  };
  const Row row = GENERATE(
      Row{0.0, "0"}, Row{-0.0, "-0"}, Row{1.0, "1"}, Row{-1.5, "-1.5"}, Row{0.1, "0.1"},
      Row{100000.0, "100000"}, Row{12.5, "12.5"}, Row{9007199254740992.0, "9007199254740992"},
      Row{1e20, "100000000000000000000"}, Row{123456789012345680000.0, "123456789012345680000"},
      Row{1e21, "1e+21"}, Row{1.5e300, "1.5e+300"}, Row{0.000001, "0.000001"}, Row{1e-7, "1e-7"},
      Row{-1.25e-9, "-1.25e-9"}, Row{1.7976931348623157e308, "1.7976931348623157e+308"},
      Row{5e-324, "5e-324"}, Row{1.0 / 3, "0.3333333333333333"});
  std::string text = "x";
  append_double(text, row.value);
  CHECK(text == std::string("x").append(row.text));
}

TEST_CASE("every double reads back, to the bit") {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20000; ++i) {
    const double value = i % 2 == 0 ? std::bit_cast<double>(random())
                                    : static_cast<double>(random() >> (random() % 64)) /
                                          static_cast<double>(1 + random() % 1000);
    if (!std::isfinite(value)) continue;
    std::string text;
    append_double(text, value);
    CAPTURE(text);
    REQUIRE(is_number(text));
    const auto back = to_double(text);
    REQUIRE(back);
    REQUIRE(std::bit_cast<std::uint64_t>(*back) == std::bit_cast<std::uint64_t>(value));
  }
}

TEST_CASE("to_decimal has 38 digits and exponents up to 400") {
  struct Row {
    std::string text;
    bool fits;
  };
  const Row row =
      GENERATE(Row{"1e400", true}, Row{"1e401", false}, Row{"1e-400", true}, Row{"1e-401", false},
               Row{"0e9999", true}, Row{"99999999999999999999999999999999999999", true},
               Row{"100000000000000000000000000000000000001", false},
               Row{"1.000000000000000000000000000000000000000000", true},
               Row{"1e99999999999999999999", false});
  CAPTURE(row.text);
  CHECK(to_decimal(row.text).has_value() == row.fits);
}

TEST_CASE("a short decimal is the double and the text of its number") {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    const auto mantissa =
        static_cast<std::int64_t>(random() >> (random() % 64)) % 1'000'000'000'000'000'000;
    const ShortDecimal number{mantissa, static_cast<int>(random() % 19)};
    std::string text;
    append_number(text, number);
    CAPTURE(mantissa, number.scale, text);
    REQUIRE(is_number(text));
    ShortDecimal back;
    const bool is_short = read_short(text, back);
    const bool is_equal = !is_short || (back <=> number) == 0;
    REQUIRE(is_equal);
    if (const auto d = quick_double(number)) REQUIRE(*d == to_double(text));
  }
}

}  // namespace
}  // namespace streamutils
