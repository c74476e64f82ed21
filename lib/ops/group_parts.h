// What sgroup's tables do alike: read an event and write the row of a group.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ops/event_parts.h"
#include "ops/group.h"
#include "ops/group_key.h"
#include "ops/group_order.h"
#include "ops/having.h"
#include "stream/operator.h"
#include "stream/snapshot.h"

namespace streamutils {

struct GroupParts : EventParts {
  explicit GroupParts(const GroupOptions& options)
      : EventParts(options.arguments.aggregates, options.arguments.keys, options.max_keys),
        members_(options.arguments.keys),
        having_(options.arguments.having) {
    if (options.order.is_needed()) order_.emplace(options.order);
    spills = options.memory.has_value();
  }

  // Writes {"user":"ann","count":3}, behind the members of `head` if there are any
  // (`{"window_end":...`), unless `having` is against it.  Rows that are put in order leave with
  // end_table().
  void write(const Group& group, std::string_view head, bool is_partial, Emitter& out);

  void end_table(Emitter& out) {
    if (order_) order_->write(out);
  }

  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

 private:
  KeyMembers members_;
  Having having_;
  std::optional<RowOrder> order_;
  std::string row_;
};

// The two kinds of tables.
OperatorPtr make_group_total(const GroupOptions& options);
OperatorPtr make_group_every(const GroupOptions& options);

}  // namespace streamutils
