// sfilter: keep the events that match.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "json/path.h"
#include "ops/expression.h"
#include "ops/filter.h"
#include "ops/sample.h"
#include "ops/term.h"
#include "ops/term_operands.h"
#include "run/tool.h"
#include "run/usage_error.h"
#include "tools/expected_members.h"
#include "tools/expression_text.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  std::vector<std::string> expressions;
  std::optional<std::string> expression_file;
  bool invert = false;
  bool count = false;
  std::optional<std::uint64_t> limit;
  std::optional<std::string> sample;
  std::optional<std::string> around;
  std::optional<std::string> by;
};

void declare(CLI::App& app, Options& o) {
  const char* group = "Selection";
  app.add_option("-e,--expression", o.expressions,
                 "Keep only events for which this expression is true; see streamutils-expr(7). "
                 "Several, and terms beside them, must all hold")
      ->type_name("EXPR")
      ->allow_extra_args(false)
      ->group(group);
  app.add_option("-f,--file", o.expression_file, "The same for the expression that this file holds")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("-v,--invert-match", o.invert, "Keep the events that do not match")->group(group);
  app.add_flag("-c,--count", o.count,
               "Write how many events there are, as {\"count\":N}, in place of the events")
      ->group(group);
  app.add_option("-m,--max-count", o.limit, "Stop after N matches")
      ->type_name("N")
      ->check(whole_number())
      ->group(group);
  app.add_option("--sample", o.sample,
                 "Keep this share of the matches, the same in every run: 1% by a hash of the line, "
                 "1%:user all events or none of each user")
      ->type_name("P%[:FIELD]")
      ->group(group);
  app.add_option("--around", o.around,
                 "Keep also the events that are at most this far from a match, before or after it, "
                 "in event time")
      ->type_name("DURATION")
      ->group(group);
  app.add_option("--by", o.by,
                 "With --around, only matches that share the values of these fields count")
      ->type_name("FIELDS")
      ->group(group);
}

Status add_terms(const std::vector<std::string>& terms, const TimeSyntax& times,
                 FilterOptions& filter) {
  for (const std::string& text : terms) {
    auto term = make_term(text, times);
    if (!term) return term.error();
    filter.predicates.push_back(std::move(*term));
  }
  return {};
}

// The members that a term asks for.  Those of != and !~ need not be there.
void expect_terms(const std::vector<std::string>& terms, std::vector<ExpectedMember>& members) {
  for (const std::string& text : terms) {
    const auto parts = split_term(text);
    if (!parts || parts->kind == TermOp::not_equal || parts->kind == TermOp::not_matches) continue;
    if (const auto path = Path::parse(parts->field)) expect_rare_members({&*path, 1}, members);
  }
}

// The word in a value that seems to join it with another term: type=buy && price>5; or empty.
std::string_view joining_word(const TermParts& parts) {
  if (parts.kind == TermOp::matches || parts.kind == TermOp::not_matches) return {};
  for (const std::string_view word : {" && ", " || ", " and ", " or ", " AND ", " OR "}) {
    const std::size_t at = parts.value.find(word);
    if (at == parts.value.npos || !split_term(parts.value.substr(at + word.size()))) continue;
    return word.substr(1, word.size() - 2);
  }
  return {};
}

// Of a term as another language would have it: type='purchase'.
std::vector<std::string> warnings_about(const std::vector<std::string>& terms) {
  std::vector<std::string> warnings;
  for (const std::string& text : terms) {
    const auto parts = split_term(text);
    if (!parts || parts->value.size() < 2) continue;
    if (const std::string_view word = joining_word(*parts); !word.empty()) {
      warnings.push_back(
          fmt::format("{}: '{}' is a part of the value (each term is a word of its "
                      "own, and all must hold; for && and || use -e)",
                      text, word));
    }
    const char first = parts->value.front();
    if ((first != '"' && first != '\'') || parts->value.back() != first) continue;
    warnings.push_back(fmt::format("{}: the quotes are a part of the value (without: {}{}{})", text,
                                   parts->field, parts->op,
                                   parts->value.substr(1, parts->value.size() - 2)));
  }
  return warnings;
}

