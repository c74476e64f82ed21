// What windows and tables do alike with an event: read its key and what its aggregates want.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "json/path.h"
#include "json/record.h"
#include "ops/aggregate_args.h"
#include "ops/aggregate_list.h"
#include "ops/group_key.h"
#include "ops/keyed.h"
#include "stream/operator.h"
#include "stream/snapshot.h"

namespace streamutils {

// Knows the rows that a window stage has marked as partial: they will come again, whole.  Most
// streams are not rows of windows, and a search for a member that is not there walks the whole
// line, so the first record tells whether this stream is one.
class PartialFilter {
 public:
  bool is_partial(const Record& record) {
    if (stream_ == Stream::events && !is_row(record.line())) return false;
    return is_partial_row(record);
  }

  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

 private:
  // A look at one byte tells nearly all events from rows.
  static bool is_row(std::string_view line) {
    return line.size() > 2 && line[2] == 'w' && line.starts_with("{\"window_start\":");
  }
  bool is_partial_row(const Record& record);

  enum class Stream : std::uint8_t { unknown, events, rows };
  Stream stream_ = Stream::unknown;
};

// What becomes of an event whose key is one more than --max-keys: dropped, counted, said once.
Outcome refuse_key(std::size_t max_keys, Emitter& out);

struct EventParts {
  EventParts(std::span<const AggregateSpec> specs, const std::vector<Path>& fields,
             std::size_t key_limit)
      : aggregates(specs), keys(fields), max_keys(key_limit) {}
  EventParts(const EventParts&) = delete;
  EventParts& operator=(const EventParts&) = delete;

  // Reads what the record holds for us.  False if it goes no further: then `outcome` tells why.
  bool read(const Record& record, Emitter& out, GroupKey& key, Outcome& outcome) {
    const bool is_partial = partial.is_partial(record);
    keys.read(record, key);
    aggregates.read(record);
    if (record.ok() && !is_partial) return ++events, true;
    refuse(record, out, outcome);
    return false;
  }

  Outcome refuse_key(Emitter& out) const { return streamutils::refuse_key(max_keys, out); }

  // As fields of the snapshot's current entry.
  void save_fields(SnapshotWriter& out) const;
  void restore_fields(SnapshotReader& in);

  AggregateList aggregates;
  KeyReader keys;
  std::size_t max_keys;
  bool spills = false;  // with --mem
  // What is being restored was saved with --mem, too: it may be larger than memory.  Else it has
  // been in memory as a whole, and changes may come behind it that look for what they replace
  // there.
  bool restores_spilled = false;
  PartialFilter partial;
  std::uint64_t events = 0;  // read so far: the number of an event is the order in which it came

 private:
  static void refuse(const Record& record, Emitter& out, Outcome& outcome);
};

}  // namespace streamutils
