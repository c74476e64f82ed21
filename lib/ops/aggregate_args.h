// The words of aggregates on a command line, which swindow and sgroup share:
//
//     AGG... [by FIELDS] [having EXPR] [FILE...]     AGG is NAME [WORD...] [where EXPR] [as NAME]
//
// Every function takes a fixed number of words, and they are its arguments whatever they spell
// (`first last` is the first value of the field `last`).  Behind them stands another function, one
// of the words where, as, by, having, or something that is none of this: a file, and all behind it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/expr.h"
#include "json/path.h"

namespace streamutils {

// One aggregate as it was asked for.
struct AggregateSpec {
  std::string function;          // as find_aggregate() knows it: "avg", "p99.9"
  std::string parameter;         // the word in front of the argument: 3 of `top 3 url`
  std::optional<Expr> argument;  // if the function takes one
  std::optional<Expr> where;     // which events count
  std::string name;              // the member of the output: of `as`, or output_name()
};

// "avg", "user.amount" -> "avg_user_amount": the words joined by '_', each run of characters other
// than letters, digits and '_' become one '_'.  Characters beyond ASCII count as letters.
std::string output_name(std::span<const std::string> words);

// True if the word begins an aggregate.
bool is_aggregate_word(std::string_view word);

// " (did you mean the words sum bytes, without quotes?)" if the word is an aggregate with its
// arguments in one; else empty.
std::string unquoted_hint(std::string_view word);

// Reads aggregates from words[position] on, and moves position to the first word behind them. Fails
// if there is none at all.  Errors of expressions have several lines, the last with a caret.
Result<std::vector<AggregateSpec>> parse_aggregates(std::span<const std::string> words,
                                                    std::size_t& position);

// "user" or "user,region.name" behind `by`.
Result<std::vector<Path>> parse_key_fields(std::string_view text);

// Refuses two equal names in one output row, whichever of aggregates, keys and the reserved
// window_start, window_end, partial, revision, late bear them.
Status check_output_names(std::span<const AggregateSpec> aggregates, std::span<const Path> keys);

// All that stands behind the window of swindow, or behind the FIELDS of sgroup.
struct AggregateArguments {
  std::vector<AggregateSpec> aggregates;
  std::vector<Path> keys;      // of `by`
  std::optional<Expr> having;  // over the row that is written
  std::vector<std::string> files;
};

// What a tool lets them be.
struct AggregateRules {
  bool takes_by = true;            // or keys are given another way
  bool defaults_to_count = false;  // if there is no aggregate, or else it is an error
};

// Reads words[position] and all behind it.  A word "--" ends the arguments.  Names are not checked:
// see check_output_names.
Result<AggregateArguments> parse_aggregate_arguments(std::span<const std::string> words,
                                                     std::size_t position, AggregateRules rules);

}  // namespace streamutils