// Behind the terms, which are cheaper.
Status add_expressions(const Options& o, FilterOptions& filter) {
  const bool one = o.expressions.size() == 1;
  for (std::size_t i = 0; i < o.expressions.size(); ++i) {
    auto expr = Expr::compile_argument(o.expressions[i]);
    if (!expr) return Error{"-e: " + expr.error().message};
    const std::string name = one ? "expression" : "expression " + std::to_string(i + 1);
    filter.predicates.push_back(make_expression(std::move(*expr), name));
  }
  if (!o.expression_file) return {};
  auto expr = expression_in_file(*o.expression_file);
  if (!expr) return Error{"-f: " + expr.error().message};
  filter.predicates.push_back(make_expression(std::move(*expr), *o.expression_file));
  return {};
}

Status add_sample(const Options& o, FilterOptions& filter) {
  if (!o.sample) return {};
  auto sample = Sample::parse(*o.sample);
  if (!sample) return sample.error();
  filter.sample = std::move(*sample);
  return {};
}

Status add_around(const Options& o, FilterOptions& filter) {
  if (o.around) {
    auto distance = parse_duration(*o.around);
    if (!distance) return Error{"--around: " + distance.error().message};
    filter.around = *distance;
  }
  if (o.by) {
    auto by = Path::parse_list(*o.by);
    if (!by) return Error{"--by: " + by.error().message};
    filter.by = std::move(*by);
  }
  return {};
}

// The operands of the command line, with a word about an unquoted '>' in front of what is wrong
// with them.
Result<TermOperands> operands_of(const Invocation& invocation) {
  auto split = split_operands(invocation.operands, invocation.file_exists);
  if (split) return split;
  const auto hazard =
      redirection_hazard(invocation.operands, invocation.file_exists, invocation.fresh_output);
  return hazard ? Error{split.error().message + "; " + *hazard} : split.error();
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  auto operands = operands_of(invocation);
  if (!operands) return operands.error();
  FilterOptions filter;
  filter.invert = o.invert;
  filter.count = o.count;
  filter.limit = o.limit;
  if (Status s = add_terms(operands->terms, invocation.time_syntax, filter); !s) return s.error();
  if (Status s = add_expressions(o, filter); !s) return s.error();
  if (Status s = add_sample(o, filter); !s) return s.error();
  if (Status s = add_around(o, filter); !s) return s.error();
  const bool takes_time = filter.around.has_value();
  std::vector<ExpectedMember> members;
  if (!o.invert) expect_terms(operands->terms, members);
  expect_members(filter.by, members);
  if (filter.sample && filter.sample->field()) {
    members.push_back({.path = *filter.sample->field()});
  }
  auto op = make_filter(std::move(filter));
  if (!op) return op.error();
  Plan plan{.op = std::move(*op),
            .files = std::move(operands->files),
            .takes_time = takes_time,
            .warnings = warnings_about(operands->terms),
            .members = std::move(members)};
  plan.files.insert(plan.files.end(), invocation.files.begin(), invocation.files.end());
  return plan;
}

}  // namespace

Tool sfilter() {
  return define_tool<Options>({.name = "sfilter",
                               .summary = "keep the events that match",
                               .synopsis = {"[OPTION]... [TERM]... [FILE]..."},
                               .time = TimeUse::optional,
                               .examples = {"sfilter type=purchase 'amount>100' log.ndjson",
                                            "sfilter 'status!=200,204' 'path~^/api/'",
                                            "sfilter -e 'user.age >= 18 && size(items) > 2'",
                                            "sfilter level=error --around 5s --by host"}},
                              declare, plan);
}

}  // namespace streamutils
