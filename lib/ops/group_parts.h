// What sgroup's tables do alike: read an event, find its key, write the row of a group.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "ops/aggregate_list.h"
#include "ops/group.h"
#include "ops/group_key.h"
#include "ops/window_parts.h"
#include "stream/operator.h"
#include "stream/snapshot.h"

namespace streamutils {

struct GroupParts {
  explicit GroupParts(const AggregateArguments& arguments)
      : aggregates(arguments.aggregates), keys(arguments.keys), members(arguments.keys) {}
  GroupParts(const GroupParts&) = delete;
  GroupParts& operator=(const GroupParts&) = delete;

  // Reads what the record holds for us.  False if it goes no further: then `outcome` tells why.
  bool read(const Record& record, Emitter& out, GroupKey& key, Outcome& outcome);

  // Writes {"user":"ann","count":3}, behind the members of `head` if there are any
  // (`{"window_end":...`).
  void write(const Group& group, std::string_view head, bool partial, Emitter& out);

  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

  AggregateList aggregates;
  KeyReader keys;
  KeyMembers members;
  PartialFilter partial;
  std::uint64_t events = 0;  // read so far: the number of an event is the order in which it came

 private:
  std::string row_;
};

// The two kinds of tables.
OperatorPtr make_group_total(const GroupOptions& options);
OperatorPtr make_group_every(const GroupOptions& options);

}  // namespace streamutils
