// The core language, row by row: what an expression gives, written as another expression.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "support.h"

namespace streamutils::expr::test {
namespace {

template <std::size_t N>
void check(const Row (&rows)[N]) {
  for (const Row& row : rows) {
    CAPTURE(row.text, row.event);
    CHECK(complaint(row) == "");
  }
}

TEST_CASE("ints, uints and doubles compute each with themselves", "[expr]") {
  check({
      {"1 + 2", "3"},
      {"7 / 2", "3"},
      {"-7 / 2", "-3"},
      {"7 % 3", "1"},
      {"-7 % 3", "-1"},
      {"7 % -3", "1"},
      {"2 * 3 + 4", "10"},
      {"5u - 3u", "2u"},
      {"7u / 2u", "3u"},
      {"7u % 4u", "3u"},
      {"1.5 + 2.5", "4.0"},
      {"1.0 / 4.0", "0.25"},
      {"3.0 * 1.5", "4.5"},
      {"1.0 / 0.0", "double('Infinity')"},
      {"-1.0 / 0.0", "double('-Infinity')"},
      {"0.0 / 0.0", "double('NaN')"},
      {"-(5)", "-5"},
      {"-(1.5)", "-1.5"},
      {"--5", "5"},
      {"9223372036854775807 + 1", "error overflow"},
      {"-9223372036854775808 - 1", "error overflow"},
      {"9223372036854775807 * 2", "error overflow"},
      {"-9223372036854775808 / -1", "error overflow"},
      {"-9223372036854775808 % -1", "error overflow"},
      {"-(-9223372036854775808)", "error overflow"},
      {"18446744073709551615u + 1u", "error overflow"},
      {"0u - 1u", "error overflow"},
      {"5000000000u * 5000000000u", "error overflow"},
      {"1 / 0", "error division_by_zero"},
      {"1 % 0", "error division_by_zero"},
      {"1u / 0u", "error division_by_zero"},
      {"1u % 0u", "error division_by_zero"},
      {"1.5 % 1.0", "no"},
      {"1 + 1u", "no"},
      {"1 - 1u", "no"},
      {"1 % 1u", "no"},
      {"-(1u)", "no"},
      {"-'a'", "no"},
      {"-true", "no"},
      {"'a' - 'b'", "no"},
      {"'a' * 2", "no"},
      {"'a' + 1", "no"},
      {"'a' + b'a'", "no"},
      {"null + 1", "no"},
      {"true + true", "no"},
      {"[1] + 1", "no"},
      {"{} + {}", "no"},
      {"1e308 * 10.0", "double('Infinity')"},
      {"5e-324 / 2.0", "0.0"},
      {"'a' + 'b'", "'ab'"},
      {"b'a' + b'b'", "b'ab'"},
      {"'' + ''", "''"},
      {"[1] + [2, 'a']", "[1, 2, 'a']"},
      {"[] + []", "[]"},
  });
}

TEST_CASE("int or uint with double gives double", "[expr]") {
  check({
      {"1 + 1.5", "2.5"},
      {"2 * 1.0", "2.0"},
      {"7 / 2.0", "3.5"},
      {"3u - 0.5", "2.5"},
      {"size([1, 2, 3]) * 1.5", "4.5"},
      {"1 / 0.0", "double('Infinity')"},
      {"1 % 2.0", "no"},
  });
}

TEST_CASE("equality takes anything, numbers are points of one line", "[expr]") {
  check({
      {"1 == 1", "true"},
      {"1 == 1u", "true"},
      {"1 == 1.0", "true"},
      {"1u == 1.0", "true"},
      {"1 != 1.0", "false"},
      {"1 == 1.1", "false"},
      {"-1 == 18446744073709551615u", "false"},
      {"9223372036854775807 == 9223372036854775807.0", "false"},
      {"9223372036854775807 == 9223372036854775808u", "false"},
      {"9223372036854775808u == 9223372036854775808.0", "true"},
      {"18446744073709551615u == 18446744073709551615.0", "false"},
      {"9007199254740993 == 9007199254740992.0", "false"},
      {"0.0 == -0.0", "true"},
      {"0.0/0.0 == 0.0/0.0", "false"},
      {"0.0/0.0 != 0.0/0.0", "true"},
      {"1 == '1'", "false"},
      {"1 != '1'", "true"},
      {"null == null", "true"},
      {"null == false", "false"},
      {"null == 0", "false"},
      {"null != 'null'", "true"},
      {"true == true", "true"},
      {"true == 1", "false"},
      {"'a' == 'a'", "true"},
      {"'a' == b'a'", "false"},
      {"b'\\xff' == b'\\377'", "true"},
      {"'\xc3\xa9' == 'e\xcc\x81'", "false"},
      {"[] == []", "true"},
      {"[] == {}", "false"},
      {"[1, 2] == [1.0, 2u]", "true"},
      {"[1, 2] == [2, 1]", "false"},
      {"[1] == [1, 2]", "false"},
      {"[[1], ['a']] == [[1u], ['a']]", "true"},
      {"[0.0/0.0] == [0.0/0.0]", "false"},
      {"{'a': 1} == {'a': 1.0}", "true"},
      {"{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"},
      {"{1: 'a'} == {1u: 'a'}", "true"},
      {"{'a': 1} == {'a': 2}", "false"},
      {"{'a': 1} == {'b': 1}", "false"},
      {"{} == {}", "true"},
      {"{'a': null} == {}", "false"},
      {"int == int", "true"},
      {"int == uint", "false"},
      {"type(1) == int", "true"},
      {"type(type(1)) == type", "true"},
      {"duration('60s') == duration('1m')", "true"},
      {"timestamp('2009-02-13T23:31:30Z') == timestamp(1234567890)", "true"},
      {"timestamp('2009-02-13T23:31:30Z') == duration('1s')", "false"},
  });
}

TEST_CASE("order is defined within types, and across numbers", "[expr]") {
  check({
      {"1 < 2", "true"},
      {"2 <= 2", "true"},
      {"2 > 2", "false"},
      {"1 < 1.5", "true"},
      {"1u < 1.5", "true"},
      {"-1 < 0u", "true"},
      {"18446744073709551615u > -1", "true"},
      {"9223372036854775806 < 9223372036854775808.0", "true"},
      {"9223372036854775807 < 9223372036854775808.0", "false"},  // what it converts to
      {"9223372036854775807 >= 9223372036854775808.0", "true"},
      {"9223372036854775808.0 > 9223372036854775807", "false"},
      {"9223372036854775808.0 <= 9223372036854775807", "true"},
      {"9223372036854775807 < 9223372036854777857.0", "true"},
      {"18446744073709551615u < 18446744073709551616.0", "false"},
      {"18446744073709551614u < 18446744073709551616.0", "true"},
      {"9223372036854775807 < 9223372036854775808u", "true"},
      {"-9223372036854775808 >= -9223372036854775808.0", "true"},
      {"9223372036854775807 < 1e19", "true"},
      {"-9223372036854775808 > -1e19", "true"},
      {"9007199254740993 > 9007199254740992.0", "true"},
      {"1 < double('Infinity')", "true"},
      {"1 > double('-Infinity')", "true"},
      {"1.0 < 0.0/0.0", "false"},
      {"1 >= 0.0/0.0", "false"},
      {"0.0/0.0 <= 0.0/0.0", "false"},
      {"'a' < 'b'", "true"},
      {"'a' < 'ab'", "true"},
      {"'Z' < 'a'", "true"},
      {"'\xef\xbf\xbf' < '\xf0\x9f\x98\x80'", "true"},
      {"b'a' < b'\\xff'", "true"},
      {"false < true", "true"},
      {"true <= false", "false"},
      {"duration('1m') > duration('59s')", "true"},
      {"timestamp(1) < timestamp(2)", "true"},
      {"'a' < 1", "no"},
      {"1 < '2'", "no"},
      {"true < 2", "no"},
      {"null < 1", "no"},
      {"null <= null", "no"},
      {"[1] < [2]", "no"},
      {"{} < {}", "no"},
      {"int < uint", "no"},
      {"'a' < b'b'", "no"},
      {"duration('1s') < timestamp(1)", "no"},
  });
}

TEST_CASE("&& and || absorb errors and other types, in both orders", "[expr]") {
  check({
      {"true && true", "true"},
      {"true && false", "false"},
      {"false || true", "true"},
      {"false || false", "false"},
      {"1/0 > 0 && false", "false"},
      {"false && 1/0 > 0", "false"},
      {"1/0 > 0 && true", "error division_by_zero"},
      {"true && 1/0 > 0", "error division_by_zero"},
      {"1/0 > 0 || true", "true"},
      {"true || 1/0 > 0", "true"},
      {"1/0 > 0 || false", "error division_by_zero"},
      {"1/0 > 0 && 1/0 > 0", "error division_by_zero"},
      {"'a' && false", "false"},
      {"false && 'a'", "false"},
      {"'a' && true", "no"},
      {"true && 'a'", "no"},
      {"'a' && 'b'", "no"},
      {"1 || true", "true"},
      {"true || 1", "true"},
      {"1 || false", "no"},
      {"null || true", "true"},
      {"x && true", "error no_overload", "{\"x\":\"a\"}"},
      {"true && x", "error no_overload", "{\"x\":1}"},
      {"x || false", "error no_overload", "{\"x\":null}"},
      {"x && y && false", "false"},
      {"x || y || true", "true"},
      {"x && (false || 'a' == 'b')", "false"},
      {"!true", "false"},
      {"!!true", "true"},
      {"!0", "no"},
      {"!'a'", "no"},
      {"!null", "no"},
      {"true ? 1 : 2", "1"},
      {"false ? 1 : 2", "2"},
      {"true ? 1 : 1/0", "1"},
      {"false ? 1/0 : 2", "2"},
      {"1/0 > 0 ? 1 : 2", "error division_by_zero"},
      {"'a' ? 1 : 2", "no"},
      {"x ? 1 : 2", "error no_such_field"},
      {"false ? 1 : true ? 2 : 3", "2"},
      {"(true ? 'a' : 1) + 'b'", "'ab'"},
  });
}

TEST_CASE("lists and maps are indexed, selected from and searched", "[expr]") {
  check({
      {"[7, 8, 9][0]", "7"},
      {"[7, 8, 9][2u]", "9"},
      {"[7, 8, 9][1.0]", "8"},
      {"[7, 8, 9][3]", "error out_of_range"},
      {"[7, 8, 9][-1]", "error out_of_range"},
      {"[7, 8, 9][1.5]", "error"},
      {"[7, 8, 9]['a']", "no"},
      {"[][0]", "error out_of_range"},
      {"{'a': 1}['a']", "1"},
      {"{'a': 1}.a", "1"},
      {"{'a': 1}.b", "error no_such_field"},
      {"{'a': 1}['b']", "error no_such_key"},
      {"{1: 'x'}[1.0]", "'x'"},
      {"{1: 'x'}[1u]", "'x'"},
      {"{1u: 'x'}[1]", "'x'"},
      {"{1: 'x'}[1.5]", "error no_such_key"},
      {"{true: 'x'}[true]", "'x'"},
      {"{true: 'x'}[1]", "error no_such_key"},
      {"{18446744073709551615u: 'x'}[18446744073709551615u]", "'x'"},
      {"{'a': {'b': [1, {'c': 2}]}}.a.b[1].c", "2"},
      {"{'a.b': 1}.`a.b`", "1"},
      {"{'a': 1}.`a`", "1"},
      {"{'a': 1, 'a': 2}", "error bad_value"},
      {"{1: 1, 1u: 2}", "error bad_value"},
      {"{true: 1, false: 2, true: 3}[true]", "error bad_value"},
      {"{null: 1}", "error bad_value"},
      {"{1.5: 1}", "error bad_value"},
      {"{2.0: 1}", "error bad_value"},
      {"{[1]: 1}", "error bad_value"},
      {"{'a': 1/0}", "error division_by_zero"},
      {"[1, 1/0]", "error division_by_zero"},
      {"'a'.b", "no"},
      {"1[0]", "no"},
      {"'abc'[0]", "no"},
      {"null.a", "no"},
      {"1 in [1, 2]", "true"},
      {"1 in [1.0]", "true"},
      {"1u in [1]", "true"},
      {"3 in [1, 2]", "false"},
      {"'a' in [1, 'a']", "true"},
      {"[1] in [[1], [2]]", "true"},
      {"null in [null]", "true"},
      {"0.0/0.0 in [0.0/0.0]", "false"},
      {"'a' in []", "false"},
      {"'a' in {'a': 1}", "true"},
      {"'b' in {'a': 1}", "false"},
      {"1.0 in {1: 'a'}", "true"},
      {"1.5 in {1: 'a'}", "false"},
      {"[] in {1: 'a'}", "false"},
      {"'a' in 'abc'", "no"},
      {"1 in 1", "no"},
      {"size([1, 2])", "2"},
      {"size([])", "0"},
      {"[1, 2].size()", "2"},
      {"size({'a': 1})", "1"},
      {"size('')", "0"},
      {"size('h\xc3\xa9llo')", "5"},
      {"'\xf0\x9f\x98\x80'.size()", "1"},
      {"size(b'h\xc3\xa9llo')", "6"},
      {"size(1)", "no"},
      {"size(null)", "no"},
      {"size(1, 2)", "no"},
  });
}

TEST_CASE("a map of many keys finds each of them", "[expr]") {
  std::string map = "{";
  for (int i = 0; i < 200; ++i) map += std::to_string(i) + ": 'v" + std::to_string(i) + "', ";
  map += "'s': 0, true: 1}";
  CHECK(result_of(map + "[0]") == "string \"v0\"");
  CHECK(result_of(map + "[199u]") == "string \"v199\"");
  CHECK(result_of(map + "[100.0]") == "string \"v100\"");
  CHECK(result_of(map + "['s']") == "int 0");
  CHECK(result_of(map + "[true]") == "int 1");
  CHECK(result_of(map + "[200]") == "error no_such_key");
  CHECK(result_of(map + " == " + map) == "bool true");
  CHECK(result_of(map + ".size()") == "int 202");
}

TEST_CASE("has() looks at the last step only", "[expr]") {
  check({
      {"has({'a': 1}.a)", "true"},
      {"has({'a': null}.a)", "true"},
      {"has({'a': 1}.b)", "false"},
      {"has({}.a)", "false"},
      {"has({'a': {'b': 1}}.a.b)", "true"},
      {"has({'a': {'b': 1}}.a.c)", "false"},
      {"has({'a': 1}.b.c)", "error no_such_field"},
      {"has([1].a)", "no"},
      {"has('a'.b)", "no"},
      {"has({'a-b': 1}.`a-b`)", "true"},
      {"has({'a': 1}['a'])", "no"},
      {"has(1)", "no"},
      {"has()", "no"},
      {"has({'a': 1}.a, 1)", "no"},
      {"has({'a': 1}.?a)", "no"},
  });
}

TEST_CASE("macros walk lists and the keys of maps", "[expr]") {
  check({
      {"[1, 2, 3].all(x, x > 0)", "true"},
      {"[1, 2, 3].all(x, x > 1)", "false"},
      {"[].all(x, x > 1)", "true"},
      {"[1, 2, 3].exists(x, x == 2)", "true"},
      {"[].exists(x, true)", "false"},
      {"[1, 2, 3].exists_one(x, x > 2)", "true"},
      {"[1, 2, 3].exists_one(x, x > 1)", "false"},
      {"[].exists_one(x, true)", "false"},
      {"[1, 2, 3].existsOne(x, x > 2)", "true"},
      {"[1, 2, 3].filter(x, x > 1)", "[2, 3]"},
      {"[1, 2, 3].map(x, x * x)", "[1, 4, 9]"},
      {"[1, 2, 3].map(x, x > 1, x * x)", "[4, 9]"},
      {"{'a': 1, 'b': 2}.all(k, k < 'c')", "true"},
      {"{'a': 1, 'b': 2}.exists(k, k == 'b')", "true"},
      {"{'a': 1, 'b': 2}.exists_one(k, k == 'b')", "true"},
      {"{'a': 1, 'b': 2}.filter(k, k == 'b')", "['b']"},
      {"{'a': 1, 'b': 2}.map(k, k + 'x')", "['ax', 'bx']"},
      // Errors wait for what decides.
      {"[1, 'a', 3].all(x, x > 5)", "false"},
      {"['a', 1].all(x, x > 0)", "error no_overload"},
      {"['a', 1].exists(x, x > 0)", "true"},
      {"['a', 0].exists(x, x > 0)", "error no_overload"},
      {"[1, 2].all(x, 'a')", "error no_overload"},
      {"[1, 2].exists(x, x == 2 ? true : 'a')", "true"},
      {"['a', 1].exists_one(x, x > 0)", "error no_overload"},
      {"['a', 1].filter(x, x > 0)", "error no_overload"},
      {"[1].filter(x, 1)", "error no_overload"},
      {"[1, 0].map(x, 1 / x)", "error division_by_zero"},
      {"[1, 0].map(x, x != 0, 1 / x)", "[1]"},
      // Scopes.
      {"[1, 2].map(x, [3, 4].map(x, x))", "[[3, 4], [3, 4]]"},
      {"[1, 2].map(x, [3, 4].map(y, x * y))", "[[3, 4], [6, 8]]"},
      {"[[1, 2], [3]].map(x, x.map(x, x + 1))", "[[2, 3], [4]]"},
      {"[1].map(a, a)", "[1]", "{\"a\":5}"},
      {"[1].map(x, a)", "[a]", "{\"a\":5}"},
      {"[1].map(a, .a)", "[a]", "{\"a\":5}"},
      {"[{'z': 1}].exists(y, y.z == 1)", "true", "{\"y.z\":5}"},
      {"[{'z': 1}].exists(y, .y.z == 5)", "true", "{\"y.z\":5}"},
      {"[1].map(this, this)", "[1]"},
      {"[1].map(int, int)", "[1]"},
      {"[1, 2].exists(x, x == 1) && x == 3", "true", "{\"x\":3}"},
      // What is no macro.
      {"1.all(x, true)", "no"},
      {"'abc'.map(x, x)", "no"},
      {"null.exists(x, true)", "no"},
      {"[1].all(1, true)", "no"},
      {"[1].all(a.b, true)", "no"},
      {"[1].map(.a, true)", "no"},
      {"[1].all(x)", "no"},
      {"[1].filter(x, x, x)", "no"},
      {"all(x, true)", "no"},
  });
}

TEST_CASE("macros with two variables see keys and values, or indexes and elements", "[expr]") {
  check({
      {"[5, 6].all(i, v, v == i + 5)", "true"},
      {"{'a': 1}.all(k, v, k == 'a' && v == 1)", "true"},
      {"[5, 6].exists(i, v, i == 1 && v == 6)", "true"},
      {"{'a': 1}.exists(k, v, v == 2)", "false"},
      {"[5, 5].existsOne(i, v, v == 5)", "false"},
      {"[5, 6].exists_one(i, v, v == 5)", "true"},
      {"[1, 'a'].exists(i, v, v == 'a' || 1/0 > 0)", "true"},
      {"[5, 6].transformList(i, v, i * v)", "[0, 6]"},
      {"[5, 6].transformList(i, v, i > 0, i * v)", "[6]"},
      {"{'a': 1}.transformList(k, v, k + string(v))", "['a1']"},
      {"[5, 6].transformMap(i, v, v + 1)", "{0: 6, 1: 7}"},
      {"[5, 6].transformMap(i, v, i == 1, v + 1)", "{1: 7}"},
      {"{'a': 1, 'b': 2}.transformMap(k, v, v * 10)", "{'a': 10, 'b': 20}"},
      {"{'a': 'x'}.transformMapEntry(k, v, {v: k})", "{'x': 'a'}"},
      {"{'a': 'x', 'b': 'y'}.transformMapEntry(k, v, k == 'b', {v: k})", "{'y': 'b'}"},
      {"{'a': 'x', 'b': 'x'}.transformMapEntry(k, v, {v: k})", "error bad_value"},
      {"{'a': 'x'}.transformMapEntry(k, v, 1)", "error no_overload"},
      {"{'a': 'x'}.transformMapEntry(k, v, {})", "{}"},
      {"[1].all(x, x, true)", "no"},
      {"[1].transformList(1, x, x)", "no"},
      {"[1, 0].transformMap(i, v, 1 / v)", "error division_by_zero"},
  });
}

TEST_CASE("conversions keep to their ranges", "[expr]") {
  check({
      {"int(5)", "5"},
      {"int(5u)", "5"},
      {"int(9223372036854775807u)", "9223372036854775807"},
      {"int(9223372036854775808u)", "error overflow"},
      {"int(1.9)", "1"},
      {"int(-1.9)", "-1"},
      {"int(1e99)", "error overflow"},
      {"int(9223372036854775807.0)", "error overflow"},
      {"int(-9223372036854775808.0)", "error overflow"},
      {"int(9223372036854774784.0)", "9223372036854774784"},
      {"int(double('NaN'))", "error overflow"},
      {"int('-12')", "-12"},
      {"int('+12')", "12"},
      {"int('9223372036854775808')", "error bad_value"},
      {"int('1.5')", "error bad_value"},
      {"int('')", "error bad_value"},
      {"int(' 1')", "error bad_value"},
      {"int('0x1f')", "error bad_value"},
      {"int(timestamp('2009-02-13T23:31:30.999Z'))", "1234567890"},
      {"int(timestamp('1969-12-31T23:59:59.5Z'))", "-1"},
      {"int(true)", "no"},
      {"int(null)", "no"},
      {"int([])", "no"},
      {"uint(5)", "5u"},
      {"uint(5u)", "5u"},
      {"uint(-1)", "error overflow"},
      {"uint(1.9)", "1u"},
      {"uint(-1.5)", "error overflow"},
      {"uint(18446744073709551616.0)", "error overflow"},
      {"uint(18446744073709549568.0)", "18446744073709549568u"},
      {"uint('18446744073709551615')", "18446744073709551615u"},
      {"uint('18446744073709551616')", "error bad_value"},
      {"uint('-1')", "error bad_value"},
      {"uint('')", "error bad_value"},
      {"double(1)", "1.0"},
      {"double(1u)", "1.0"},
      {"double(1.5)", "1.5"},
      {"double('1.5')", "1.5"},
      {"double('-1e3')", "-1000.0"},
      {"double('.5')", "0.5"},
      {"double('1e400')", "error overflow"},
      {"double('NaN') == double('NaN')", "false"},
      {"double('Infinity') > 1e308", "true"},
      {"double('-Infinity') < -1e308", "true"},
      {"double('inf') == double('+Infinity')", "true"},
      {"double('')", "error bad_value"},
      {"double('1.5x')", "error bad_value"},
      {"double(' 1')", "error bad_value"},
      {"double('0x10')", "error bad_value"},
      {"double('nan(1)')", "error bad_value"},
      {"double(true)", "no"},
      {"string('a')", "'a'"},
      {"string(true)", "'true'"},
      {"string(-5)", "'-5'"},
      {"string(5u)", "'5'"},
      {"string(1.5)", "'1.5'"},
      {"string(4.0)", "'4'"},
      {"string(-0.0)", "'-0'"},
      {"string(123.456)", "'123.456'"},
      {"string(-4.5e-3)", "'-0.0045'"},
      {"string(6.02214e23)", "'6.02214e+23'"},
      {"string(double('NaN'))", "'NaN'"},
      {"string(1.0/0.0)", "'Infinity'"},
      {"string(b'abc\\303\\277')", "'abc\xc3\xbf'"},
      {"string(b'\\xff')", "error bad_value"},
      {"string(timestamp('2009-02-13T23:31:30Z'))", "'2009-02-13T23:31:30Z'"},
      {"string(timestamp('2009-02-13T23:31:30.50+01:00'))", "'2009-02-13T22:31:30.5Z'"},
      {"string(duration('1m0.001s'))", "'60.001s'"},
      {"string(duration('-90m'))", "'-5400s'"},
      {"string(null)", "no"},
      {"string([])", "no"},
      {"string(int)", "no"},
      {"bytes('\xc3\xbf')", "b'\\xc3\\xbf'"},
      {"bytes(b'a')", "b'a'"},
      {"bytes(1)", "no"},
      {"bool('true')", "true"},
      {"bool('t')", "true"},
      {"bool('1')", "true"},
      {"bool('TRUE')", "true"},
      {"bool('True')", "true"},
      {"bool('f')", "false"},
      {"bool('0')", "false"},
      {"bool('False')", "false"},
      {"bool('FALSE')", "false"},
      {"bool('tRuE')", "error bad_value"},
      {"bool('yes')", "error bad_value"},
      {"bool(true)", "true"},
      {"bool(1)", "no"},
      {"dyn(1)", "1"},
      {"dyn('a') == 'a'", "true"},
      {"dyn()", "no"},
      {"type(1)", "int"},
      {"type(1u)", "uint"},
      {"type(1.5)", "double"},
      {"type('')", "string"},
      {"type(b'')", "bytes"},
      {"type(true)", "bool"},
      {"type(null)", "null_type"},
      {"type([])", "list"},
      {"type({})", "map"},
      {"type(int)", "type"},
      {"type(timestamp(0))", "google.protobuf.Timestamp"},
      {"type(duration('0'))", "google.protobuf.Duration"},
      {"type(optional.none())", "optional_type"},
      {"type(1/0)", "error division_by_zero"},
  });
}

TEST_CASE("text is tested by parts and by RE2", "[expr]") {
  check({
      {"'hello'.contains('ell')", "true"},
      {"'hello'.contains('')", "true"},
      {"'hello'.contains('x')", "false"},
      {"'hello'.startsWith('he')", "true"},
      {"'hello'.startsWith('')", "true"},
      {"'hello'.startsWith('lo')", "false"},
      {"'hello'.endsWith('lo')", "true"},
      {"'hello'.endsWith('hello!')", "false"},
      {"'hello'.matches('ell')", "true"},
      {"'hello'.matches('^ell')", "false"},
      {"'hello'.matches('^h.*o$')", "true"},
      {"matches('hello', 'l+')", "true"},
      {"'\xc3\xa9'.matches('^.$')", "true"},
      {"''.matches('')", "true"},
      {"'a\\nb'.matches('a.b')", "false"},
      {"'a\\nb'.matches('(?s)a.b')", "true"},
      {"'hello'.matches('(')", "no"},
      {"'hello'.matches(x)", "error bad_value", "{\"x\":\"(\"}"},
      {"'hello'.matches(x)", "true", "{\"x\":\"l{2}\"}"},
      {"'a'.matches('(?=b)')", "no"},
      {"1.contains('a')", "no"},
      {"'a'.contains(1)", "no"},
      {"'a'.startsWith(b'a')", "no"},
      {"1.matches('a')", "no"},
      {"'a'.matches(1)", "no"},
      {"contains('a', 'b')", "no"},
      {"'a'.contains()", "no"},
      {"'a'.contains('a', 'b')", "no"},
  });
}

TEST_CASE("timestamps and durations have their arithmetic and their ranges", "[expr]") {
  check({
      {"timestamp('2009-02-13T23:31:30Z') + duration('1h')", "timestamp('2009-02-14T00:31:30Z')"},
      {"duration('1h') + timestamp('2009-02-13T23:31:30Z')", "timestamp('2009-02-14T00:31:30Z')"},
      {"timestamp('2009-02-13T23:31:30Z') - duration('1.5s')",
       "timestamp('2009-02-13T23:31:28.5Z')"},
      {"timestamp('2009-02-13T23:31:30Z') - timestamp('2009-02-13T23:29:30.25Z')",
       "duration('119.75s')"},
      {"duration('1m') + duration('1s')", "duration('61s')"},
      {"duration('1m') - duration('2m')", "duration('-60s')"},
      {"duration('1m') - timestamp(0)", "no"},
      {"timestamp(0) + timestamp(0)", "no"},
      {"timestamp(0) + 1", "no"},
      {"duration('1m') * 2", "no"},
      {"-duration('1m')", "no"},
      {"timestamp('0001-01-01T00:00:00Z')", "timestamp(-62135596800)"},
      {"timestamp('9999-12-31T23:59:59.999999999Z') > timestamp(253402300799)", "true"},
      {"timestamp('0000-12-31T23:59:59Z')", "error bad_value"},
      {"timestamp('10000-01-01T00:00:00Z')", "error bad_value"},
      {"timestamp('0001-01-01T00:00:00+00:01')", "error bad_value"},
      {"timestamp(253402300800)", "error overflow"},
      {"timestamp(-62135596801)", "error overflow"},
      {"timestamp('9999-12-31T23:59:59Z') + duration('1s')", "error overflow"},
      {"timestamp('0001-01-01T00:00:00Z') - duration('1ns')", "error overflow"},
      {"timestamp('0001-01-01T00:00:01.000000001Z') + duration('-999999999ns')",
       "timestamp('0001-01-01T00:00:00.000000002Z')"},
      {"timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')", "error overflow"},
      {"timestamp('2009-02-30T00:00:00Z')", "error bad_value"},
      {"timestamp('2008-02-29T00:00:00Z').getDate()", "29"},
      {"timestamp('2009-02-29T00:00:00Z')", "error bad_value"},
      {"timestamp('2009-02-13T24:00:00Z')", "error bad_value"},
      {"timestamp('2009-02-13T23:31:60Z')", "error bad_value"},
      {"timestamp('2009-02-13T23:31:30')", "error bad_value"},
      {"timestamp('2009-02-13 23:31:30Z')", "error bad_value"},
      {"timestamp('2009-02-13T23:31:30.Z')", "error bad_value"},
      {"timestamp('2009-02-13T23:31:30Zx')", "error bad_value"},
      {"timestamp('2009-02-13')", "error bad_value"},
      {"timestamp('')", "error bad_value"},
      {"timestamp(timestamp(5))", "timestamp(5)"},
      {"timestamp(1.5)", "no"},
      {"timestamp(true)", "no"},
      {"duration('0')", "duration('0s')"},
      {"duration('1h1m1s1ms1us1ns')", "duration('3661001001001ns')"},
      {"duration('1.5h')", "duration('90m')"},
      {"duration('-1.5s')", "duration('-1500ms')"},
      {"duration('.5s')", "duration('500ms')"},
      {"duration('1')", "error bad_value"},
      {"duration('')", "error bad_value"},
      {"duration('-')", "error bad_value"},
      {"duration('1d')", "error bad_value"},
      {"duration('1 s')", "error bad_value"},
      {"duration('s')", "error bad_value"},
      {"duration('9223372036854775807ns')", "duration('9223372036.854775807s')"},
      {"duration('-9223372036854775808ns')", "duration('-9223372036.854775808s')"},
      {"duration('9223372036854775808ns')", "error bad_value"},
      {"duration('320000000000s')", "error bad_value"},
      {"duration('9000000000s') + duration('9000000000s')", "error overflow"},
      {"duration('-9000000000s') - duration('9000000000s')", "error overflow"},
      {"duration(1)", "no"},
      {"duration(duration('1s'))", "duration('1s')"},
      {"duration('1h1m1.5s').getHours()", "1"},
      {"duration('1h1m1.5s').getMinutes()", "61"},
      {"duration('1h1m1.5s').getSeconds()", "3661"},
      {"duration('1h1m1.5s').getMilliseconds()", "500"},
      {"duration('-1.5s').getSeconds()", "-1"},
      {"duration('1s').getDate()", "no"},
      {"duration('1s').getHours('UTC')", "no"},
  });
}

TEST_CASE("getters show the calendar of a zone", "[expr]") {
  const char* event = "{\"t\":\"2009-02-13T23:31:20.123456789Z\"}";
  const struct {
    const char* call;
    const char* expected;
  } rows[] = {
      {"getFullYear()", "2009"},
      {"getMonth()", "1"},
      {"getDate()", "13"},
      {"getDayOfMonth()", "12"},
      {"getDayOfWeek()", "5"},
      {"getDayOfYear()", "43"},
      {"getHours()", "23"},
      {"getMinutes()", "31"},
      {"getSeconds()", "20"},
      {"getMilliseconds()", "123"},
      {"getDate('Europe/Paris')", "14"},
      {"getHours('Europe/Paris')", "0"},
      {"getHours('America/St_Johns')", "20"},
      {"getMinutes('America/St_Johns')", "1"},
      {"getDate('+05:30')", "14"},
      {"getMinutes('-00:30')", "1"},
      {"getHours('02:00')", "1"},
      {"getHours('UTC')", "23"},
      {"getDayOfWeek('Asia/Tokyo')", "6"},
      {"getMilliseconds('Asia/Tokyo')", "123"},
      {"getHours('Mars/Olympus')", "error bad_value"},
      {"getHours('+25:00')", "error bad_value"},
      {"getHours(1)", "no"},
      {"getDay()", "no"},
  };
  for (const auto& row : rows) {
    const std::string text = std::string("timestamp(t).") + row.call;
    CAPTURE(text);
    CHECK(complaint({text.c_str(), row.expected, event}) == "");
  }
  CHECK(result_of("timestamp('1969-12-31T23:59:59.5Z').getMilliseconds()") == "int 500");
  CHECK(result_of("timestamp('1969-12-31T23:59:59.5Z').getSeconds()") == "int 59");
  CHECK(result_of("timestamp('0001-01-01T00:00:00Z').getFullYear('-01:00')") == "int 0");
}

TEST_CASE("an unknown function, or a wrong number of arguments, is refused with a hint", "[expr]") {
  const struct {
    const char* text;
    const char* hint;
  } rows[] = {
      {"'a'.contain('b')", "unknown function 'contain', did you mean 'contains'?"},
      {"maht.abs(1)", "unknown function 'abs'"},
      {"math.abz(1)", "unknown function 'math.abz', did you mean 'math.abs'?"},
      {"round(1.5)", "unknown function 'round', it is written math.round(x)"},
      {"toUpperCase('a')", "unknown function 'toUpperCase', it is written s.upperAscii()"},
      {"'a'.length()", "unknown function 'length', it is written size(x)"},
      {"COALESCE(a, 1)", "unknown function 'COALESCE', it is written this.?a.orValue(b)"},
      {"contains('a', 'b')", "no such function, it is written s.contains(t)"},
      {"'a'.int()", "no such function, it is written int(x)"},
      {"size()", "wrong number of arguments: size(x), x.size()"},
      {"[1].all(x)", "wrong number of arguments for the macro all"},
      {"a && nope(1)", "unknown function 'nope'"},
      {"nope(1) || a || false", "unknown function 'nope'"},
      {"true && a.nope()", "unknown function 'nope'"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const std::string message = refusal_of(row.text);
    CHECK(message.find(row.hint) != std::string::npos);
  }
}

TEST_CASE("a function that a literal makes needless may be unknown", "[expr]") {
  CHECK(result_of("nope(1) || true") == "bool true");
  CHECK(result_of("true || a.package()") == "bool true");
  CHECK(result_of("a.if(nope(b)) || b || true", "{\"b\":3}") == "bool true");
  CHECK(result_of("false && (nope(1) + 2) > 3") == "bool false");
  CHECK(result_of("(nope(1) || true) == true") == "bool true");
  CHECK(refusal_of("(nope(1) || true) && nope(2)").find("1:22: unknown function") == 0);
  CHECK(refusal_of("size() || true").find("wrong number of arguments") != std::string::npos);
  CHECK(refusal_of("has(a) || has(1) || true") != "");
}

TEST_CASE("a type error between literals is refused only where it must fail", "[expr]") {
  for (const char* text : {"1 + 'a'", "a == 1 + 'a'", "f || 1 < 'a'", "size(1) > a", "[1 + 'a']",
                           "('a' < 1) ? a : b", "!1", "1.matches('a')", "int(true)"}) {
    CAPTURE(text);
    const bool absorbed = std::string_view(text).starts_with("f ||");
    CHECK(refusal_of(text).empty() == absorbed);
  }
  CHECK(result_of("true || 1 < 'a'") == "bool true");
  CHECK(result_of("a ? 1 : 1 + 'a'", "{\"a\":true}") == "int 1");
  CHECK(result_of("[].map(x, 1 + 'a')") == "list []");
  CHECK(refusal_of("1 + 'a'") == "1:3: no such overload: int + string\n  1 + 'a'\n    ^");
}

}  // namespace
}  // namespace streamutils::expr::test
