// The text of strings, and the spelling that equal values share as keys.
// SPDX-License-Identifier: Apache-2.0
#include "json/value.h"

#include <catch2/catch.hpp>
#include <string>

#include "lines.h"

namespace streamutils {
namespace {

Value parse(const PaddedLine& line, Record& record) {
  record.reset(line.view());
  return record.member("a");
}

std::string key_of(const std::string& json) {
  const PaddedLine line("{\"a\":" + json + "}");
  Record record;
  std::string key = "before ";
  append_key(key, parse(line, record));
  CHECK(record.ok());
  CHECK(key.substr(0, 7) == "before ");
  return key.substr(7);
}

TEST_CASE("the text of a string is unescaped") {
  struct Row {
    const char* json;
    std::string text;
  };
  const Row rows[] = {
      {R"("")", ""},
      {R"("abc")", "abc"},
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("a\u0041b")", "aAb"},
      {R"("\u0000")", std::string(1, '\0')},
      {R"("\u00e9\u00E9")", "\xC3\xA9\xC3\xA9"},
      {R"("\u07ff\u0800\uffff")", "\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"},
      {R"("\ud83d\ude00")", "\xF0\x9F\x98\x80"},
      {R"("\ud800\udc00\udbff\udfff")", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
      {R"("\ud837\ude00")", "\xF0\x9D\xB8\x80"},  // U+1DE00, a surrogate but for its first digit
      {R"("\ud83d")", "\xEF\xBF\xBD"},
      {R"("\ude00\ud83d")", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {R"("\ud83d\ud83d\ude00")", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
      {R"("\ud83dx")", "\xEF\xBF\xBDx"},
      {R"("\ud83d\n")", "\xEF\xBF\xBD\n"},
      {R"("\\u0041")", "\\u0041"},
      {"\"\xC3\xA9\\n\"", "\xC3\xA9\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    const PaddedLine line("{\"a\":" + std::string(row.json) + "}");
    Record record;
    std::string scratch = "old";
    CHECK(std::string(parse(line, record).text(scratch)) == row.text);
  }
}

TEST_CASE("keys have one spelling") {
  struct Row {
    const char* json;
    const char* key;
  };
  const Row rows[] = {
      {"1", "1"},
      {"1.0", "1"},
      {"1e0", "1"},
      {"10e-1", "1"},
      {"0", "0"},
      {"-0", "0"},
      {"-0.0", "0"},
      {"0e5", "0"},
      {"-1", "-1"},
      {"-1.50", "-15e-1"},
      {"12.5", "125e-1"},
      {"100", "100"},
      {"1e2", "100"},
      {"999999999999999999", "999999999999999999"},
      {"-99999999999999999", "-99999999999999999"},
      {"true", "true"},
      {"null", "null"},
      {"\"1\"", "\"1\""},
      {R"("A")", R"("A")"},
      {R"("\u0041")", R"("A")"},
      {R"("\/")", R"("/")"},
      {R"("\u000a\n\u0008")", R"("\n\n\b")"},
      {R"("\u0001\u001F\u001f")", R"("\u0001\u001f\u001f")"},
      {R"("\u0022\u005C")", R"("\"\\")"},
      {R"("\u007f")", "\"\x7F\""},
      {R"("\uD83D\uDE00")", "\"\xF0\x9F\x98\x80\""},
      {R"("\uD800")", R"("\ud800")"},
      {R"("\uD800x\uDC00")", R"("\ud800x\udc00")"},
      {R"("\\ud800")", R"("\\ud800")"},
      {"[ ]", "[]"},
      {"[1 , 2.0,\"\\u0041\"]", "[1,2,\"A\"]"},
      {"{ }", "{}"},
      {R"({"b":1,"a":2})", R"({"a":2,"b":1})"},
      {R"({"a":1,"a":2})", R"({"a":1})"},
      {R"({"b":0,"\u0061":1,"a":2})", R"({"a":1,"b":0})"},
      {R"({"b":[{"z":1.0,"y":[]}],"a":{"d":null,"c":{}}})",
       R"({"a":{"c":{},"d":null},"b":[{"y":[],"z":1}]})"},
      {R"({"\u00e9":1,"e":2})", "{\"e\":2,\"\xC3\xA9\":1}"},
      {R"({"a\"b":1,"a":[2,[3]]})", R"({"a":[2,[3]],"a\"b":1})"},
      {R"([{"a":1},{"a":1}])", R"([{"a":1},{"a":1}])"},
      {R"({"x":{"b":1,"a":2,"b":3},"x":4})", R"({"x":{"a":2,"b":1}})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    CHECK(key_of(row.json) == row.key);
  }
}

TEST_CASE("keys differ where values do") {
  const char* const values[] = {"1",
                                "\"1\"",
                                "true",
                                "\"true\"",
                                "null",
                                "\"null\"",
                                "[]",
                                "{}",
                                "[[]]",
                                "[{}]",
                                "[null]",
                                "[1,2]",
                                "[2,1]",
                                "[12]",
                                "\"\"",
                                "\" \"",
                                "{\"a\":1}",
                                "{\"a\":\"1\"}",
                                "{\"a\":null}",
                                "{\"b\":1}",
                                "9007199254740993",
                                "9007199254740992",
                                "0.1",
                                "0.10000000000000001",
                                "1e400",
                                "1e401",
                                "-1",
                                R"("\ud800")",
                                R"("\ud801")",
                                R"("\ufffd")",
                                R"("\\ud800")",
                                R"({"\ud800":1})",
                                R"({"\ud801":1})",
                                R"({"a":1,"b":2})",
                                R"({"a":2,"b":1})"};
  for (const char* a : values) {
    for (const char* b : values) {
      CAPTURE(a, b);
      CHECK((key_of(a) == key_of(b)) == (a == b));
    }
  }
}

TEST_CASE("a missing value appends nothing") {
  std::string key = "x";
  append_key(key, Value());
  CHECK(key == "x");
}

TEST_CASE("the key of a large object is made in reasonable time") {
  std::string json;
  const std::size_t depth = 200'000;
  for (std::size_t i = 0; i < depth; ++i) json += "{\"b\":1,\"a\":";
  json += "0";
  json += std::string(depth, '}');
  CHECK(key_of(json).size() == json.size());

  json = "{";
  for (int i = 200'000; i > 0; --i) json += "\"" + std::to_string(i) + "\":1,";
  json += "\"x\":1}";
  CHECK(key_of(json).size() == json.size());
}

TEST_CASE("kinds have names") {
  CHECK(to_string(Kind::missing) == "missing");
  CHECK(to_string(Kind::boolean) == "boolean");
  CHECK(to_string(Kind::object) == "object");
}

}  // namespace
}  // namespace streamutils
