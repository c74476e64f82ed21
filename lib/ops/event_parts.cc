// SPDX-License-Identifier: Apache-2.0
#include "ops/event_parts.h"

#include <string>

namespace streamutils {

bool PartialFilter::is_partial_row(const Record& record) {
  if (stream_ == Stream::unknown) {
    const bool has_end = record.member("window_end").exists();
    if (record.ok()) stream_ = has_end ? Stream::rows : Stream::events;
  }
  if (stream_ != Stream::rows && !is_row(record.line())) return false;
  return record.member("window_end").exists() && record.member("partial").raw() == "true";
}

void PartialFilter::save(SnapshotWriter& out) const {
  out.field("rows", static_cast<std::int64_t>(stream_));
}

void PartialFilter::restore(SnapshotReader& in) {
  const std::int64_t stream = in.integer("rows");
  if (stream < 0 || stream > 2) return in.fail("'rows' is out of range");
  stream_ = static_cast<Stream>(stream);
}

void EventParts::refuse(const Record& record, Emitter& out, Outcome& outcome) {
  if (record.ok()) {
    out.count("partial row of a window stage");
    outcome.fate = Fate::dropped;
  } else {
    outcome.fate = Fate::bad;
  }
}

Outcome refuse_key(std::size_t max_keys, Emitter& out) {
  const std::string limit = "--max-keys " + std::to_string(max_keys);
  if (out.count("a key beyond " + limit)) {
    out.say("more keys than " + limit + ": events of further keys are dropped");
  }
  return {.fate = Fate::dropped, .late_partly = false, .lost = true, .deadline = kMaxTime};
}

void EventParts::save_fields(SnapshotWriter& out) const {
  out.field("events", events);
  if (spills) out.field("spills", true);
  partial.save(out);
}

void EventParts::restore_fields(SnapshotReader& in) {
  events = in.unsigned_integer("events");
  restores_spilled = spills && in.json("spills").exists();
  partial.restore(in);
}

}  // namespace streamutils
