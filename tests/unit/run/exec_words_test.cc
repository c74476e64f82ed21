// The command line of --exec, its rate, and the names of its variables.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "run/exec.h"

namespace streamutils {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("words of a command") {
  struct Row {
    std::string text;
    Words words;
  };
  const Row rows[] = {
      {"mail", {"mail"}},
      {"  mail  -s\talert ", {"mail", "-s", "alert"}},
      {"mail -s 'a \"b\" \\c' \"d 'e' \\\" f\"", {"mail", "-s", "a \"b\" \\c", "d 'e' \" f"}},
      {"a\\ b '' \"\"", {"a b", "", ""}},
      {"x'y'\"z\"", {"xyz"}},
      {"$HOME `x` ; | > *", {"$HOME", "`x`", ";", "|", ">", "*"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto words = split_command(row.text);
    REQUIRE(words.ok());
    CHECK(*words == row.words);
  }
  for (const char* text : {"", "  ", "a 'b", "a \"b", "''"}) {
    CAPTURE(text);
    CHECK_FALSE(split_command(text).ok());
  }
}

TEST_CASE("rates") {
  using std::chrono::milliseconds;
  CHECK(*parse_rate("10/s") == milliseconds(100));
  CHECK(*parse_rate("600/m") == milliseconds(100));
  CHECK(*parse_rate("0.5/s") == milliseconds(2000));
  CHECK(*parse_rate("1/h") == std::chrono::hours(1));
  for (const char* text : {"", "10", "0/s", "-1/s", "x/s", "1/d", "1/", "/s", "inf/x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rate(text).ok());
  }
}

TEST_CASE("variables") {
  CHECK(variable_of("user.name") == "EVENT_USER_NAME");
  CHECK(variable_of("id.orig_h") == "EVENT_ID_ORIG_H");
  CHECK(variable_of("/a b") == "EVENT__A_B");
}

}  // namespace
}  // namespace streamutils
