// SPDX-License-Identifier: Apache-2.0
#include "run/wrap.h"

#include <catch2/catch.hpp>

using namespace streamutils;

TEST_CASE("columns counts characters, not bytes") {
  CHECK(columns("") == 0);
  CHECK(columns("abc") == 3);
  CHECK(columns("\u00e4\u2026\U0001F600") == 3);
}

TEST_CASE("wrap fills lines up to the width") {
  struct Row {
    const char* text;
    std::size_t width;
    std::vector<std::string> lines;
  };
  const Row rows[] = {
      {"", 10, {}},
      {"   ", 10, {}},
      {"one", 3, {"one"}},
      {"one two", 7, {"one two"}},
      {"one two", 6, {"one", "two"}},
      {" one  two\nthree ", 9, {"one two", "three"}},
      {"a wonderfully b", 5, {"a", "wonderfully", "b"}},
      {"\u00e4\u00e4 \u00f6", 4, {"\u00e4\u00e4 \u00f6"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text, row.width);
    CHECK(wrap(row.text, row.width) == row.lines);
  }
}

TEST_CASE("gist stops where a reader could") {
  struct Row {
    const char* text;
    std::size_t width;
    const char* gist;
  };
  const Row rows[] = {
      {"", 10, ""},
      {"All of it", 9, "All of it"},
      {"No place to stop", 5, "No place to stop"},
      {"All of one, two, three", 15, "All of one, two"},
      {"All of one, two, three", 2, "All of one"},
      {"The first one. Second", 14, "The first one"},
      {"Choose one word: a, b or c", 22, "Choose one word"},
      {"Choose one word: a, b or c. More", 27, "Choose one word: a, b or c"},
      {"With -a: only these, or those", 20, "With -a: only these, or those"},
      {"What is done (skip, or stop) here", 30, "What is done"},
      {"The limit (default 16M)", 40, "The limit (default 16M)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text, row.width);
    CHECK(gist(row.text, row.width) == row.gist);
  }
}
