// How rows become a table on a terminal.
// SPDX-License-Identifier: Apache-2.0
#include "run/live_table.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace streamutils {
namespace {

using Lines = std::vector<std::string>;

struct Row {
  const char* what;
  Lines rows;
  std::size_t all;
  TerminalSize size;
  Lines table;
};

const Row kRows[] = {
    {"nothing", {}, 0, {10, 40}, {}},
    {"numbers to the right",
     {R"({"user":"ann","count":5})", R"({"user":"benedict","count":12.5})"},
     2,
     {10, 40},
     {"user      count", "ann           5", "benedict   12.5"}},
    {"a member that some rows lack, and one that comes up later",
     {R"({"a":1,"b":"x"})", R"({"b":null})", R"({"c":[1, 2],"b":true})"},
     3,
     {10, 40},
     {"a  b     c", "1  x", "   null", "   true  [1, 2]"}},
    {"no more lines than there are",
     {R"({"a":1})", R"({"a":2})", R"({"a":3})"},
     7,
     {5, 40},
     {"a", "1", "2", "... 5 more"}},
    {"no more columns than there are",
     {R"({"name":"\u00e9\u00e9\u00e9\u00e9"})"},
     1,
     {5, 3},
     {"nam", "\u00e9\u00e9\u00e9"}},
    {"nothing that moves the cursor", {R"({"a\n":"\u001b[2J\t"})"}, 1, {5, 40}, {"a.", ".[2J."}},
};

TEST_CASE("rows become a table") {
  for (const Row& row : kRows) {
    CAPTURE(row.what);
    CHECK(layout_table(row.rows, row.all, row.size) == row.table);
  }
}

}  // namespace
}  // namespace streamutils
