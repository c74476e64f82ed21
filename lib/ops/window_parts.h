// What all kinds of windows do alike: read an event, and write the row of a group.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/path.h"
#include "json/record.h"
#include "ops/aggregate_list.h"
#include "ops/event_parts.h"
#include "ops/group_key.h"
#include "ops/having.h"
#include "ops/keyed.h"
#include "ops/window.h"
#include "ops/windower.h"
#include "stream/operator.h"
#include "stream/snapshot.h"

namespace streamutils {

// What a row says of itself behind its results.
struct RowMark {
  bool partial = false;        // of a window that is still open
  bool late = false;           // of an event that came late
  std::uint64_t revision = 0;  // of a window that has been written before; 0: not
};

// Writes rows: {"window_start":…,"window_end":…,"region":"eu","count":3}.
class RowWriter {
 public:
  RowWriter(const WindowArguments& arguments, const AggregateList& aggregates);

  void set_time_style(TimeStyle style) { style_ = style; }

  // The window of the rows that follow.
  void begin_window(Timestamp start, Timestamp end);
  // Of windows that are not written with their ends.
  void set_length(Duration length) { length_ = length; }

  // totals: see AggregateList::write.
  void write(const Group& group, const std::byte* block, RowMark mark, Emitter& out,
             const RunningTotals* totals = nullptr);

  // The event itself, its bytes kept, with the results behind its members.  REQUIRES: `event` is
  // the text of an object.
  void write_enriched(std::string_view event, const std::byte* block, RowMark mark, Emitter& out,
                      const RunningTotals* totals = nullptr);

 private:
  void append_results(const std::byte* block, const RunningTotals* totals, RowMark mark,
                      std::string& row, Emitter& out);
  void emit(Emitter& out);

  const AggregateList& aggregates_;
  KeyMembers keys_;
  TimeStyle style_;
  std::optional<Duration> length_;  // of the window, or of what an event looks back on
  Having having_;
  std::string times_;    // with which all rows of the window begin
  std::string head_;     // the same and the name of the only key, if there is but one
  std::string members_;  // of the keys
  std::string results_;
  std::string row_;  // as a whole, where somebody wants to see that
};

// The windows of fixed length that the options ask for.
FixedWindows fixed_windows(const WindowOptions& options);

// The parts together, and how far event time has come.
struct WindowParts : EventParts {
  explicit WindowParts(const WindowOptions& options)
      : EventParts(options.arguments.aggregates, options.arguments.keys, options.max_keys),
        rows(options.arguments, aggregates),
        is_limited(options.max_keys != WindowOptions().max_keys),
        limits_spilled(is_limited && options.memory.has_value()),
        max_in_pane(options.memory ? WindowOptions().max_keys : options.max_keys) {
    spills = options.memory.has_value();
  }

  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

  RowWriter rows;
  bool is_limited;          // by --max-keys…
  bool limits_spilled;      // …which counts keys of what is on disk, too
  std::size_t max_in_pane;  // keys; with --mem, others of a window may be on disk
  Timestamp watermark = kMinTime;
};

}  // namespace streamutils
