// What sgroup's tables do alike: read an event, find its key, write the row of a group.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "ops/aggregate_list.h"
#include "ops/group.h"
#include "ops/group_key.h"
#include "ops/having.h"
#include "ops/window_parts.h"
#include "stream/operator.h"
#include "stream/snapshot.h"

namespace streamutils {

struct GroupParts {
  explicit GroupParts(const GroupOptions& options)
      : aggregates(options.arguments.aggregates),
        keys(options.arguments.keys),
        members(options.arguments.keys),
        max_keys(options.max_keys),
        having_(options.arguments.having) {
    if (options.order.is_needed()) order_.emplace(options.order);
  }
  GroupParts(const GroupParts&) = delete;
  GroupParts& operator=(const GroupParts&) = delete;

  // Reads what the record holds for us.  False if it goes no further: then `outcome` tells why.
  bool read(const Record& record, Emitter& out, GroupKey& key, Outcome& outcome);

  // Writes {"user":"ann","count":3}, behind the members of `head` if there are any
  // (`{"window_end":...`), unless `having` is against it.  Rows that are put in order leave with
  // end_table().
  void write(const Group& group, std::string_view head, bool partial, Emitter& out);

  // The outcome of an event whose key is one too many.
  Outcome refuse(Emitter& out) const;

  void end_table(Emitter& out) {
    if (order_) order_->write(out);
  }

  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

  AggregateList aggregates;
  KeyReader keys;
  KeyMembers members;
  PartialFilter partial;
  std::size_t max_keys;
  std::uint64_t events = 0;  // read so far: the number of an event is the order in which it came

 private:
  Having having_;
  std::optional<RowOrder> order_;
  std::string row_;
};

// The two kinds of tables.
OperatorPtr make_group_total(const GroupOptions& options);
OperatorPtr make_group_every(const GroupOptions& options);

}  // namespace streamutils
