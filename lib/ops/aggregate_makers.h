// What makes the aggregates, for the table in aggregate.cc.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "ops/aggregate.h"

namespace streamutils {

// aggregate_basic.cc
Result<AggregatePtr> make_count(const AggregateSpec& spec);
Result<AggregatePtr> make_rate(const AggregateSpec& spec);
Result<AggregatePtr> make_sum(const AggregateSpec& spec);
Result<AggregatePtr> make_average(const AggregateSpec& spec);
AggregatePtr make_sum_of_average();  // a sum whose state is that of an average
Result<AggregatePtr> make_least(const AggregateSpec& spec);
Result<AggregatePtr> make_greatest(const AggregateSpec& spec);
Result<AggregatePtr> make_first(const AggregateSpec& spec);
Result<AggregatePtr> make_last(const AggregateSpec& spec);
Result<AggregatePtr> make_any(const AggregateSpec& spec);
Result<AggregatePtr> make_every(const AggregateSpec& spec);

// aggregate_quantile.cc
Result<AggregatePtr> make_median(const AggregateSpec& spec);
Result<AggregatePtr> make_percentile(const AggregateSpec& spec);
Result<AggregatePtr> make_quantile(const AggregateSpec& spec);
Result<AggregatePtr> make_approximate_percentile(const AggregateSpec& spec);

// aggregate_distinct.cc
Result<AggregatePtr> make_distinct(const AggregateSpec& spec);
Result<AggregatePtr> make_approximate_distinct(const AggregateSpec& spec);

// aggregate_tallies.cc
Result<AggregatePtr> make_set(const AggregateSpec& spec);
Result<AggregatePtr> make_mode(const AggregateSpec& spec);
Result<AggregatePtr> make_top(const AggregateSpec& spec);
Result<AggregatePtr> make_bottom(const AggregateSpec& spec);

// aggregate_frequent.cc
Result<AggregatePtr> make_approximate_top(const AggregateSpec& spec);

// aggregate_events.cc
Result<AggregatePtr> make_list(const AggregateSpec& spec);
Result<AggregatePtr> make_argmin(const AggregateSpec& spec);
Result<AggregatePtr> make_argmax(const AggregateSpec& spec);
Result<AggregatePtr> make_range(const AggregateSpec& spec);
Result<AggregatePtr> make_delta(const AggregateSpec& spec);

// aggregate_moments.cc
Result<AggregatePtr> make_variance(const AggregateSpec& spec);
Result<AggregatePtr> make_deviation(const AggregateSpec& spec);

// aggregate_ewma.cc
Result<AggregatePtr> make_ewma(const AggregateSpec& spec);

// aggregate_fold.cc
Result<AggregatePtr> make_fold(const AggregateSpec& spec);

}  // namespace streamutils
