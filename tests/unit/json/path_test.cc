// Paths: what they mean, and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include "json/path.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace streamutils {
namespace {

TEST_CASE("a path is split into steps") {
  struct Row {
    const char* text;
    std::vector<std::string> steps;
    bool pointer;
    bool whole;
  };
  const Row rows[] = {
      {"a", {"a"}, false, false},
      {"a.b.c", {"a", "b", "c"}, false, false},
      {"items.0.price", {"items", "0", "price"}, false, false},
      {"response-time", {"response-time"}, false, false},
      {"a/b", {"a/b"}, false, false},
      {"~", {"~"}, false, false},
      {"@timestamp", {"@timestamp"}, false, false},
      {"this", {}, false, true},
      {"this.this", {"this", "this"}, false, false},
      {"/this", {"this"}, true, false},
      {"/", {""}, true, false},
      {"//a/", {"", "a", ""}, true, false},
      {"/a.b/c", {"a.b", "c"}, true, false},
      {"/a~1b/~0/~01", {"a/b", "~", "~1"}, true, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<Path> path = Path::parse(row.text);
    REQUIRE(path.ok());
    CHECK(path->text() == row.text);
    CHECK(path->steps() == row.steps);
    CHECK(path->is_pointer() == row.pointer);
    CHECK(path->is_whole() == row.whole);
  }
}

TEST_CASE("what is no path is refused with a reason") {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row rows[] = {
      {"", "not a path: \"\" (it is empty)"},
      {".", "not a path: \".\" (a step between dots is empty)"},
      {"a..b", "not a path: \"a..b\" (a step between dots is empty)"},
      {".a", "not a path: \".a\" (a step between dots is empty)"},
      {"a.", "not a path: \"a.\" (a step between dots is empty)"},
      {"/a~", "not a path: \"/a~\" (in a pointer '~' is written ~0 and '/' in a name ~1)"},
      {"/a~2", "not a path: \"/a~2\" (in a pointer '~' is written ~0 and '/' in a name ~1)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<Path> path = Path::parse(row.text);
    REQUIRE(!path.ok());
    CHECK(path.error().message == row.message);
  }
}

TEST_CASE("a list of paths is split at commas") {
  const Result<std::vector<Path>> paths = Path::parse_list("a,b.c,/d.e");
  REQUIRE(paths.ok());
  REQUIRE(paths->size() == 3);
  CHECK((*paths)[1].steps() == std::vector<std::string>{"b", "c"});
  CHECK((*paths)[2].is_pointer());
  for (const char* bad : {"", ",", "a,", ",a", "a,,b", "a,b..c"}) {
    CAPTURE(bad);
    CHECK(!Path::parse_list(bad).ok());
  }
}

}  // namespace
}  // namespace streamutils
