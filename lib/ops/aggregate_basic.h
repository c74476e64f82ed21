// The aggregates that need a few bytes each: makers for the table in aggregate.cc.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "ops/aggregate.h"

namespace streamutils {

Result<AggregatePtr> make_count(const AggregateSpec& spec);
Result<AggregatePtr> make_rate(const AggregateSpec& spec);
Result<AggregatePtr> make_sum(const AggregateSpec& spec);
Result<AggregatePtr> make_average(const AggregateSpec& spec);
Result<AggregatePtr> make_least(const AggregateSpec& spec);
Result<AggregatePtr> make_greatest(const AggregateSpec& spec);
Result<AggregatePtr> make_first(const AggregateSpec& spec);
Result<AggregatePtr> make_last(const AggregateSpec& spec);
Result<AggregatePtr> make_any(const AggregateSpec& spec);
Result<AggregatePtr> make_every(const AggregateSpec& spec);

}  // namespace streamutils
