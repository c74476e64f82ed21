// sread: begin a stream from files.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <string>
#include <utility>

#include "base/time.h"
#include "ops/filter.h"
#include "run/tool.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  std::string checkpoint_every;
  std::string follow_epochs;
  bool replay = false;
};

void declare_checkpoints(CLI::App& app, Options& o) {
  app.add_option("--checkpoint-every", o.checkpoint_every,
                 "With --checkpoint, let all stages save this often (default 1s)")
      ->type_name("DURATION")
      ->group("Recovery");
  app.add_option(
         "--follow-epochs", o.follow_epochs,
         "With --checkpoint, follow the barriers of the source of this name: for the second "
         "input of sjoin")
      ->type_name("NAME")
      ->group("Recovery");
}

void declare(CLI::App& app, Options& o) {
  app.add_flag("--replay", o.replay,
               "The input is a recorded stream: obey its control lines, which otherwise are bad "
               "records")
      ->group("Reading");
  declare_checkpoints(app, o);
}

Status plan_checkpoints(const Options& o, Plan& plan) {
  plan.follow_epochs = o.follow_epochs;
  if (o.checkpoint_every.empty()) return {};
  auto every = parse_duration(o.checkpoint_every);
  if (!every) return Error{"--checkpoint-every: " + every.error().message};
  if (*every <= Duration::zero()) return Error{"--checkpoint-every: must be more than 0"};
  plan.barrier_every = *every;
  return {};
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  auto op = make_filter({});
  if (!op) return op.error();
  Plan plan;
  plan.op = std::move(*op);
  plan.files = invocation.operands;
  plan.files.insert(plan.files.end(), invocation.files.begin(), invocation.files.end());
  plan.role = Role::source;
  if (Status status = plan_checkpoints(o, plan); !status) return status.error();
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
                                            "sread --replay recorded | sfilter level=error"},
                               .free_options = {"--checkpoint-every"}},
                              declare, plan);
}

}  // namespace streamutils
