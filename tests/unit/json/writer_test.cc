// JsonWriter: commas, escapes, numbers.
// SPDX-License-Identifier: Apache-2.0
#include "json/writer.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

namespace streamutils {
namespace {

TEST_CASE("values are separated where they must be") {
  std::string out = "> ";
  JsonWriter json(out);
  json.begin_object().name("a").integer(-1).name("b").begin_array();
  json.unsigned_integer(18446744073709551615U).boolean(true).boolean(false).null();
  json.begin_object().end_object().begin_array().end_array().end_array();
  json.name("c")
      .raw("1.50")
      .name("d")
      .string("x")
      .name("e")
      .begin_object()
      .name("f")
      .number(2.5)
      .end_object();
  json.name("g").time(from_nanos(1'500'000'000), TimeStyle{}).end_object();
  CHECK(out == R"(> {"a":-1,"b":[18446744073709551615,true,false,null,{},[]],"c":1.50,"d":"x",)"
               R"("e":{"f":2.5},)"
               R"("g":"1970-01-01T00:00:01.5Z"})");
}

TEST_CASE("numbers that are not finite are null") {
  std::string out;
  JsonWriter json(out);
  json.begin_array().number(std::numeric_limits<double>::infinity());
  json.number(std::numeric_limits<double>::quiet_NaN()).number(1e300).number(3).end_array();
  CHECK(out == "[null,null,1e+300,3]");
}

TEST_CASE("strings are escaped as little as JSON allows") {
  struct Row {
    std::string text;
    const char* json;
  };
  const Row rows[] = {
      {"", "\"\""},
      {"abc", "\"abc\""},
      {"\"\\/", R"("\"\\/")"},
      {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {std::string("\0\x1F\x7F", 3), "\"\\u0000\\u001f\x7F\""},
      {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
      // Invalid UTF-8: one U+FFFD for each longest beginning of a character (Unicode, 3.9).
      {"\xFF", "\"\xEF\xBF\xBD\""},
      {"a\x80\"b", "\"a\xEF\xBF\xBD\\\"b\""},
      {"\xC3", "\"\xEF\xBF\xBD\""},
      {"\xE2\x82", "\"\xEF\xBF\xBD\""},
      {"\xF0\x9F\x98", "\"\xEF\xBF\xBD\""},
      {"\xF0\x9F\x98x", "\"\xEF\xBF\xBDx\""},
      {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xE2\x82\xC3\xA9", "\"\xEF\xBF\xBD\xC3\xA9\""},
      {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    std::string out;
    append_json_string(out, row.text);
    CHECK(out == row.json);
  }
}

TEST_CASE("a byte that no literal text has is seen wherever it stands") {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(byte);
        std::string copy(size, '\0');
        const bool is_literal = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
        const bool ok = copy_literal_text(copy.data(), text) == is_literal && copy == text;
        if (!ok) FAIL("byte " << byte << " at " << at << " of " << size);
      }
    }
  }
}

}  // namespace
}  // namespace streamutils
