// sgroup: aggregate the events of each key, rank them, or send them different ways.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "ops/aggregate_hints.h"
#include "ops/group.h"
#include "ops/group_args.h"
#include "ops/partition.h"
#include "ops/rank.h"
#include "ops/split.h"
#include "run/jobs.h"
#include "run/options.h"
#include "run/scratch_file.h"
#include "run/tool.h"
#include "run/usage_error.h"
#include "tools/copied_tool.h"
#include "tools/expected_members.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

constexpr std::uint64_t kMostCopies = 256;

struct Options {
  std::optional<std::string> every;
  bool changes = false;
  std::optional<std::uint64_t> limit;
  std::optional<std::uint64_t> max_keys;
  std::optional<std::string> memory;
  std::optional<std::string> order;
  bool descending = false;
  std::vector<std::string> top;
  std::optional<std::string> split;
  bool append = false;
  std::optional<std::uint64_t> jobs;
};

void declare_output(CLI::App& app, Options& o) {
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
  app.add_option("--order", o.order,
                 "Write the rows of a table, or of --top, in the order of this expression over the "
                 "row, the "
                 "least first")
      ->type_name("EXPR")
      ->group(group);
  app.add_flag("--desc", o.descending, "With --order, the greatest first")->group(group);
  app.add_option("--limit", o.limit, "Write only the first N rows of a table, or of --top")
      ->type_name("N")
      ->check(whole_number())
      ->group(group);
  app.add_option("--max-keys", o.max_keys,
                 "Keep no more keys than this; events of others are dropped and counted, and the "
                 "exit status is 1")
      ->type_name("N")
      ->check(whole_number())
      ->group(group);
  app.add_option(
         "--mem", o.memory,
         "Hold about this much of a table that leaves at the end in memory, and the rest on "
         "disk, in $TMPDIR (default: all in memory, with a message at 4G)")
      ->type_name("SIZE")
      ->group(group);
}

void declare_others(CLI::App& app, Options& o) {
  const char* group = "In place of aggregates";
  app.add_option("--top", o.top,
                 "Write the N events of each key with the largest EXPR, with their rank, at the "
                 "end; with --changes write each rank that is taken by another event")
      ->type_name("N EXPR")
      ->expected(2)
      ->allow_extra_args(false)
      ->group(group);
  app.add_option("--split", o.split,
                 "Write the events of each key to a file of its own; the name holds each field in "
                 "braces, as in 'out/{region}.ndjson'")
      ->type_name("NAME")
      ->group(group);
  app.add_flag("--append", o.append,
               "With --split, add to what stands in the files; without it that is replaced")
      ->group(group);
  app.add_option("--jobs", o.jobs,
                 "Run N copies of the command behind '--', send the events of each key to one of "
                 "them, and write what they write")
      ->type_name("N")
      ->check(whole_number())
      ->group(group);
}

void declare(CLI::App& app, Options& o) {
  declare_output(app, o);
  declare_others(app, o);
}

// Refuses what two of the forms would mean together.
Status check(const Options& o) {
  const int others = !o.top.empty() + o.split.has_value() + o.jobs.has_value();
  if (others > 1) return Error{"only one of --top, --split and --jobs can be given"};
  if (others > 0 && o.every) {
    return Error{"--every is for tables of aggregates"};
  }
  if (others > 0 && o.memory) return Error{"--mem is for tables of aggregates"};
  const bool has_order = o.limit || o.order || o.descending;
  if ((o.split || o.jobs) && (has_order || o.max_keys)) {
    return Error{"--order, --desc, --limit and --max-keys are for tables and --top"};
  }
  if (o.changes && (o.split || o.jobs)) return Error{"--changes is for tables and --top"};
  if (o.append && !o.split) return Error{"--append is for --split"};
  return {};
}

// Behind FIELDS stand files alone.
Status take_files(const Invocation& invocation, std::string_view option, Plan& plan) {
  for (std::size_t i = 1; i < invocation.operands.size(); ++i) {
    const std::string& word = invocation.operands[i];
    if (is_aggregate_word(word) && !invocation.file_exists(word)) {
      return Error{"'" + word + "': there are no aggregates with " + std::string(option) +
                   " (a file of that name is ./" + word + ")"};
    }
    plan.files.push_back(word);
  }
  return {};
}

// The rows that leave, in which order, and of how many keys.
template <typename Form>
Status read_limits(const Options& o, Form& form) {
  form.changes = o.changes;
  form.order.descending = o.descending;
  form.order.limit = o.limit;
  if (o.max_keys == 0U) return Error{"--max-keys: must be more than 0"};
  if (o.max_keys) form.max_keys = *o.max_keys;
  if (!o.order) return {};
  auto order = Expr::compile_argument(*o.order);
  if (!order) return Error{"--order: " + order.error().message};
  form.order.by = std::move(*order);
  return {};
}

Status read_memory(const Options& o, GroupOptions& group) {
  group.make_scratch = make_scratch_file;
  if (!o.memory) return {};
  const Result<std::size_t> memory = parse_size(*o.memory);
  if (!memory) return Error{"--mem: " + memory.error().message};
  group.memory = *memory;
  return {};
}

