// The check of whole lines (--strict), after the plan of JSONTestSuite: what must be accepted (y),
// what must be refused (n), and what RFC 8259 leaves to the reader (i), with our choice.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "json/record.h"
#include "lines.h"

namespace streamutils {
namespace {

std::string check_result(const std::string& text) {
  const PaddedLine line(text);
  Record record;
  record.reset(line.view());
  const bool ok = record.check();
  CHECK(record.ok() == ok);
  return std::string(record.damage());
}

TEST_CASE("check accepts what the grammar has") {
  const char* const values[] = {
      "0", "-0", "1", "-1", "10", "1.0", "0.0", "-0.1", "1e5", "1E+5", "1e-5", "1.5e300", "0e0",
      "true", "false", "null", "\"\"", "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"",
      "\"\\u00e9\\u20AC\"", "\"\\ud83d\\ude00\"", "\"\x7F\"", "\"\xC3\xA9\"", "\"\xE2\x82\xAC\"",
      "\"\xF0\x9F\x98\x80\"", "\"\xEF\xBF\xBF\"", "\"\xF4\x8F\xBF\xBF\"", "[]", "[ ]", "{}", "{ }",
      "[1]", "[1,2]", "[ 1 , 2 ]", "[[],[[]]]", "{\"b\":{\"c\":[]}}", "[\"],\",\"{\"]",
      "{\"b\":1,\"c\":1,\"B\":1}", "\"\\\\u0041\"", "\" \"", "\"//\"", "{\"\":1}",
      // i: numbers of any size and precision are decimals; lone surrogates stay escapes.
      "123456789012345678901234567890", "-123456789012345678901234567890", "1e400", "1e-400",
      "0.1234567890123456789012345678901234567890", "\"\\ud800\"", "\"\\udc00\\ud800\"",
      "{\"\\ud800\":1,\"\\ud801\":2}"};
  for (const char* value : values) {
    CAPTURE(value);
    CHECK(check_result("{\"a\":" + std::string(value) + "}") == "");
    CHECK(check_result("{\"a\":[" + std::string(value) + "]}") == "");
    CHECK(check_result(" { \"a\" : " + std::string(value) + " , \"z\" : 1 } ") == "");
  }
  CHECK(check_result("{}") == "");
  CHECK(check_result("\t{\r\n}") == "");
}

TEST_CASE("check refuses what the grammar has not") {
  const char* const values[] = {"",
                                "01",
                                "-01",
                                "+1",
                                ".5",
                                "1.",
                                "1.e5",
                                "1e",
                                "1e+",
                                "-",
                                "--1",
                                "0x10",
                                "1 2",
                                "1_000",
                                "NaN",
                                "Infinity",
                                "-Infinity",
                                "1a",
                                "1.2.3",
                                "True",
                                "TRUE",
                                "tru",
                                "nul",
                                "truefalse",
                                "nullx",
                                "'a'",
                                "\"",
                                "\"a",
                                "\"\\\"",
                                "\"\\x\"",
                                "\"\\u12\"",
                                "\"\\u12G4\"",
                                "\"\\U0041\"",
                                "\"\t\"",
                                "\"\n\"",
                                "\"\x01\"",
                                "\"\x1F\"",
                                "\"\x80\"",
                                "\"\xC0\xAF\"",
                                "\"\xC1\xBF\"",
                                "\"\xE0\x80\x80\"",
                                "\"\xED\xA0\x80\"",
                                "\"\xED\xBF\xBF\"",
                                "\"\xF4\x90\x80\x80\"",
                                "\"\xF5\x80\x80\x80\"",
                                "\"\xFF\"",
                                "\"\xC3\"",
                                "\"\xE2\x82\"",
                                "\"\xF0\x9F\x98\"",
                                "\"\xA9\xC3\"",
                                "\"a\"\"b\"",
                                "\"a\" \"b\"",
                                "\"a\"b",
                                "a\"b\"",
                                "[",
                                "]",
                                "[1",
                                "[1,]",
                                "[,1]",
                                "[,]",
                                "[1,,2]",
                                "[1 2]",
                                "[1}",
                                "[1:2]",
                                "{",
                                "}",
                                "{\"b\"}",
                                "{\"b\":}",
                                "{\"b\":1,}",
                                "{,\"b\":1}",
                                "{b:1}",
                                "{1:1}",
                                "{\"b\" 1}",
                                "{\"b\"::1}",
                                "{\"b\":1 \"c\":2}",
                                "{\"b\",\"c\":1}",
                                "{\"b\":1]",
                                "{null:1}",
                                "[\"a\"x]",
                                "{}{}",
                                "[][]",
                                "1,",
                                "/**/1",
                                "1//",
                                "\\u0031",
                                "\f1",
                                "\x1A",
                                "\xC2\xA0"
                                "1",
                                "\xEF\xBB\xBF"
                                "1",
                                "[\f]",
                                "{\f}",
                                "{\x1A}"};
  for (const char* value : values) {
    CAPTURE(value);
    CHECK(check_result("{\"a\":" + std::string(value) + "}") != "");
    CHECK(check_result("{\"a\":[" + std::string(value) + ",1]}") != "");
    CHECK(check_result("{\"a\":" + std::string(value) + ",\"z\":1}") != "");
  }
  for (const char* line :
       {"", " ", "[]", "1", "null", "\"a\"", "{", "}", "{}}", "{}x", "{}{}", "{},", "x{}",
        "\xEF\xBB\xBF{}", "{\"a\":1}\xFF", "{}\x01", "{}\f", "\\{}", "{\"a\":1}\""}) {
    CAPTURE(line);
    CHECK(check_result(line) != "");
  }
}

TEST_CASE("check refuses a name that stands twice in one object") {
  const char* const twice = "a name stands twice in one object";
  CHECK(check_result(R"({"a":1,"a":1})") == twice);
  CHECK(check_result(R"({"a":1,"b":2,"a":{}})") == twice);
  CHECK(check_result(R"({"a":1,"\u0061":2})") == twice);
  CHECK(check_result(R"({"\/":1,"/":2})") == twice);
  CHECK(check_result(R"({"a":{"b":1,"c":2,"b":3}})") == twice);
  CHECK(check_result(R"({"a":[{"b":1},{"b":1,"b":2}]})") == twice);
  CHECK(check_result(R"({"":1,"":2})") == twice);
  CHECK(check_result(R"({"a":{"a":{"a":1}},"b":{"a":2}})") == "");
  CHECK(check_result(R"({"\\u0061":1,"a":2})") == "");
  CHECK(check_result(R"({"\ud800":1,"\ufffd":2})") == "");
}

TEST_CASE("check stops at a depth of 1024") {
  auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  CHECK(check_result(nested(2)) == "");
  CHECK(check_result(nested(1024)) == "");
  CHECK(check_result(nested(1025)) == "nested deeper than 1024");
  CHECK(check_result(nested(100000)) == "nested deeper than 1024");
}

}  // namespace
}  // namespace streamutils
