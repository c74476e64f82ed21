// sjoin: join two streams by key.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "ops/join.h"
#include "ops/join_args.h"
#include "run/tool.h"
#include "run/usage_error.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  std::string type = "inner";
  std::string as = "right";
  std::optional<std::string> flat;
  bool follow = false;
  bool unbounded = false;
  std::optional<std::uint64_t> max_keys;
};

constexpr std::pair<std::string_view, JoinType> kTypes[] = {
    {"inner", JoinType::inner}, {"left", JoinType::left}, {"right", JoinType::right},
    {"full", JoinType::full},   {"semi", JoinType::semi}, {"anti", JoinType::anti}};

void declare(CLI::App& app, Options& o) {
  const char* group = "Join";
  app.add_option(
         "--type", o.type,
         "Which events leave: inner (pairs), left, right or full (pairs, and those of that "
         "side without a partner), semi (events of LEFT with a partner), anti (without one); "
         "default inner")
      ->type_name("TYPE")
      ->check(CLI::IsMember({"inner", "left", "right", "full", "semi", "anti"}))
      ->group(group);
  app.add_option("--as", o.as, "The member that holds the event of RIGHT (default right)")
      ->type_name("NAME")
      ->group(group);
  app.add_flag(
         "--flat{right_}", o.flat,
         "Merge the members of RIGHT into the event instead, all but the keys, each with this "
         "in front of its name (default right_)")
      ->type_name("[=PREFIX]")
      ->group(group);
  app.add_flag("-F,--follow", o.follow,
               "With 'table', keep it current: go on reading RIGHT, a file through rotation, while "
               "events flow")
      ->group(group);
  app.add_flag("--unbounded", o.unbounded,
               "Join two streams without 'within': all of both is kept until the end")
      ->group(group);
  app.add_option("--max-keys", o.max_keys,
                 "Hold at most this many keys: an event with another one is refused as bad")
      ->type_name("N")
      ->check(whole_number())
      ->group(group);
}

// -t L=R names the member of each side, -t F the same for both.
Result<std::vector<InputPlan>> input_plans(const std::optional<std::string>& time_field) {
  std::vector<InputPlan> plans(2);
  const std::size_t equal = time_field ? time_field->find('=') : std::string::npos;
  if (equal == std::string::npos) return plans;
  const std::string names[] = {time_field->substr(0, equal), time_field->substr(equal + 1)};
  for (std::size_t side : {0, 1}) {
    auto path = Path::parse(names[side]);
    if (!path) return Error{"-t: " + path.error().message};
    plans[side].time_path = std::move(*path);
  }
  return plans;
}

std::optional<std::string> left_time(const std::optional<std::string>& time_field) {
  if (!time_field) return std::nullopt;
  return time_field->substr(0, time_field->find('='));
}

JoinType type_named(std::string_view name) {
  for (const auto& [word, type] : kTypes) {
    if (word == name) return type;
  }
  return JoinType::inner;
}

// Of each side, in its own events.
void expect_keys(const JoinArguments& arguments, std::vector<ExpectedMember>& members) {
  for (const Path& key : arguments.left_keys) members.push_back({.path = key, .input = 0});
  for (const Path& key : arguments.right_keys) members.push_back({.path = key, .input = 1});
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  const JoinSyntax syntax{o.unbounded, left_time(invocation.common.time_field)};
  auto arguments = parse_join_arguments(invocation.operands, invocation.files, syntax);
  if (!arguments) return arguments.error();
  auto plans = input_plans(invocation.common.time_field);
  if (!plans) return plans.error();
  const bool is_table = arguments->kind == JoinKind::table;
  if (o.follow && !is_table) {
    return Error{
        "--follow keeps a table current, so it goes with 'table'; for other joins sread -F "
        "follows a file: <(sread -F RIGHT)"};
  }
  for (InputPlan& side : *plans) side.side = !is_table;
  (*plans)[1].table = is_table;
  (*plans)[1].follow = o.follow;
  Plan plan{.op = nullptr, .files = arguments->files, .takes_time = !is_table, .warnings = {}};
  expect_keys(*arguments, plan.members);
  plan.inputs = std::move(*plans);
  auto op = make_join({.arguments = std::move(*arguments),
                       .type = type_named(o.type),
                       .as = o.as,
                       .flat_prefix = o.flat,
                       .max_keys = o.max_keys,
                       .time_syntax = invocation.time_syntax});
  if (!op) return op.error();
  plan.op = std::move(*op);
  return plan;
}

}  // namespace

Tool sjoin() {
  return define_tool<Options>(
      {.name = "sjoin",
       .summary = "join two streams by key",
       .synopsis = {"[OPTION]... on KEY[=RIGHTKEY],... within BOUNDS [LEFT] RIGHT",
                    "[OPTION]... on KEY[=RIGHTKEY],... table RIGHT [LEFT]",
                    "[OPTION]... on KEY[=RIGHTKEY],... asof [within D] RIGHT [LEFT]"},
       .time = TimeUse::always,
       .examples = {"sjoin on order within 10m orders.ndjson payments.ndjson",
                    "sjoin on id=auction within ts..expires auctions.ndjson bids.ndjson",
                    "tail -F app.log | sjoin on user=id table users.ndjson --follow --type left",
                    "sjoin on currency asof within 1d rates.ndjson payments.ndjson"},
       .free_options = {"--follow"},
       .taking_words = {"within"}},
      declare, plan);
}

}  // namespace streamutils
