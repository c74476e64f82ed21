// The words of aggregates on a command line: `NAME [ARGUMENT...] [as NAME]`, one after the other.
//
// Every function takes a fixed number of words, and they are its arguments whatever they spell
// (`first last` is the first value of the field `last`).  Behind them stands another function, one
// of the words where, as, by, having, or something that is none of this.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/path.h"

namespace streamutils {

// One aggregate as it was asked for.
struct AggregateSpec {
  std::string function;         // a name in the table of aggregate.h
  std::vector<Path> arguments;  // as many as the function takes
  std::string name;             // the member of the output: of `as`, or output_name()
};

// "avg", {"user.amount"} -> "avg_user_amount": the words joined by '_', each run of characters
// other than letters, digits and '_' become one '_'.  Characters beyond ASCII count as letters.
std::string output_name(std::string_view function, std::span<const Path> arguments);

// True if the word begins an aggregate, also one that is not built yet.
bool is_aggregate_word(std::string_view word);

// Reads aggregates from words[position] on, and moves position to the first word behind them. Fails
// if there is none at all.
Result<std::vector<AggregateSpec>> parse_aggregates(std::span<const std::string> words,
                                                    std::size_t& position);

// "user" or "user,region.name" behind `by`.
Result<std::vector<Path>> parse_key_fields(std::string_view text);

// Refuses two equal names in one output row, whichever of aggregates, keys and the reserved
// window_start, window_end, partial, revision, late bear them.
Status check_output_names(std::span<const AggregateSpec> aggregates, std::span<const Path> keys);

}  // namespace streamutils
