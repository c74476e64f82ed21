// sdedup: drop repeats.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "base/time.h"
#include "json/path.h"
#include "ops/aggregate_hints.h"
#include "ops/dedup.h"
#include "run/tool.h"
#include "run/usage_error.h"
#include "tools/expected_members.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  std::optional<std::string> within;
  bool refresh = false;
  std::string keep = "first";
  std::string count_to;
  std::optional<std::string> approx;
  std::optional<std::uint64_t> max_keys;
};

void declare(CLI::App& app, Options& o) {
  const char* group = "Repeats";
  app.add_option("--within", o.within,
                 "An event is a repeat only if its time is at most this far from that of the first "
                 "one; older keys are forgotten")
      ->type_name("DURATION")
      ->group(group);
  app.add_flag("--refresh", o.refresh,
               "With --within, repeats count like first ones: a key is forgotten when it has been "
               "quiet for so long")
      ->group(group);
  app.add_option("--keep", o.keep,
                 "Which event of a key passes: first (at once) or last (the one of the greatest "
                 "time, when the watermark proves that it is; without --within at the end)")
      ->type_name("WHICH")
      ->check(CLI::IsMember({"first", "last"}))
      ->group(group);
  app.add_option("--count-to", o.count_to,
                 "Write the keys that had repeats, and how many, to this file, each when it is "
                 "forgotten or at the end")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--approx", o.approx,
                 "Use a filter of bounded memory (--max-keys, 10 million without it), which takes "
                 "at most this share of the events that are no repeats for one: 1%, 0.01%")
      ->type_name("RATE")
      ->group(group);
  app.add_option("--max-keys", o.max_keys,
                 "Remember at most this many keys; beyond, the oldest are forgotten, up to half of "
                 "them at a time, and this is said")
      ->type_name("N")
      ->check(whole_number())
      ->group(group);
}

// "1%", or a share like 0.01.
Result<double> parse_rate(std::string_view text) {
  const bool percent = text.ends_with('%');
  const std::string_view digits = text.substr(0, text.size() - (percent ? 1 : 0));
  double rate = 0;
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, rate);
  if (digits.empty() || error != std::errc() || at != end) {
    return Error{"--approx: expected a rate like 1% or 0.001, found " + quote(text)};
  }
  return percent ? rate / 100 : rate;
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  if (invocation.operands.empty()) {
    return Error{"expected the fields of the key (like id, or user,page; 'this' for whole events)"};
  }
  if (invocation.operands.size() == 1 && invocation.files.empty()) {
    const std::string& fields = invocation.operands.front();
    if (Status s = check_no_file(fields, invocation.file_exists); !s) return s.error();
  }
  DedupOptions dedup;
  auto fields = Path::parse_list(invocation.operands.front());
  if (!fields) return fields.error();
  Plan plan;
  expect_members(*fields, plan.members);
  dedup.fields = std::move(*fields);
  if (o.within) {
    auto within = parse_duration(*o.within);
    if (!within) return Error{"--within: " + within.error().message};
    dedup.within = *within;
  }
  if (o.approx) {
    auto rate = parse_rate(*o.approx);
    if (!rate) return rate.error();
    dedup.approx = *rate;
  }
  dedup.refresh = o.refresh;
  dedup.keep_last = o.keep == "last";
  dedup.counts = !o.count_to.empty();
  dedup.max_keys = o.max_keys;
  plan.takes_time = dedup_takes_time(dedup);
  plan.side_file = o.count_to;
  plan.files.assign(invocation.operands.begin() + 1, invocation.operands.end());
  plan.files.insert(plan.files.end(), invocation.files.begin(), invocation.files.end());
  auto op = make_dedup(std::move(dedup));
  if (!op) return op.error();
  plan.op = std::move(*op);
  return plan;
}

}  // namespace

Tool sdedup() {
  return define_tool<Options>(
      {.name = "sdedup",
       .summary = "drop repeats",
       .synopsis = {"[OPTION]... FIELDS [FILE]..."},
       .time = TimeUse::always,
       .examples = {"sdedup id events.ndjson", "tail -F app.log | sdedup user,page --within 10m",
                    "sdedup this --within 1h day1.ndjson day2.ndjson"},
       .free_options = {"--count-to"}},
      declare, plan);
}

}  // namespace streamutils
