// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate_args.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "ops/aggregate.h"

namespace streamutils {
namespace {

constexpr std::array<std::string_view, 5> kReserved = {"window_start", "window_end", "partial",
                                                       "revision", "late"};

// Functions of the language that this version does not have.  They are known so that nobody's
// `median latency` is taken for the names of two files.
constexpr std::array<std::string_view, 22> kPlanned = {
    "distinct", "median",          "stddev", "var",       "mode", "range", "list",   "set",  "any",
    "every",    "argmin",          "argmax", "delta",     "rate", "top",   "bottom", "ewma", "fold",
    "quantile", "approx_distinct", "mean",   "percentile"};

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// p50, p99.9, approx_p99
bool is_percentile(std::string_view word) {
  if (word.starts_with("approx_")) word.remove_prefix(7);
  if (!word.starts_with('p')) return false;
  word.remove_prefix(1);
  const std::size_t dot = word.find('.');
  if (dot == std::string_view::npos) return all_digits(word);
  return all_digits(word.substr(0, dot)) && all_digits(word.substr(dot + 1));
}

bool is_planned(std::string_view word) {
  return std::ranges::find(kPlanned, word) != kPlanned.end() || is_percentile(word);
}

std::string list_of_functions() {
  std::string list;
  for (const AggregateFunction& function : aggregate_functions()) {
    if (!list.empty()) list += ", ";
    list += function.name;
  }
  return list;
}

Error no_such_function(std::string_view word) {
  std::vector<std::string_view> names;
  for (const AggregateFunction& function : aggregate_functions()) names.push_back(function.name);
  const std::string guess = did_you_mean(word, names);
  return {"no such aggregate: " + quote(word) +
          (guess.empty() ? " (there are " + list_of_functions() + ")" : guess)};
}

// An argument that is a path.  What only an expression could mean is refused, not looked up as a
// member that no event has.
Result<Path> parse_argument(const AggregateFunction& function, const std::string& word) {
  constexpr std::string_view kOperators = " \t()*+%<>=!&|?:,\"'[]{}";
  const bool pointer = word.starts_with('/');
  if (!pointer && word.find_first_of(kOperators) != std::string::npos) {
    return Error{std::string(function.name) + ": " + quote(word) +
                 " is no field, and expressions are not supported yet"};
  }
  Result<Path> path = Path::parse(word);
  if (!path) return Error{std::string(function.name) + ": " + path.error().message};
  return path;
}

Status parse_name(std::span<const std::string> words, std::size_t& position, AggregateSpec& spec) {
  if (position == words.size() || words[position] != "as") return {};
  if (++position == words.size() || words[position].empty()) {
    return Error{"'as' needs the name of a member behind it"};
  }
  spec.name = words[position++];
  return {};
}

// REQUIRES: words[position] is the name of the function.
Result<AggregateSpec> parse_one(const AggregateFunction& function,
                                std::span<const std::string> words, std::size_t& position) {
  AggregateSpec spec{std::string(function.name), {}, {}};
  ++position;
  if (words.size() - position < function.arity) {
    return Error{"'" + spec.function + "' needs a field behind it: " + spec.function + " " +
                 std::string(function.arguments)};
  }
  for (std::size_t i = 0; i < function.arity; ++i) {
    Result<Path> argument = parse_argument(function, words[position++]);
    if (!argument) return argument.error();
    spec.arguments.push_back(*std::move(argument));
  }
  if (position < words.size() && words[position] == "where") {
    return Error{"'where' is not supported yet: filter before the window, with sfilter"};
  }
  spec.name = output_name(spec.function, spec.arguments);
  if (Status status = parse_name(words, position, spec); !status.ok()) return status.error();
  return spec;
}

Error no_aggregates() {
  return {"no aggregate given: say what to compute, such as 'count' or 'avg amount' (there are " +
          list_of_functions() + ")"};
}

}  // namespace

std::string output_name(std::string_view function, std::span<const Path> arguments) {
  std::string joined(function);
  for (const Path& argument : arguments) joined += "_" + argument.text();
  std::string name;
  bool in_run = false;
  for (const char c : joined) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    if (letter) name += c;
    if (!letter && !in_run) name += '_';
    in_run = !letter;
  }
  return name;
}

bool is_aggregate_word(std::string_view word) { return find_aggregate(word) || is_planned(word); }

Result<std::vector<AggregateSpec>> parse_aggregates(std::span<const std::string> words,
                                                    std::size_t& position) {
  std::vector<AggregateSpec> specs;
  while (position < words.size()) {
    const std::string& word = words[position];
    const AggregateFunction* function = find_aggregate(word);
    if (!function && is_planned(word)) {
      return Error{"the aggregate '" + word + "' is not supported yet (there are " +
                   list_of_functions() + ")"};
    }
    if (!function && !specs.empty()) break;
    if (word == "by" || word == "having" || word == "--") return no_aggregates();
    if (!function) return no_such_function(word);
    Result<AggregateSpec> spec = parse_one(*function, words, position);
    if (!spec) return spec.error();
    specs.push_back(*std::move(spec));
  }
  if (specs.empty()) return no_aggregates();
  return specs;
}

Result<std::vector<Path>> parse_key_fields(std::string_view text) {
  Result<std::vector<Path>> keys = Path::parse_list(text);
  if (!keys) return Error{"by: " + keys.error().message};
  return keys;
}

Status check_output_names(std::span<const AggregateSpec> aggregates, std::span<const Path> keys) {
  std::vector<std::string_view> taken(kReserved.begin(), kReserved.end());
  for (const Path& key : keys) {
    if (std::ranges::find(taken, key.text()) != taken.end()) {
      return Error{"by: the name " + quote(key.text()) +
                   " is taken in the output (rename the field" + " before the window)"};
    }
    taken.push_back(key.text());
  }
  for (const AggregateSpec& spec : aggregates) {
    if (std::ranges::find(taken, spec.name) != taken.end()) {
      return Error{"two members of the output are named " + quote(spec.name) + ": give '" +
                   spec.function + "' another name with 'as NAME'"};
    }
    taken.push_back(spec.name);
  }
  return {};
}

}  // namespace streamutils
