// swindow: aggregate the events of each window.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "ops/window.h"
#include "ops/window_args.h"
#include "ops/window_what_if.h"
#include "run/options.h"
#include "run/scratch_file.h"
#include "run/tool.h"
#include "run/usage_error.h"
#include "tools/expected_members.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  std::optional<std::string> offset;
  std::optional<std::string> every;
  std::optional<std::string> grace;
  bool fill = false;
  std::optional<std::string> fill_for;
  bool processing_time = false;
  std::optional<std::string> what_if;
  std::optional<std::uint64_t> max_keys;
  std::optional<std::string> memory;
};

void declare(CLI::App& app, Options& o) {
  const char* const group = "Windows";
  app.add_option("--offset", o.offset,
                 "Start windows this much later than the multiples of their length that count from "
                 "1970: tumbling 1d --offset 6h begins each day at six")
      ->type_name("DURATION")
      ->group(group);
  app.add_option(
         "--every", o.every,
         "Write early results of open windows, marked \"partial\":true, at each multiple of "
         "this much event time")
      ->type_name("DURATION")
      ->group(group);
  app.add_option(
         "--grace", o.grace,
         "Keep closed windows this long, and write a revised row, marked \"revision\":1 and "
         "so on, for each late event that comes")
      ->type_name("DURATION")
      ->group(group);
  app.add_flag("--fill", o.fill,
               "Write windows without events too, for each key that is known by then")
      ->group(group);
  app.add_option("--fill-for", o.fill_for,
                 "Fill until this long after the last window in which the key has events (default: "
                 "to the end)")
      ->type_name("DURATION")
      ->group(group);
  app.add_flag("--processing-time", o.processing_time,
               "Put events into windows by the time at which they arrive")
      ->group(group);
  app.add_option("--max-keys", o.max_keys,
                 "At most this many keys in a window: events of further ones are dropped, counted, "
                 "and make the exit status 1")
      ->type_name("N")
      ->check(whole_number(1))
      ->group(group);
  app.add_option(
         "--mem", o.memory,
         "Hold about this much of the groups of windows in memory, and the rest on disk, in "
         "$TMPDIR (default: all in memory, with a message at 4G)")
      ->type_name("SIZE")
      ->group(group);
  app.add_option("--what-if", o.what_if,
                 "Instead of results write, for each of these disorders, how many events would be "
                 "late, how long windows would wait, and how much would be held")
      ->type_name("D,D...")
      ->group(group);
}

// Reads a duration of at least `least`, if the option was given.
Status read_duration(const char* name, const std::optional<std::string>& text, Duration least,
                     std::optional<Duration>& duration) {
  if (!text) return {};
  const Result<Duration> parsed = parse_duration(*text);
  if (!parsed) return Error{std::string(name) + ": " + parsed.error().message};
  if (*parsed < least) {
    return Error{
        std::string(name) +
        (least == Duration::zero() ? " must not be negative: " : " must be more than 0: ") + *text};
  }
  duration = *parsed;
  return {};
}

Status read_options(const Options& o, WindowOptions& window) {
  std::optional<Duration> offset;
  std::optional<Duration> grace;
  if (Status s = read_duration("--offset", o.offset, Duration::min(), offset); !s) return s;
  if (Status s = read_duration("--every", o.every, Duration(1), window.every); !s) return s;
  if (Status s = read_duration("--grace", o.grace, Duration::zero(), grace); !s) return s;
  if (Status s = read_duration("--fill-for", o.fill_for, Duration::zero(), window.fill_for); !s) {
    return s;
  }
  window.offset = offset.value_or(Duration::zero());
  window.grace = grace.value_or(Duration::zero());
  window.fill = o.fill;
  if (o.fill_for && !o.fill) return Error{"--fill-for says how long --fill fills: give both"};
  if (o.max_keys) window.max_keys = *o.max_keys;
  window.make_scratch = make_scratch_file;
  if (!o.memory) return {};
  const Result<std::size_t> memory = parse_size(*o.memory);
  if (!memory) return Error{"--mem: " + memory.error().message};
  window.memory = *memory;
  return {};
}

Result<OperatorPtr> make_operator(const Options& o, WindowOptions window) {
  if (!o.what_if) return make_window(std::move(window));
  auto bounds = parse_bounds(*o.what_if);
  if (!bounds) return Error{"--what-if: " + bounds.error().message};
  return make_what_if(window, *bounds);
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  auto arguments = parse_window_arguments(invocation.operands, invocation.file_exists);
  if (!arguments) return arguments.error();
  WindowOptions window;
  window.arguments = std::move(*arguments);
  window.zone = invocation.time_syntax.zone;
  if (Status status = read_options(o, window); !status) return status.error();
  if (o.processing_time && invocation.common.time_field) {
    return Error{"--processing-time does not look at a member: -t has no meaning with it"};
  }
  if (o.processing_time && window.arguments.window.kind == WindowKind::rolling) {
    return Error{"--processing-time is not for 'rolling': its rows keep the times of the events"};
  }
  Plan plan{.op = nullptr,
            .files = window.arguments.files,
            .takes_time = true,
            .by_arrival = o.processing_time,
            .warnings = {}};
  expect_members(window.arguments.keys, plan.members);
  expect_arguments(window.arguments.aggregates, plan.members);
  plan.files.insert(plan.files.end(), invocation.files.begin(), invocation.files.end());
  auto op = make_operator(o, std::move(window));
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
            "swindow session 30m max 12h count as pages by user --disorder 5s clicks.ndjson"},
       .free_options = {"--mem"}},
      declare, plan);
}

}  // namespace streamutils
