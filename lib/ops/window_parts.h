// What all kinds of windows do alike: read the key of an event, write the row of a group, and keep
// blocks of aggregate states.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/path.h"
#include "json/record.h"
#include "ops/aggregate_list.h"
#include "ops/keyed.h"
#include "ops/window_args.h"
#include "stream/operator.h"
#include "stream/snapshot.h"

namespace streamutils {

// Reads the fields of `by`.
class KeyReader {
 public:
  explicit KeyReader(std::vector<Path> fields) : fields_(std::move(fields)) {}

  bool is_empty() const { return fields_.empty(); }

  // The key of the record; valid until the next call.  Both forms are the values of the fields with
  // a line feed between them, which no JSON value of one line can hold; a missing value is empty.
  GroupKey read(const Record& record);

 private:
  std::vector<Path> fields_;
  std::string canonical_;
  std::string spelling_;
};

// Writes rows: {"window_start":…,"window_end":…,"region":"eu","count":3}.
class RowWriter {
 public:
  RowWriter(const std::vector<Path>& keys, const AggregateList& aggregates);

  void set_time_style(TimeStyle style) { style_ = style; }

  // The window of the rows that follow.
  void begin_window(Timestamp start, Timestamp end);

  void write(const Group& group, const std::byte* block, bool partial, Emitter& out);

 private:
  const AggregateList& aggregates_;
  std::vector<std::string> key_labels_;  // `,"region":`
  TimeStyle style_;
  std::string times_;
  std::string row_;
};

// Knows the rows that another window stage has marked as partial: they will come again, whole. Most
// streams are not rows of windows, and a search for a member that is not there walks the whole
// line, so the first record tells whether this stream is one.
class PartialFilter {
 public:
  bool is_partial(const Record& record);

  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

 private:
  enum class Stream : std::uint8_t { unknown, events, rows };
  Stream stream_ = Stream::unknown;
};

// The parts together, and what they count.
struct WindowParts {
  explicit WindowParts(const WindowArguments& arguments)
      : aggregates(arguments.aggregates), keys(arguments.keys), rows(arguments.keys, aggregates) {}
  WindowParts(const WindowParts&) = delete;
  WindowParts& operator=(const WindowParts&) = delete;

  // Reads what the record holds for us.  False if it goes no further: then `outcome` tells why.
  bool read(const Record& record, Emitter& out, GroupKey& key, Outcome& outcome);

  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

  AggregateList aggregates;
  KeyReader keys;
  RowWriter rows;
  PartialFilter partial;
  std::uint64_t events = 0;  // read so far: the number of an event is the order in which it came
  Timestamp watermark = kMinTime;
};

// The key of a group as fields of an entry.
void save_key(SnapshotWriter& out, const Group& group);

// The key in an entry that save_key has written to.
struct SavedKey {
  explicit SavedKey(SnapshotReader& in);
  GroupKey key() const { return {canonical, spelling}; }

  std::string canonical;
  std::string spelling;
};

}  // namespace streamutils
