// A tool that exists for the tests of help, manual pages and completions only: every shape of
// option.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "run/tool.h"

namespace streamutils {

struct SampleOptions {
  bool invert = false;
  std::string share;
  std::vector<std::string> expressions;
  std::int64_t limit = 0;
  std::string mode;
  bool hidden = false;
};

inline Tool sample_tool() {
  const auto declare = [](CLI::App& app, SampleOptions& o) {
    app.add_flag("-v,--invert", o.invert, "Keep the others instead")->group("Selection");
    app.add_option("--share", o.share, "Keep a share. It is the same in every run")
        ->type_name("P%[:FIELD]")
        ->group("Selection");
    app.add_option("-e", o.expressions, "Keep what it's true for")->type_name("EXPR");
    app.add_option("-m,--max", o.limit, "Stop after N of them (default 5, on live input)")
        ->type_name("N")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--mode", o.mode, "How: fast or [slow]")
        ->type_name("MODE")
        ->check(CLI::IsMember({"fast", "slow"}));
    app.add_flag("--hidden", o.hidden, "Not to be seen")->group("");
  };
  const auto plan = [](const SampleOptions&, const Invocation&) -> Result<Plan> {
    return Error{"a tool for tests of its declaration"};
  };
  return define_tool<SampleOptions>(
      {.name = "ssample",
       .summary = "try things out",
       .synopsis = {"[OPTION]... WORD...", "-x"},
       .time = TimeUse::always,
       .examples = {"ssample a", "ssample b", "ssample c", "ssample d"}},
      declare, plan);
}

}  // namespace streamutils
