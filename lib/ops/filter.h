// sfilter's operator: keeps the events that match, their bytes untouched.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/path.h"
#include "ops/predicate.h"
#include "ops/sample.h"
#include "stream/operator.h"

namespace streamutils {

struct FilterOptions {
  std::vector<PredicatePtr> predicates;  // all must match; none: every event does
  bool invert = false;                   // -v: an event leaves iff it would not have left
  bool count = false;                    // -c: how many leave, in place of them
  std::optional<std::uint64_t> limit;    // -m: stop after so many matches
  std::optional<Sample> sample;          // --sample, of the matches
  std::optional<Duration> around;        // --around: the operator takes time (ops/around.h)
  std::vector<Path> by;                  // --by
};

// Refuses a negative distance, and `by` without one.
Result<OperatorPtr> make_filter(FilterOptions options);

}  // namespace streamutils
