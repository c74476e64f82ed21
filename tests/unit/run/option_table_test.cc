// SPDX-License-Identifier: Apache-2.0
#include "run/option_table.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "sample_tool.h"

using namespace streamutils;

namespace {

using Names = std::vector<std::string>;

OptionEntry entry(const std::vector<OptionEntry>& table, const std::string& name) {
  const auto has_name = [&](const OptionEntry& option) {
    return std::find(option.names.begin(), option.names.end(), name) != option.names.end();
  };
  const auto found = std::find_if(table.begin(), table.end(), has_name);
  REQUIRE(found != table.end());
  return *found;
}

}  // namespace

TEST_CASE("An option reads back as it was declared") {
  const auto table = option_table(sample_tool());
  struct Row {
    const char* name;
    const char* spelling;
    const char* argument;
    Names choices;
    const char* default_value;
    bool repeatable;
    bool own;
  };
  const Row rows[] = {
      {"-v", "-v, --invert", "", {}, "", false, true},
      {"--share", "--share P%[:FIELD]", "P%[:FIELD]", {}, "", false, true},
      {"-e", "-e EXPR", "EXPR", {}, "", true, true},
      {"-m", "-m, --max N", "N", {}, "5", false, true},
      {"--mode", "--mode MODE", "MODE", {"fast", "slow"}, "", false, true},
      {"-t", "-t, --time FIELD", "FIELD", {}, "", false, false},
      {"--disorder", "--disorder DURATION", "DURATION", {}, "1s", false, false},
      {"--control", "--control WHEN", "WHEN", {"auto", "always", "never"}, "", false, false},
      {"--stats", "--stats[=json]", "[=json]", {"text", "json"}, "", false, false},
      {"-w", "-w, --watermarks", "", {}, "", false, false},
      {"-h", "-h", "", {}, "", false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const OptionEntry option = entry(table, row.name);
    CHECK(spelling(option) == row.spelling);
    CHECK(option.argument == row.argument);
    CHECK(option.choices == row.choices);
    CHECK(option.default_value == row.default_value);
    CHECK(option.repeatable == row.repeatable);
    CHECK(option.own == row.own);
    CHECK_FALSE(option.text.empty());
  }
}

TEST_CASE("Hidden options and operands are not in the table") {
  for (const OptionEntry& option : option_table(sample_tool())) {
    CAPTURE(spelling(option));
    CHECK_FALSE(option.names.empty());
    CHECK(option.names.front() != "--hidden");
    CHECK(option.names.front() != "--line-buffered");
    CHECK_FALSE(option.group.empty());
  }
}

TEST_CASE("Groups come in the order of declaration, each once") {
  CHECK(groups_of(option_table(sample_tool())) == Names{"Selection", "Options", "Event time",
                                                        "Stream", "Recovery", "Malformed input",
                                                        "Reports", "Help"});
}
