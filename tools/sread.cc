// sread: begin a stream from files.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <utility>

#include "ops/filter.h"
#include "run/tool.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  bool replay = false;
};

void declare(CLI::App& app, Options& o) {
  app.add_flag("--replay", o.replay,
               "The input is a recorded stream: obey its control lines, which otherwise are bad "
               "records")
      ->group("Reading");
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  auto op = make_filter({});
  if (!op) return op.error();
  Plan plan;
  plan.op = std::move(*op);
  plan.files = invocation.operands;
  plan.files.insert(plan.files.end(), invocation.files.begin(), invocation.files.end());
  plan.role = Role::source;
  plan.data_only = !o.replay;
  return plan;
}

}  // namespace

Tool sread() {
  return define_tool<Options>({.name = "sread",
                               .summary = "begin a stream from files",
                               .synopsis = {"[OPTION]... [FILE]..."},
                               .time = TimeUse::optional,
                               .examples = {"sread a.ndjson b.ndjson | swindow tumbling 1m count",
                                            "sread --replay recorded | sfilter level=error"}},
                              declare, plan);
}

}  // namespace streamutils
