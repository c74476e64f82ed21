// SPDX-License-Identifier: Apache-2.0
#include "ops/group_parts.h"

namespace streamutils {

void GroupParts::write(const Group& group, std::string_view head, bool is_partial, Emitter& out) {
  row_ = head;
  members_.append_to(row_, group);
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

void GroupParts::save(SnapshotWriter& out) const {
  out.entry("groups");
  save_fields(out);
}

void GroupParts::restore(SnapshotReader& in) {
  if (!in.next_is("groups")) return in.fail("no entry 'groups'");
  restore_fields(in);
}

}  // namespace streamutils
