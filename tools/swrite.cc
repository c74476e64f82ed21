// swrite: end a stream in a file.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ops/filter.h"
#include "run/tool.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  bool append = false;
  bool rollback = false;
};

void declare(CLI::App& app, Options& o) {
  app.add_flag("-a,--append", o.append, "Add to what FILE holds, in place of replacing it")
      ->group("Writing");
  app.add_flag("--rollback", o.rollback,
               "With --checkpoint, cut FILE to what was committed if it is longer")
      ->group("Recovery");
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  std::vector<std::string> files = invocation.operands;
  files.insert(files.end(), invocation.files.begin(), invocation.files.end());
  if (files.size() > 1) {
    return Error{"one FILE to write is expected, found " + std::to_string(files.size()) +
                 "; the events come from standard input"};
  }
  const bool to_file = !files.empty() && files[0] != "-";
  if (o.append && !to_file) return Error{"--append needs the FILE to append to"};
  auto op = make_filter({});
  if (!op) return op.error();
  Plan plan;
  plan.op = std::move(*op);
  plan.role = Role::sink;
  if (to_file)
    plan.output = OutputFile{.name = files[0], .append = o.append, .rollback = o.rollback};
  return plan;
}

}  // namespace

Tool swrite() {
  return define_tool<Options>(
      {.name = "swrite",
       .summary = "end a stream in a file",
       .synopsis = {"[OPTION]... [FILE]"},
       .time = TimeUse::optional,
       .examples = {"sread app.log | sfilter level=error | swrite errors",
                    "swindow tumbling 1m count < app.log | swrite --append out"},
       .free_options = {"--append", "--rollback"}},
      declare, plan);
}

}  // namespace streamutils