Result<Plan> plan_table(const Options& o, const Invocation& invocation) {
  auto arguments = parse_group_arguments(invocation.operands, invocation.file_exists);
  if (!arguments) return arguments.error();
  GroupOptions group;
  group.arguments = std::move(*arguments);
  if (Status s = read_limits(o, group); !s) return s.error();
  if (Status s = read_memory(o, group); !s) return s.error();
  if (o.every) {
    auto every = parse_duration(*o.every);
    if (!every) return Error{"--every: " + every.error().message};
    group.every = *every;
  }
  Plan plan;
  expect_members(group.arguments.keys, plan.members);
  expect_arguments(group.arguments.aggregates, plan.members);
  plan.files = group.arguments.files;
  plan.files.insert(plan.files.end(), invocation.files.begin(), invocation.files.end());
  plan.takes_time = goes_by_time(group);
  plan.time_optional = !group.every;
  plan.is_table = !group.every && !group.changes;
  auto op = make_group(std::move(group));
  if (!op) return op.error();
  plan.op = std::move(*op);
  return plan;
}

Result<std::uint64_t> parse_count(const std::string& word) {
  std::uint64_t n = 0;
  const bool digits = !word.empty() && word.size() < 10 &&
                      std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
  if (digits) n = std::stoull(word);
  if (n == 0) return Error{"--top: N must be a number from 1 on, not '" + word + "'"};
  return n;
}

Result<Plan> plan_top(const Options& o, const Invocation& invocation) {
  auto keys = parse_group_fields(invocation.operands);
  if (!keys) return keys.error();
  auto count = parse_count(o.top[0]);
  if (!count) return count.error();
  auto by = Expr::compile_argument(o.top[1]);
  if (!by) return Error{"--top: " + by.error().message};
  Plan plan;
  expect_members(*keys, plan.members);
  expect_argument(*by, plan.members);
  if (Status s = take_files(invocation, "--top", plan); !s) return s.error();
  plan.files.insert(plan.files.end(), invocation.files.begin(), invocation.files.end());
  if (plan.files.empty()) {
    for (const std::string& field : {invocation.operands[0], o.top[1]}) {
      if (Status s = check_no_file(field, invocation.file_exists); !s) return s.error();
    }
  }
  plan.takes_time = plan.time_optional = true;
  plan.is_table = !o.changes;
  RankOptions rank{.keys = std::move(*keys), .count = *count, .by = std::move(*by), .order = {}};
  if (Status s = read_limits(o, rank); !s) return s.error();
  auto op = make_rank(std::move(rank));
  if (!op) return op.error();
  plan.op = std::move(*op);
  return plan;
}

// Files get each event as it comes, whatever becomes of the epoch.
Status refuse_checkpoint(const Invocation& invocation, const std::string& name) {
  if (invocation.common.checkpoint.empty()) return {};
  return Error{"--split: what stands in its files belongs to no epoch (swrite --checkpoint " +
               name + " writes each event there once)"};
}

Result<Plan> plan_split(const Options& o, const Invocation& invocation) {
  auto keys = parse_group_fields(invocation.operands);
  if (!keys) return keys.error();
  auto op = make_split(*keys, *o.split);
  if (!op) return op.error();
  if (Status s = refuse_checkpoint(invocation, *o.split); !s) return s.error();
  Plan plan;
  expect_members(*keys, plan.members);
  if (Status s = take_files(invocation, "--split", plan); !s) return s.error();
  plan.files.insert(plan.files.end(), invocation.files.begin(), invocation.files.end());
  plan.op = std::move(*op);
  plan.writes_files = true;
  plan.appends_to_files = o.append;
  return plan;
}

Result<Plan> plan_jobs(const Options& o, const Invocation& invocation) {
  auto keys = parse_group_fields(invocation.operands);
  if (!keys) return keys.error();
  if (*o.jobs == 0 || *o.jobs > kMostCopies) return Error{"--jobs: N must be from 1 to 256"};
  if (invocation.files.empty()) {
    return Error{"--jobs needs a command behind '--': sgroup user --jobs 4 -- swindow ..."};
  }
  Plan plan;
  expect_members(*keys, plan.members);
  if (Status s = take_files(invocation, "--jobs", plan); !s) return s.error();
  auto copied = look_at_command(invocation.files, invocation.file_exists);
  if (!copied) return copied.error();
  plan.takes_time = plan.originate = copied->takes_time;
  plan.op = make_partition(std::move(*keys), *o.jobs);
  const JobsOptions jobs{*o.jobs, copied->is_ours, invocation.files};
  plan.make_sides = [jobs](const SideContext& context, ExitStatus& status) {
    return start_jobs(jobs, context, status);
  };
  return plan;
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  if (Status s = check(o); !s) return s.error();
  if (!o.top.empty()) return plan_top(o, invocation);
  if (o.split) return plan_split(o, invocation);
  return o.jobs ? plan_jobs(o, invocation) : plan_table(o, invocation);
}

}  // namespace

Tool sgroup() {
  return define_tool<Options>(
      {.name = "sgroup",
       .summary = "aggregate the events of each key, rank them, or send them different ways",
       .synopsis = {"[OPTION]... FIELDS [AGG]... [having EXPR] [FILE]...",
                    "[OPTION]... FIELDS --top N EXPR [FILE]...",
                    "[OPTION]... FIELDS --split NAME [FILE]...",
                    "[OPTION]... FIELDS --jobs N [FILE]... -- COMMAND [WORD]..."},
       .time = TimeUse::always,
       .examples = {"sgroup user count sum amount --order count --desc --limit 10 log.ndjson",
                    "sgroup region,device.os count avg price --every 1m events.ndjson",
                    "sgroup auction --top 10 price bids.ndjson",
                    "sgroup region --split 'out/{region}.ndjson' events.ndjson",
                    "sgroup user --jobs 4 -- swindow session 30m count by user"},
       .free_options = {"--mem"}},
      declare, plan);
}

}  // namespace streamutils
