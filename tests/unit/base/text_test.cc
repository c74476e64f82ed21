// Quoting, guessing and UTF-8.
// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <catch2/catch.hpp>
#include <string>

namespace streamutils {
namespace {

TEST_CASE("quote shows text that a terminal can bear") {
  struct Row {
    std::string text;
    std::string quoted;
  };
  const Row row = GENERATE(
      Row{"", R"("")"}, Row{"yesterday", R"("yesterday")"}, Row{"a\tb\n", R"("a\x09b\x0a")"},
      Row{"\x1b[31m", R"("\x1b[31m")"}, Row{"\x7f", R"("\x7f")"},
      Row{"\xC2\x9B", R"("\xc2\x9b")"},  // a C1 control: CSI in one character
      Row{"M\xC3\xBCnchen", "\"M\xC3\xBCnchen\""}, Row{"a\xFF", R"("a\xff")"},
      Row{"\xE2\x82", R"("\xe2\x82")"}, Row{std::string("\0", 1), R"("\x00")"});
  CAPTURE(row.text);
  CHECK(quote(row.text) == row.quoted);
}

TEST_CASE("quote cuts at a character") {
  struct Row {
    std::string text;
    std::size_t limit;
    std::string quoted;
  };
  const Row row =
      GENERATE(Row{"abcdef", 6, R"("abcdef")"}, Row{"abcdefg", 6, R"("abcdef...")"},
               Row{"ab\xC3\xBC", 3, R"("ab...")"}, Row{"ab\xC3\xBC", 4, "\"ab\xC3\xBC\""},
               Row{"abc", 0, R"("...")"}, Row{"ab\n\n", 3, R"("ab\x0a...")"});
  CAPTURE(row.text, row.limit);
  CHECK(quote(row.text, row.limit) == row.quoted);
}

TEST_CASE("closest finds what was meant and does not guess wildly") {
  constexpr std::string_view kWords[] = {"tumbling", "sliding", "session", "avg", "max", "median"};
  struct Row {
    std::string_view word;
    std::string_view meant;
  };
  const Row row =
      GENERATE(Row{"tumbing", "tumbling"}, Row{"tumblign", "tumbling"}, Row{"slidding", "sliding"},
               Row{"AVG", "avg"}, Row{"mxa", "max"}, Row{"averag", ""}, Row{"mean", "median"},
               Row{"x", ""}, Row{"", ""}, Row{"seßion", "session"});
  CAPTURE(row.word);
  CHECK(closest(row.word, kWords) == row.meant);
}

TEST_CASE("did_you_mean is a clause or nothing") {
  constexpr std::string_view kWords[] = {"sum", "count"};
  CHECK(did_you_mean("cuont", kWords) == ", did you mean 'count'?");
  CHECK(did_you_mean("zebra", kWords).empty());
  CHECK(did_you_mean("count", {}).empty());
}

TEST_CASE("is_utf8 follows table 3-7 of the Unicode standard") {
  struct Row {
    std::string text;
    bool good;
  };
  const Row row = GENERATE(
      Row{"", true}, Row{"plain ascii that is longer than a block", true},
      Row{"eight by\xC3\xBC", true}, Row{"\xE2\x82\xAC", true}, Row{"\xF0\x9F\x98\x80", true},
      Row{"\xF4\x8F\xBF\xBF", true}, Row{"\xEF\xBF\xBF", true}, Row{"\xED\x9F\xBF", true},
      Row{"\x80", false}, Row{"\xC0\x80", false}, Row{"\xC1\xBF", false},
      Row{"\xE0\x9F\xBF", false}, Row{"\xED\xA0\x80", false}, Row{"\xF0\x8F\xBF\xBF", false},
      Row{"\xF4\x90\x80\x80", false}, Row{"\xF5\x80\x80\x80", false}, Row{"\xE2\x82", false},
      Row{"\xC3", false}, Row{"\xC3x", false}, Row{"\xE2\x82x", false}, Row{"\xFF", false},
      Row{"sixteen ascii by\xFF", false});
  CAPTURE(row.text);
  CHECK(is_utf8(row.text) == row.good);
}

}  // namespace
}  // namespace streamutils
