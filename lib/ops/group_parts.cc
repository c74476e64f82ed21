// SPDX-License-Identifier: Apache-2.0
#include "ops/group_parts.h"

namespace streamutils {

bool GroupParts::read(const Record& record, Emitter& out, GroupKey& key, Outcome& outcome) {
  const bool is_partial = partial.is_partial(record);
  key = keys.read(record);
  aggregates.read(record);
  if (!record.ok()) {
    outcome.fate = Fate::bad;
    return false;
  }
  if (is_partial) {
    out.count("partial row of a window stage");
    outcome.fate = Fate::dropped;
    return false;
  }
  ++events;
  return true;
}

void GroupParts::write(const Group& group, std::string_view head, bool is_partial, Emitter& out) {
  row_ = head;
  members.append_to(row_, group);
  aggregates.write(group.state(), std::nullopt, row_, out);
  row_ += is_partial ? ",\"partial\":true}" : "}";
  if (head.empty()) row_.front() = '{';  // every member brings its comma
  if (!having_.lets_through(row_, out)) return;
  if (order_) {
    order_->add(row_, out);
  } else {
    out.emit(row_);
  }
}

Outcome GroupParts::refuse(Emitter& out) const {
  const std::string limit = "--max-keys " + std::to_string(max_keys);
  if (out.count("a key beyond " + limit)) {
    out.say("more keys than " + limit + ": events of others are dropped");
  }
  Outcome outcome;
  outcome.fate = Fate::dropped;
  outcome.lost = true;
  return outcome;
}

void GroupParts::save(SnapshotWriter& out) const {
  out.entry("groups").field("events", events);
  partial.save(out);
}

void GroupParts::restore(SnapshotReader& in) {
  if (!in.next_is("groups")) return in.fail("no entry 'groups'");
  events = in.unsigned_integer("events");
  partial.restore(in);
}

}  // namespace streamutils
