// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate_hints.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "json/pointer.h"
#include "ops/aggregate.h"

namespace streamutils {
namespace {

using FileExists = std::function<bool(const std::string&)>;

// What others call our functions.
constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
    {"mean", "avg"},
    {"average", "avg"},
    {"total", "sum"},
    {"minimum", "min"},
    {"maximum", "max"},
    {"percentile", "p99"},
    {"std", "stddev"},
    {"stdev", "stddev"},
    {"variance", "var"},
    {"unique", "distinct"},
    {"uniq", "distinct"},
    {"nunique", "distinct"},
    {"cardinality", "distinct"},
    {"collect", "list"},
    {"array_agg", "list"},
    {"size", "count"},
    {"len", "count"},
    {"n", "count"},
};

// Words of an expression that is not in quotes.
constexpr std::array<std::string_view, 12> kOperators = {"=",  "==", "!=", "<", "<=", ">",
                                                         ">=", "~",  "!~", "+", "*",  "&&"};

std::string other_name(std::string_view word) {
  const auto* const known =
      std::ranges::find(kOtherNames, word, [](auto& pair) { return pair.first; });
  return known == std::end(kOtherNames) ? std::string()
                                        : ", did you mean '" + std::string(known->second) + "'?";
}

std::string comma_hint(std::string_view word) {
  if (!word.ends_with(',') || !is_aggregate_word(word.substr(0, word.size() - 1))) return {};
  return " (aggregates are separated by spaces, without commas)";
}

// A word that is taken for a file, and is none.  The words behind it count as files, too.
Status explain_missing_file(const AggregateArguments& arguments) {
  const std::string& word = arguments.files.front();
  const std::string taken = quote(word) + " is taken for a file, and there is none";
  if (std::ranges::find(kOperators, word) != kOperators.end()) {
    return Error{taken + ": an expression is one word, in quotes, such as 'price > 10'"};
  }
  if (word == "group" || word == "order") {
    const bool is_order = word == "order";
    return Error{taken + (is_order ? ": rows leave in the order of time (sgroup has --order)"
                                   : ": the keys stand behind 'by' alone: by user")};
  }
  if (const std::string hint = aggregate_hint(word); !hint.empty()) {
    return Error{quote(word) + " is neither an aggregate nor a file" + hint};
  }
  const std::string& last = arguments.aggregates.back().function;
  const bool is_behind = arguments.keys.empty() && !arguments.having;
  const bool is_plain = word.find('.') == word.npos;
  if (is_behind && is_plain && find_aggregate(last)->arity() == 0) {
    return Error{taken + ": '" + last + "' takes no field, it counts events" +
                 (last == "count" ? " (distinct FIELD counts values, by FIELD parts)" : "")};
  }
  return {};
}

// The name of a file is no field that somebody would have, unless it is a plain word.
bool is_file_name(std::string_view text, const FileExists& file_exists) {
  return text.find('.') != text.npos && file_exists(std::string(text));
}

// Without a file, the tool would wait for standard input.
Status check_arguments(const AggregateArguments& arguments, const FileExists& file_exists) {
  for (const AggregateSpec& spec : arguments.aggregates) {
    if (!spec.argument) continue;
    if (Status s = check_no_file(spec.argument->text(), file_exists); !s) return s;
  }
  return {};
}

Status check_fields(std::span<const Path> fields, const FileExists& file_exists) {
  for (const Path& field : fields) {
    if (Status s = check_no_file(field.text(), file_exists); !s) return s;
  }
  return {};
}

}  // namespace

std::string aggregate_hint(std::string_view word) {
  std::vector<std::string_view> names;
  for (const AggregateFunction& function : aggregate_functions()) names.push_back(function.name);
  for (std::string hint : {unquoted_hint(word), comma_hint(word), other_name(word)}) {
    if (!hint.empty()) return hint;
  }
  return did_you_mean(word, names);
}

Status check_no_file(std::string_view field, const FileExists& file_exists) {
  if (!is_file_name(field, file_exists)) return {};
  return Error{quote(field) + " is a file here, and a field is wanted (a field of that name is " +
               pointer_to(field) + ")"};
}

Status check_operands(const AggregateArguments& arguments, const FileExists& file_exists,
                      std::span<const Path> fields) {
  if (arguments.files.empty()) {
    if (Status s = check_fields(fields, file_exists); !s.ok()) return s;
    if (Status s = check_arguments(arguments, file_exists); !s.ok()) return s;
    return check_fields(arguments.keys, file_exists);
  }
  const std::string& first = arguments.files.front();
  if (first == "-" || first.find('/') != first.npos || file_exists(first)) return {};
  return explain_missing_file(arguments);
}

}  // namespace streamutils
