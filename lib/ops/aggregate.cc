// The table of aggregates.
// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate.h"

#include <algorithm>

#include "ops/aggregate_basic.h"

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

std::span<const AggregateFunction> aggregate_functions() { return kFunctions; }

const AggregateFunction* find_aggregate(std::string_view name) {
  const std::string_view wanted = row_name(name);
  if (name == "pNN" || name == "approx_pNN") return nullptr;
  const auto* found = std::ranges::find(kFunctions, wanted, &AggregateFunction::name);
  return found == std::end(kFunctions) ? nullptr : found;
}

}  // namespace streamutils
