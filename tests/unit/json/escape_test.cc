// SPDX-License-Identifier: Apache-2.0
#include "json/escape.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace streamutils {
namespace {

struct Expected {
  std::string text;
  bool has_controls = false;
  bool has_non_ascii = false;
};

Expected escape_one_by_one(std::string_view text) {
  Expected expected;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') expected.text += '\\';
    expected.text += c;
    expected.has_controls |= byte < 0x20;
    expected.has_non_ascii |= byte >= 0x80;
  }
  return expected;
}

void check(const std::string& text) {
  CAPTURE(text);
  std::string room(escaped_room(text.size()), '#');
  const EscapedText escaped = write_escaped(room.data(), text);
  const Expected expected = escape_one_by_one(text);
  CHECK(std::string_view(room.data(), escaped.end) == expected.text);
  CHECK(escaped.has_controls == expected.has_controls);
  CHECK(escaped.has_non_ascii == expected.has_non_ascii);
}

TEST_CASE("quotes and backslashes are escaped, at any place") {
  for (const char* text :
       {"", "a", "\"", "\\", "plain text of some length", R"({"k":"a\"b","n":1})"}) {
    check(text);
  }
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '"';
      check(text);
    }
    check(std::string(size, '"'));
  }
}

TEST_CASE("each byte is what it is, and is told of if it may have to be looked at") {
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::size_t at : {0, 5, 8, 13}) {
      std::string text = "0123456789abcd";
      text[at] = static_cast<char>(byte);
      check(text);
    }
  }
}

TEST_CASE("text by chance is escaped as one byte after the other is") {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % 100, ' ');
    for (char& c : text) c = "ab\"\\\n\0\x7f\x80\xff,:"[random() % 11];
    check(text);
  }
}

}  // namespace
}  // namespace streamutils
