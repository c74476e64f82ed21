// Snapshots: the state of a tool as lines of JSON, readable with less and comparable with diff.
//
// A snapshot is a sequence of entries, one object a line, each with its kind first:
//
//     {"entry":"window","end":"2026-11-22T10:00:10Z","keys":2}
//     {"entry":"group","key":"\"eu\"","state":[3,"37.5"]}
//
// SnapshotWriter makes them, SnapshotReader takes them back in the same order.  Header, trailer and
// checksum are the business of the file that holds them (run/checkpoint).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "json/record.h"
#include "json/writer.h"

namespace streamutils {

class SnapshotWriter {
 public:
  // Keeps all lines for take().
  SnapshotWriter() = default;
  // Hands them on, whole lines, some at a time: large state does not stand in memory twice.
  using Put = std::function<void(std::string_view lines)>;
  explicit SnapshotWriter(Put put) : put_(std::move(put)) {}

  // Starts an entry; the one before is complete.  kind and names: plain ASCII words.
  SnapshotWriter& entry(std::string_view kind);
  SnapshotWriter& field(std::string_view name, std::string_view text);
  SnapshotWriter& field(std::string_view name, const char* text) {
    return field(name, std::string_view(text));
  }
  SnapshotWriter& field(std::string_view name, std::int64_t n);
  SnapshotWriter& field(std::string_view name, std::uint64_t n);
  SnapshotWriter& field(std::string_view name, bool b);
  SnapshotWriter& field(std::string_view name, Timestamp t);
  // JSON text, verbatim.
  SnapshotWriter& json(std::string_view name, std::string_view raw);

  // What is to be saved cannot be had (scratch room that cannot be read again): the snapshot is not
  // to be used.
  void fail(std::string_view reason) { status_ = Error{std::string(reason)}; }
  const Status& status() const { return status_; }

  // All entries so far that have not been handed on, each ended by '\n'.  Completes the last one.
  std::string take();
  // Completes the last entry, and hands on what is left.  REQUIRES: made with a Put.
  void finish();

 private:
  void finish_entry();
  Put put_;
  std::string lines_;
  bool open_ = false;
  Status status_;
};

class SnapshotReader {
 public:
  // Reads the lines that SnapshotWriter::take returned.
  explicit SnapshotReader(std::string lines);

  // Moves to the next entry; false at the end or on damage (see status()).
  bool next();
  // True if the next entry is of this kind: then it has moved there.
  bool next_is(std::string_view kind);

  // Of the current entry.  A field that is missing or of another type makes status() an error and
  // reads as zero or empty, so that callers may check once at the end.
  std::string_view kind() const { return kind_; }
  std::string text(std::string_view name);
  std::int64_t integer(std::string_view name);
  std::uint64_t unsigned_integer(std::string_view name);
  bool boolean(std::string_view name);
  Timestamp time(std::string_view name);
  // A view valid until next(); a missing member gives Kind::missing and no error.
  Value json(std::string_view name) const;

  Status status() const { return status_; }
  void fail(std::string message);

 private:
  std::string lines_;     // with padding behind
  std::size_t size_ = 0;  // without
  std::size_t position_ = 0;
  std::size_t number_ = 0;
  Record record_;
  std::string kind_;
  Status status_;
};

}  // namespace streamutils
