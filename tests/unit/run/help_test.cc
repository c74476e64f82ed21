// SPDX-License-Identifier: Apache-2.0
#include "run/help.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>
#include <sstream>

#include "json/record.h"
#include "run/exit_status.h"
#include "run/wrap.h"
#include "sample_tool.h"

using namespace streamutils;

namespace {

// What the tool shows after it has been given these words, last one first.
std::string help_of(const Tool& tool, const char* form, std::vector<std::string> words = {}) {
  CLI::App app(tool.info.summary, tool.info.name);
  CommonOptions common;
  HelpOptions help;
  std::vector<std::string> operands;
  declare_all(app, tool, common, help, operands);
  if (!words.empty()) app.parse(std::move(words));
  const auto text = render_help(tool, app, form);
  REQUIRE(text.ok());
  return *text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("Short help is one screen: own options in a few words, three examples") {
  CHECK(help_of(sample_tool(), "short") ==
        R"(Usage: ssample [OPTION]... WORD...
   or: ssample -x
Try things out.

  -v, --invert            Keep the others instead
      --share P%[:FIELD]  Keep a share. It is the same in every run
  -e EXPR                 Keep what it's true for
  -m, --max N             Stop after N of them (default 5, on live input)
      --mode MODE         How: fast or [slow]

Examples:
  ssample a
  ssample b
  ssample c

All options: ssample --help    Manual: man ssample, man streamutils
)");
}

TEST_CASE("Short help of a tool with many options says that there are more") {
  Tool tool = sample_tool();
  const auto declare = tool.declare;
  std::vector<std::string> values(30);
  tool.declare = [&](CLI::App& app) {
    declare(app);
    for (std::size_t i = 0; i < values.size(); ++i) {
      app.add_option("--more" + std::to_string(i), values[i],
                     "One, and another, and so on, and on, and on");
    }
  };
  const auto lines = lines_of(help_of(tool, "short"));
  CHECK(lines.size() == 24);
  CHECK(std::count(lines.begin(), lines.end(), "  ... more: ssample --help") == 1);
  CHECK(lines.back().starts_with("All options: "));
}

TEST_CASE("Full help shows every group, and fits into 80 columns") {
  const std::string text = help_of(sample_tool(), "full");
  for (const std::string& line : lines_of(text)) {
    CAPTURE(line);
    CHECK(columns(line) <= 80);
  }
  for (const char* part : {"\nSelection:\n", "\nEvent time:\n", "\nHelp:\n", "\nExit status:\n",
                           "\n      --stats[=json] ", "\n  -t, --time FIELD "}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
  for (const ExitStatusRow& row : exit_statuses()) {
    CAPTURE(row.status);
    CHECK(text.find("\n  " + std::string(row.status) + " ") != std::string::npos);
  }
}

TEST_CASE("Help for programs is one JSON object") {
  std::string text = help_of(sample_tool(), "json");
  REQUIRE(text.ends_with("}\n"));
  text.pop_back();
  const std::string line = text;
  text.append(Record::kPadding, '\0');
  Record record;
  record.reset(std::string_view(text.data(), line.size()));
  CHECK(record.check());
  CHECK(line.starts_with(R"({"schema":1,"name":"ssample","summary":"try things out","version":")"));
  const char* parts[] = {
      R"("synopsis":["[OPTION]... WORD...","-x"])",
      R"x({"names":["-m","--max"],"argument":"N","group":"Options",)x",
      R"x("text":"Stop after N of them (default 5, on live input)","repeatable":false,)x"
      R"x("choices":[],"default":"5"})x",
      R"x("text":"How: fast or [slow]","repeatable":false,"choices":["fast","slow"],)x"
      R"x("default":null})x",
      R"({"status":"75",)",
  };
  for (const char* part : parts) {
    CAPTURE(part);
    CHECK(line.find(part) != std::string::npos);
  }
}

TEST_CASE("What was parsed does not show in the help") {
  for (const char* form : {"short", "full", "json"}) {
    CAPTURE(form);
    CHECK(help_of(sample_tool(), form, {"slow", "--mode", "x", "-e", "stop", "--bad", "-v"}) ==
          help_of(sample_tool(), form));
  }
}

TEST_CASE("There is no other form of help") {
  CLI::App app;
  const auto text = render_help(sample_tool(), app, "long");
  REQUIRE_FALSE(text.ok());
  CHECK(text.error().message == "no such form of help: \"long\" (expected short, full or json)");
}
