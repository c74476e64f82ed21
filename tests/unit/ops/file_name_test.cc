// Names of files from events: never outside their place, and never shared by two values.
// SPDX-License-Identifier: Apache-2.0
#include "ops/file_name.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>

#include "json/writer.h"

namespace streamutils {
namespace {

std::string name_of(const std::string& pattern, const std::string& event) {
  auto name = FileName::parse(pattern);
  REQUIRE(name.ok());
  const std::string padded = event + std::string(Record::kPadding, '\0');
  Record record;
  record.reset(std::string_view(padded).substr(0, event.size()));
  std::string out;
  name->append(out, record);
  return out;
}

TEST_CASE("names from events") {
  struct Row {
    std::string pattern;
    std::string event;
    std::string name;
  };
  const Row rows[] = {
      {"{a}", R"({"a":"x"})", "x"},
      {"o/{a.b}.json", R"({"a":{"b":"y z"}})", "o/y z.json"},
      {"{{{a}}}", R"({"a":1.50})", "{1.5}"},
      {"{a}_{b}", R"({"a":-0.5,"b":15e-4})", "-0.5_0.0015"},
      {"{a}_{b}", R"({"a":-12.25,"b":1e-30})", "-12.25_1e-30"},
      {"{a}_{b}", R"({"a":1e2,"b":1e30})", "100_1e30"},
      {"{a}-{b}", R"({"a":null,"c":1})", "%null-%missing"},
      {"{a}", R"({"a":""})", "%empty"},
      {"{a}", R"({"a":"%empty"})", "%25empty"},
      {"{a}", R"({"a":"../x"})", "%2E.%2Fx"},
      {"{a}", R"({"a":"a.b.."})", "a.b.."},
      {"{a}", R"({"a":"\u0000\n\u007f\\"})", "%00%0A%7F%5C"},
      {"{a}", R"({"a":"\u00e9"})", "\xC3\xA9"},
      {"{a:%Y/%m/%d %H}", R"({"a":"2026-11-22T10:00:00Z"})", "2026/11/22 10"},
      {"{a:%Y}", R"({"a":"x"})", "%no-time"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern, row.event);
    CHECK(name_of(row.pattern, row.event) == row.name);
  }
}

TEST_CASE("patterns that are none") {
  for (const char* pattern : {"", "{", "a}", "{a", "{}", "{a..b}"}) {
    CAPTURE(pattern);
    CHECK_FALSE(FileName::parse(pattern).ok());
  }
}

TEST_CASE("no two texts share a name, and none leaves its folder") {
  std::mt19937 random(7);  // NOLINT: the same in every run
  const std::string letters("./%\\a\n\xC3\xA9", 8);
  std::map<std::string, std::string> text_of;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    const std::size_t length = i % 50 == 0 ? 150 + random() % 100 : random() % 6;
    for (std::size_t n = 0; n < length; ++n) text += letters[random() % letters.size()];
    std::string name;
    append_safe(name, text);
    CAPTURE(text, name);
    REQUIRE(name.find('/') == name.npos);
    REQUIRE(name.find('\0') == name.npos);
    REQUIRE(name[0] != '.');
    REQUIRE(name.size() <= 120);
    const auto [it, is_new] = text_of.emplace(name, text);
    REQUIRE((is_new || it->second == text));
  }
}

}  // namespace
}  // namespace streamutils
