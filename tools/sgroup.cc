// sgroup: aggregate the events of each key.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "ops/group.h"
#include "ops/group_args.h"
#include "run/tool.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  std::optional<std::string> every;
  bool changes = false;
};

void declare(CLI::App& app, Options& o) {
  const char* group = "Output";
  app.add_option("--every", o.every,
                 "Write the table at each multiple of this much event time, as it stands for all "
                 "events before it, in place of once at the end")
      ->type_name("DURATION")
      ->group(group);
  app.add_flag("--changes", o.changes,
               "Write the row of its key after each event; with --every, write only the rows that "
               "have changed")
      ->group(group);
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  auto arguments = parse_group_arguments(invocation.operands, invocation.file_exists);
  if (!arguments) return arguments.error();
  GroupOptions group;
  group.arguments = std::move(*arguments);
  group.changes = o.changes;
  if (o.every) {
    auto every = parse_duration(*o.every);
    if (!every) return Error{"--every: " + every.error().message};
    group.every = *every;
  }
  Plan plan;
  plan.files = group.arguments.files;
  plan.files.insert(plan.files.end(), invocation.files.begin(), invocation.files.end());
  plan.takes_time = goes_by_time(group);
  plan.time_optional = !group.every;
  auto op = make_group(std::move(group));
  if (!op) return op.error();
  plan.op = std::move(*op);
  return plan;
}

}  // namespace

Tool sgroup() {
  return define_tool<Options>(
      {.name = "sgroup",
       .summary = "aggregate the events of each key",
       .synopsis = {"[OPTION]... FIELDS [AGG]... [FILE]..."},
       .time = TimeUse::always,
       .examples = {"sgroup user count sum amount events.ndjson",
                    "sgroup region,device.os count avg price --every 1m events.ndjson",
                    "tail -F app.log | sgroup host count --changes"}},
      declare, plan);
}

}  // namespace streamutils
