// The operator of `sgroup FIELDS [AGG...]`: aggregates per key over the whole stream.
//
// It is swindow without windows, on the same aggregates and the same groups.  Rows leave
//
//   - at the end, one per key; or
//   - as event time passes (`--every D`): at each multiple of D the table as it stands for all
//     events before it; or
//   - at once (`--changes`): after each event the row of its key, an upsert log; with `--every`
//   too,
//     at each multiple of D the rows that have changed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "ops/aggregate_args.h"
#include "ops/group_order.h"
#include "stream/operator.h"
#include "stream/scratch.h"

namespace streamutils {

struct GroupOptions {
  AggregateArguments arguments;
  std::optional<Duration> every;
  bool changes = false;
  OrderOptions order;
  std::size_t max_keys = static_cast<std::size_t>(-1);  // events of more are dropped
  // Memory for the groups of a table that leaves at the end, in bytes; beyond it they go to scratch
  // room.
  std::optional<std::size_t> memory;
  MakeScratch make_scratch;
};

// True if results depend on the times of events.
bool goes_by_time(const GroupOptions& options);

Result<OperatorPtr> make_group(GroupOptions options);

}  // namespace streamutils
