// SPDX-License-Identifier: Apache-2.0
#include "ops/group.h"

#include <string>

#include "ops/group_parts.h"

namespace streamutils {

namespace {

// Groups on disk are joined when the table leaves, not when an event comes.
Status check_memory(const GroupOptions& options) {
  if (!options.memory) return {};
  if (options.every)
    return Error{"--mem: not with --every: the table at each time is the one before and more"};
  if (options.changes)
    return Error{"--mem: not with --changes: each row needs its group in memory"};
  const AggregateList aggregates(options.arguments.aggregates);
  if (aggregates.merges()) return {};
  return Error{"--mem: '" + std::string(aggregates.unmergeable()) + "' does not merge"};
}

}  // namespace

bool goes_by_time(const GroupOptions& options) {
  return options.every || AggregateList(options.arguments.aggregates).is_by_time();
}

Result<OperatorPtr> make_group(GroupOptions options) {
  if (options.every && *options.every <= Duration::zero()) {
    return Error{"--every must be more than 0"};
  }
  if (options.changes && options.order.is_needed()) {
    return Error{"--limit and --order need a whole table: not with --changes"};
  }
  if (options.order.descending && !options.order.by) return Error{"--desc needs --order EXPR"};
  if (options.every) {
    const AggregateList aggregates(options.arguments.aggregates);
    if (!aggregates.merges()) {
      return Error{"--every cannot be used with '" + std::string(aggregates.unmergeable()) +
                   "', which does not merge"};
    }
  }
  if (Status status = check_memory(options); !status.ok()) return status.error();
  return options.every ? make_group_every(options) : make_group_total(options);
}

}  // namespace streamutils
