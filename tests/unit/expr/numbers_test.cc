// The number rule: numbers of events. The worked examples, and arithmetic against 128 bits.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <string>

#include "expr/number.h"
#include "support.h"

namespace streamutils::expr::test {
namespace {

struct JsonRow {
  const char* text;
  const char* event;
  const char* json;
};

void check_json(std::initializer_list<JsonRow> rows) {
  for (const JsonRow& row : rows) {
    CAPTURE(row.text, row.event);
    CHECK(json_of(row.text, row.event) == row.json);
  }
}

TEST_CASE("the worked examples of the number rule", "[expr]") {
  for (const char* event :
       {"{\"a\":7}", "{\"a\":7.0}", "{\"a\":7e0}", "{\"a\":70e-1}", "{\"a\":0.7E1}"}) {
    check_json({
        {"a/2", event, "3.5"},
        {"int(a)/2", event, "3"},
        {"a%2", event, "1"},
        {"a+1", event, "8"},
        {"a*0.5", event, "3.5"},
        {"type(a)==double", event, "true"},
        {"[1,7].exists(x, x==a)", event, "true"},
        {"{7:\"x\"}[a]", event, "\"x\""},
        {"\"n\"+string(a)", event, "\"n7\""},
        {"a", event, "7"},
        {"[0,1,2,3,4,5,6,7][a]", event, "7"},
        {"'0123456789'.substring(a)", event, "\"789\""},
        {"timestamp(a)", event, "\"1970-01-01T00:00:07Z\""},
        {"math.bitAnd(a, 4)", event, "4"},
        {"{a: 'x'}[7]", event, "\"x\""},
    });
  }
  check_json({
      {"a%2", "{\"a\":7.5}", "error bad_value"},
      {"[1,2,3,4,5,6,7,8][a]", "{\"a\":7.5}", "error out_of_range"},
      {"'abc'.substring(a)", "{\"a\":1.5}", "error no_overload"},
      {"t - 1", "{\"t\":1700000000000000001}", "1700000000000000000"},
      {"t/1000000000", "{\"t\":1700000000000000001}", "1700000000"},
      {"t == 1700000000000000001", "{\"t\":1700000000000000001}", "true"},
      {"t == 1700000000000000000", "{\"t\":1700000000000000001}", "false"},
      {"a+1", "{\"a\":9223372036854775807}", "9223372036854775808"},
      {"a+1 == 9223372036854775808.0", "{\"a\":9223372036854775807}", "true"},
      {"a < 9223372036854775808.0", "{\"a\":9223372036854775807}", "true"},
      {"a", "{\"a\":1e400}", "error damaged"},
      {"a", "{\"a\":-1e400}", "error damaged"},
      {"b", "{\"a\":1e400,\"b\":1}", "1"},
  });
}

TEST_CASE("event numbers keep 64 bits, and mix", "[expr]") {
  check_json({
      {"h", "{\"h\":18446744073709551615}", "18446744073709551615"},
      {"uint(h)", "{\"h\":18446744073709551615}", "18446744073709551615"},
      {"int(h)", "{\"h\":18446744073709551615}", "error overflow"},
      {"h == 18446744073709551615u", "{\"h\":18446744073709551615}", "true"},
      {"h - 1", "{\"h\":18446744073709551615}", "18446744073709551614"},
      {"h - 18446744073709551610", "{\"h\":18446744073709551615}", "refused"},
      {"h - 18446744073709551610u", "{\"h\":18446744073709551615}", "5"},
      {"h + 1", "{\"h\":18446744073709551615}", "18446744073709552000"},
      {"int(a)", "{\"a\":-9223372036854775808}", "-9223372036854775808"},
      {"-a", "{\"a\":-9223372036854775808}", "9223372036854775808"},
      {"a", "{\"a\":-0}", "0"},
      {"a", "{\"a\":-0.0}", "0"},
      {"a", "{\"a\":1.50}", "1.5"},
      {"a", "{\"a\":0.1}", "0.1"},
      {"a + b", "{\"a\":0.1,\"b\":0.2}", "0.30000000000000004"},
      {"a", "{\"a\":1e21}", "1e+21"},
      {"a", "{\"a\":123456789012345678901234567890}", "1.2345678901234568e+29"},
      {"a * b", "{\"a\":3000000000,\"b\":3000000000}", "9000000000000000000"},
      {"a * b", "{\"a\":12.5,\"b\":4}", "50"},
      {"a / b", "{\"a\":6,\"b\":2}", "3"},
      {"a / b", "{\"a\":7,\"b\":2}", "3.5"},
      {"a / b", "{\"a\":9007199254740993,\"b\":1}", "9007199254740993"},
      {"a / b", "{\"a\":1,\"b\":0}", "unset"},
      {"a / b > 1e308", "{\"a\":1,\"b\":0}", "true"},
      {"math.isNaN(a / b)", "{\"a\":0,\"b\":0}", "true"},
      {"a % b", "{\"a\":-7,\"b\":3}", "-1"},
      {"a % 0", "{\"a\":7}", "error division_by_zero"},
      {"a % 2.0", "{\"a\":7}", "1"},
      {"(a * 0.5) % 2", "{\"a\":6}", "1"},
      {"a + 1u", "{\"a\":7}", "8"},
      {"a < 7.5", "{\"a\":7}", "true"},
      {"a >= 7u", "{\"a\":7}", "true"},
      {"a < '8'", "{\"a\":7}", "error no_overload"},
      {"a + 'x'", "{\"a\":7}", "error no_overload"},
      {"a == '7'", "{\"a\":7}", "false"},
      {"double(a) % 2.0", "{\"a\":7}", "error no_overload"},
      {"int(a) * 9223372036854775807", "{\"a\":7}", "error overflow"},
      {"a * 9223372036854775807", "{\"a\":7}", "64563604257983430000"},
      {"size([1,2,3]) / 2", "{}", "1"},
      {"sum / size(l)", "{\"sum\":7,\"l\":[1,2]}", "3.5"},
      {"l[0] + l[1]", "{\"l\":[1,2.5]}", "3.5"},
      {"l.map(x, x * 2)", "{\"l\":[1,2.5]}", "[2,5]"},
      {"o.n + 1", "{\"o\":{\"n\":41}}", "42"},
      {"{a: 1}", "{\"a\":1.5}", "error bad_value"},
      {"math.round(a * 908) / 1000", "{\"a\":1234567}", "1120986.836"},
      {"math.abs(a)", "{\"a\":-7}", "7"},
      {"math.floor(a)", "{\"a\":7.9}", "7"},
      {"math.round(a)", "{\"a\":7}", "7"},
      {"math.greatest(a, 3)", "{\"a\":7}", "7"},
      {"[a, 3].sort()", "{\"a\":7}", "[3,7]"},
      {"'%d %x'.format([a, a])", "{\"a\":255}", "\"255 ff\""},
      {"'%.2f'.format([a])", "{\"a\":2}", "\"2.00\""},
      {"lists.range(a)", "{\"a\":3}", "[0,1,2]"},
  });
}

TEST_CASE("arithmetic of ints agrees with 128 bits, or is an overflow", "[expr]") {
  __extension__ typedef __int128 Int128;
  std::mt19937_64 random(20261122);
  const auto draw = [&] {
    const int shift = static_cast<int>(random() % 64);
    const auto n = static_cast<std::int64_t>(random() >> shift);
    return random() % 2 == 0 ? n : -n;
  };
  const auto fits = [](Int128 n) {
    return n >= std::numeric_limits<std::int64_t>::min() &&
           n <= std::numeric_limits<std::int64_t>::max();
  };
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t a = draw();
    const std::int64_t b = draw();
    CAPTURE(a, b);
    const std::pair<Arithmetic, Int128> exact[] = {{Arithmetic::add, Int128{a} + b},
                                                   {Arithmetic::subtract, Int128{a} - b},
                                                   {Arithmetic::multiply, Int128{a} * b}};
    for (const auto& [op, wanted] : exact) {
      const Value strict = calculate(op, Value::integer(a), Value::integer(b));
      REQUIRE(strict.is_error() == !fits(wanted));
      if (fits(wanted)) REQUIRE(Int128{strict.as_int()} == wanted);
      const Value loose = calculate(op, Value::number(a), Value::number(b));
      REQUIRE(loose.is(Kind::number));
      REQUIRE((loose.form() == Value::Form::whole) == fits(wanted));
      if (fits(wanted)) REQUIRE(Int128{loose.as_int()} == wanted);
    }
    if (b == 0) continue;
    const Value quotient = calculate(Arithmetic::divide, Value::integer(a), Value::integer(b));
    const Value rest = calculate(Arithmetic::remainder, Value::integer(a), Value::integer(b));
    if (!quotient.is_error()) REQUIRE(Int128{quotient.as_int()} * b + rest.as_int() == a);
  }
}

// Members that stand in the event itself are calculated with on a way of their own.
TEST_CASE("members are calculated with as what is taken from a list", "[expr]") {
  std::mt19937 random(20261127);
  const auto draw = [&] {
    const char* const kNumbers[] = {"0",      "0.0", "7",     "12345678", "99999999", "0.5",
                                    "0.0001", "3.0", "88.60", "1e3",      "-2",       "-0.0"};
    const auto n = random() % 24;
    return n < 12 ? std::string(kNumbers[n])
                  : std::to_string(random() % 10000) + '.' + std::to_string(random() % 100);
  };
  for (int i = 0; i < 3000; ++i) {
    const std::string a = draw();
    const std::string b = draw();
    const std::string event = "{\"a\":" + a + ",\"b\":" + b + "}";
    const std::string op(1, "+-*/%"[random() % 5]);
    CAPTURE(event, op);
    CHECK(result_of("a " + op + " b", event) == result_of("[a][0] " + op + " [b][0]", event));
    CHECK(result_of("a " + op + ' ' + b, event) == result_of("[a][0] " + op + ' ' + b, event));
    CHECK(result_of(a + op + " b", event) == result_of(a + op + " [b][0]", event));
  }
  CHECK(result_of("a + missing", R"({"a":1})") == "error no_such_field");
}

TEST_CASE("comparison across types is exact", "[expr]") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const auto n = static_cast<std::int64_t>(random());
    const double d =
        static_cast<double>(n) + static_cast<double>(static_cast<int>(random() % 5) - 2) * 512;
    // long double has 64 bits of mantissa here: it holds both exactly.
    const auto wanted = static_cast<long double>(n) <=> static_cast<long double>(d);
    CAPTURE(n, d);
    REQUIRE((compare_numeric(Value::integer(n), Value::real(d)) == wanted));
    REQUIRE((compare_numeric(Value::real(d), Value::integer(n)) == (0 <=> wanted)));
    REQUIRE((compare_numeric(Value::number(n), Value::number(d)) == wanted));
  }
}

TEST_CASE("a JSON number reads as strtod and as an exact integer", "[expr]") {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20000; ++i) {
    std::string text = random() % 2 == 0 ? "" : "-";
    text += std::to_string(random() >> (random() % 64));
    if (random() % 2 == 0) (text += '.') += std::to_string(random() >> (random() % 64));
    if (random() % 4 == 0) (text += 'e') += std::to_string(static_cast<int>(random() % 40) - 20);
    CAPTURE(text);
    const Value v = number_from_json(text);
    REQUIRE(v.is(Kind::number));
    REQUIRE(to_double(v) == std::strtod(text.c_str(), nullptr));
    std::string again;
    append_number(again, v);
    REQUIRE((compare_numeric(number_from_json(again), v) == 0));
  }
}

}  // namespace
}  // namespace streamutils::expr::test
