// The table of aggregates.
// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate.h"

#include <algorithm>

#include "ops/aggregate_makers.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

constexpr bool kByTime = true;
constexpr bool kMerges = true;

constexpr AggregateFunction kFunctions[] = {
    {"count", "", "", "the number of events", "", !kByTime, kMerges, make_count},
    {"rate", "", "", "events per second of the window", "", !kByTime, kMerges, make_rate},
    {"sum", "", "EXPR", "the sum of the numbers, exactly as decimals; 0 of none", "a number",
     !kByTime, kMerges, make_sum},
    {"avg", "", "EXPR", "the average of the numbers, rounded once", "a number", !kByTime, kMerges,
     make_average},
    {"min", "", "EXPR", "the least number; without numbers, the least string",
     "a number or a string", !kByTime, kMerges, make_least},
    {"max", "", "EXPR", "the greatest number; without numbers, the greatest string",
     "a number or a string", !kByTime, kMerges, make_greatest},
    {"first", "", "EXPR", "the value of the earliest event that has one, any JSON", "", kByTime,
     kMerges, make_first},
    {"last", "", "EXPR", "the value of the latest event that has one, any JSON", "", kByTime,
     kMerges, make_last},
    {"any", "", "EXPR", "whether a value is true", "true or false", !kByTime, kMerges, make_any},
    {"every", "", "EXPR", "whether all values are true", "true or false", !kByTime, kMerges,
     make_every},
    {"median", "", "EXPR", "the number in the middle; of two, their average", "a number", !kByTime,
     kMerges, make_median},
    {"pNN", "", "EXPR", "p50, p99.9: the least number that has NN % of all up to it", "a number",
     !kByTime, kMerges, make_percentile},
    {"quantile", "Q", "EXPR", "the same for a share from 0 to 1", "a number", !kByTime, kMerges,
     make_quantile},
    {"approx_pNN", "", "EXPR", "the same within 0.5 %, in little memory", "a number", !kByTime,
     kMerges, make_approximate_percentile},
    {"stddev", "", "EXPR", "the standard deviation of the numbers as a sample", "a number",
     !kByTime, kMerges, make_deviation},
    {"var", "", "EXPR", "the variance of the numbers as a sample", "a number", !kByTime, kMerges,
     make_variance},
    {"range", "", "EXPR", "the greatest number less the least, exactly", "a number", !kByTime,
     kMerges, make_range},
    {"delta", "", "EXPR", "the number of the latest event less that of the earliest, exactly",
     "a number", kByTime, kMerges, make_delta},
    {"ewma", "D", "EXPR", "the average in which an event counts half of one that is D later",
     "a number", kByTime, kMerges, make_ewma},
    {"distinct", "", "EXPR", "the number of different values", "", !kByTime, kMerges,
     make_distinct},
    {"approx_distinct", "", "EXPR", "the same within about 0.8 %, in 16 KiB at most", "", !kByTime,
     kMerges, make_approximate_distinct},
    {"mode", "", "EXPR", "the most frequent value", "", kByTime, kMerges, make_mode},
    {"top", "N", "EXPR", "the N most frequent values with their counts", "", kByTime, kMerges,
     make_top},
    {"approx_top", "N", "EXPR", "the same nearly, in little memory, with the error of each count",
     "", kByTime, kMerges, make_approximate_top},
    {"bottom", "N", "EXPR", "the N least frequent values with their counts", "", kByTime, kMerges,
     make_bottom},
    {"list", "", "EXPR", "all values in order of time", "", kByTime, kMerges, make_list},
    {"set", "", "EXPR", "the different values in order of their first time", "", kByTime, kMerges,
     make_set},
    {"argmin", "", "EXPR", "the events with the least value", "a number or a string", kByTime,
     kMerges, make_argmin},
    {"argmax", "", "EXPR", "the events with the greatest value", "a number or a string", kByTime,
     kMerges, make_argmax},
    {"fold", "INIT", "EXPR", "what the expression makes of acc (first INIT) and each event", "",
     kByTime, !kMerges, make_fold},
};

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The name of the row: "p99.9" -> "pNN", "approx_p99" -> "approx_pNN", others as they are.
std::string_view row_name(std::string_view name) {
  const bool approximate = name.starts_with("approx_p");
  std::string_view number = name.substr(std::min<std::size_t>(approximate ? 8 : 1, name.size()));
  if (!approximate && !name.starts_with('p')) return name;
  const std::size_t dot = std::min(number.find('.'), number.size());
  if (!all_digits(number.substr(0, dot))) return name;
  if (dot != number.size() && !all_digits(number.substr(dot + 1))) return name;
  return approximate ? "approx_pNN" : "pNN";
}

}  // namespace

void Aggregate::save_value(const void* state, RowText& row) const {
  std::string text;
  save(state, text);
  save_bytes(row, text);
}

std::span<const AggregateFunction> aggregate_functions() { return kFunctions; }

const AggregateFunction* find_aggregate(std::string_view name) {
  const std::string_view wanted = row_name(name);
  if (name == "pNN" || name == "approx_pNN") return nullptr;
  const auto* found = std::ranges::find(kFunctions, wanted, &AggregateFunction::name);
  return found == std::end(kFunctions) ? nullptr : found;
}

}  // namespace streamutils
