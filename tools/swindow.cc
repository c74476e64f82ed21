// swindow: aggregate the events of each window.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "ops/window.h"
#include "ops/window_args.h"
#include "run/tool.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  std::optional<std::string> offset;
};

void declare(CLI::App& app, Options& o) {
  app.add_option("--offset", o.offset,
                 "Start windows this much later than the multiples of their length that count from "
                 "1970: tumbling 1d --offset 6h begins each day at six")
      ->type_name("DURATION")
      ->group("Windows");
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  auto arguments = parse_window_arguments(invocation.operands);
  if (!arguments) return arguments.error();
  WindowOptions window{
      .arguments = std::move(*arguments), .offset = {}, .zone = invocation.time_syntax.zone};
  if (o.offset) {
    auto offset = parse_duration(*o.offset);
    if (!offset) return Error{"--offset: " + offset.error().message};
    window.offset = *offset;
  }
  Plan plan{.op = nullptr, .files = window.arguments.files, .takes_time = true, .warnings = {}};
  plan.files.insert(plan.files.end(), invocation.files.begin(), invocation.files.end());
  auto op = make_window(std::move(window));
  if (!op) return op.error();
  plan.op = std::move(*op);
  return plan;
}

}  // namespace

Tool swindow() {
  return define_tool<Options>(
      {.name = "swindow",
       .summary = "aggregate the events of each window",
       .synopsis = {"[OPTION]... tumbling SIZE AGG... [by FIELDS] [FILE]...",
                    "[OPTION]... sliding SIZE SLIDE AGG... [by FIELDS] [FILE]...",
                    "[OPTION]... session GAP [max D] AGG... [by FIELDS] [FILE]...",
                    "[OPTION]... cumulate SIZE STEP AGG... [by FIELDS] [FILE]...",
                    "[OPTION]... rolling SIZE AGG... [by FIELDS] [FILE]..."},
       .time = TimeUse::always,
       .examples =
           {"swindow tumbling 10s count avg amount by region events.ndjson",
            "tail -F app.log | sfilter type=purchase | swindow tumbling 10s avg amount",
            "swindow session 30m max 12h count as pages by user --disorder 5s clicks.ndjson"}},
      declare, plan);
}

}  // namespace streamutils
