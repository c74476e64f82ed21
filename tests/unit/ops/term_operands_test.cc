// Which operands are terms and which are files, as a table.
// SPDX-License-Identifier: Apache-2.0
#include "ops/term_operands.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace streamutils {
namespace {

using Words = std::vector<std::string>;

// The world of the tests: these files exist.
bool exists(const std::string& name) {
  static const Words kFiles = {"log",   "amount",    "a=b",       "x>5",
                               "./c=d", "/data/y=1", "/data/y<1", "user.id~7"};
  return std::find(kFiles.begin(), kFiles.end(), name) != kFiles.end();
}

TEST_CASE("operands are terms up to the first without an operator, the rest are files") {
  struct Row {
    Words operands, terms, files;
  };
  const std::vector<Row> rows = {
      {{}, {}, {}},
      {{"type=x"}, {"type=x"}, {}},
      {{"type=x", "n>5"}, {"type=x", "n>5"}, {}},
      {{"type=x", "log"}, {"type=x"}, {"log"}},
      {{"type=x", "-"}, {"type=x"}, {"-"}},
      {{"log", "-", "amount"}, {}, {"log", "-", "amount"}},
      {{"type=x", "log", "a=b"}, {"type=x"}, {"log", "a=b"}},
      {{"type=x", "./c=d"}, {"type=x"}, {"./c=d"}},
      {{"a==b"}, {"a==b"}, {}},
      {{"=x"}, {"=x"}, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.operands);
    const auto split = split_operands(row.operands, exists);
    REQUIRE(split.ok());
    CHECK(*split == TermOperands{row.terms, row.files});
  }
}

TEST_CASE("operands that are both or neither are refused") {
  struct Row {
    Words operands;
    std::string message;
  };
  const std::vector<Row> rows = {
      {{"a=b"},
       "'a=b' is a term and also the name of a file: write 'a==b' for the term, './a=b' for the "
       "file"},
      {{"x>5"},
       "'x>5' is a term and also the name of a file: write '/x>5' for the term, './x>5' for the "
       "file"},
      {{"user.id~7"},
       "'user.id~7' is a term and also the name of a file: write '/user/id~7' for the term, "
       "'./user.id~7' for the file"},
      {{"/data/y=1"},
       "'/data/y=1' is a term and also the name of a file: write '/data/y==1' for the term, "
       "-- '/data/y=1' for the file"},
      {{"/data/y<1"},
       "'/data/y<1' is a term and also the name of a file: write an expression with -e for the "
       "term, -- '/data/y<1' for the file"},
      {{"price"},
       "'price' is neither a term (a word like amount>100, in quotes) nor a file; for an "
       "expression use -e"},
      {{""},
       "'' is neither a term (a word like amount>100, in quotes) nor a file; for an expression "
       "use -e"},
      {{"type=x", "log", "n>6"},
       "'n>6' stands behind a file, and there is no file of that name: terms come first"},
      {{"./e=f"},
       "'./e=f' is neither a term (a word like amount>100, in quotes) nor a file; for an "
       "expression use -e"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.operands);
    const auto split = split_operands(row.operands, exists);
    REQUIRE_FALSE(split.ok());
    CHECK(split.error().message == row.message);
  }
}

TEST_CASE("an unquoted > is noticed") {
  struct Row {
    Words operands;
    std::string fresh_output;
    bool warned;
  };
  const std::vector<Row> rows = {
      {{"price"}, "100", true},        {{"price"}, "1.5", true},
      {{"price"}, "=100", true},       {{"type=x", "price"}, "100", true},
      {{"price", "log"}, "100", true}, {{"price"}, "", false},
      {{"price"}, "out", false},       {{"price"}, "out.ndjson", false},
      {{"price>5"}, "100", false},     {{"log"}, "100", false},
      {{"amount"}, "100", false},      {{}, "100", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.operands, row.fresh_output);
    CHECK(redirection_hazard(row.operands, exists, row.fresh_output).has_value() == row.warned);
  }
  CHECK(redirection_hazard(Words{"price"}, exists, "=100") ==
        "standard output goes to a new file named '=100': if you meant the term price>=100, put it "
        "in quotes: 'price>=100'");
}

}  // namespace
}  // namespace streamutils
