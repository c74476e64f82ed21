// Snapshots: the state of a tool as lines of JSON, readable with less and comparable with diff.
//
// A snapshot is a sequence of entries, one object a line, each with its kind first:
//
//     {"entry":"window","end":"2026-11-22T10:00:10Z","keys":2}
//     {"entry":"group","key":"\"eu\"","state":[3,"37.5"]}
//
// What there are millions of stands in rows behind its entry, values without names, which is half
// as long:
//
//     {"entry":"sessions","columns":["start","length","key"]}
//     [1795341600000000000,30000000000,"\"user-17\""]
//
// SnapshotWriter makes them, SnapshotReader takes them back in the same order.  Header, trailer and
// checksum are the business of the file that holds them (run/checkpoint).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/elements.h"
#include "json/record.h"
#include "json/writer.h"
#include "stream/line_block.h"
#include "stream/row_text.h"

namespace streamutils {

class SnapshotWriter;

// Copies of some of the state, to be made text later, maybe by another thread: copying costs little
// of what making text does.
class SnapshotPart {
 public:
  virtual ~SnapshotPart() = default;
  // Whole entries and rows.  Once.  Looks at nothing but its copies, and at what never changes.
  virtual void write(SnapshotWriter& out) = 0;
};

class SnapshotWriter {
 public:
  // Keeps all lines for take().
  SnapshotWriter() = default;
  // Hands them on, whole lines, some at a time: large state does not stand in memory twice.
  using Put = std::function<void(std::string_view lines)>;
  explicit SnapshotWriter(Put put) : put_(std::move(put)) {}
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  // Who takes parts, which stand behind all that has been written before: take() gives that.
  using TakePart = std::function<void(std::unique_ptr<SnapshotPart> part)>;
  void set_part_taker(TakePart take) { take_part_ = std::move(take); }
  // Hands a part over; without anybody who takes it, it is written at once.
  void part(std::unique_ptr<SnapshotPart> part);

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

  // Starts a row; the entry or row before is complete.  Its values are what is put there until the
  // next call.
  RowText& row();

  // The same for all of a row at once, without a check of the room for each value: `write` is given
  // a place with room for `most` bytes, and returns the place behind the row with its brackets and
  // its line feed.  Null: there is none then, and this returns false.
  template <typename Write>
  bool put_row(std::size_t most, const Write& write) {
    begin_line();
    char* const end = write(lines_.room(most));
    if (end != nullptr) lines_.end_at(end);
    return end != nullptr;
  }

  // Whole lines that another writer has made.
  void lines(std::string_view lines);

  // Bytes of the entries that have not been handed on.
  std::size_t size() const { return lines_.size(); }

  // All entries so far that have not been handed on, each ended by '\n'.  Completes the last one.
  std::string take();
  // The same, into `lines`, whose memory is used for those that follow.
  void take(std::string& lines);
  // Completes the last entry, and hands on what is left.  REQUIRES: made with a Put.
  void finish();

 private:
  enum class Open : std::uint8_t { nothing, entry, row };

  static constexpr std::size_t kPiece = 1 << 18;

  void begin_line() {
    if (open_ != Open::nothing) complete();
    if (lines_.size() >= kPiece && put_) finish();
  }
  void complete();

  Put put_;
  TakePart take_part_;
  LineBlock lines_;
  RowText row_{lines_};
  Open open_ = Open::nothing;
  Status status_;
};

class SnapshotReader {
 public:
  // Reads the lines that SnapshotWriter::take returned.
  explicit SnapshotReader(std::string lines);
  // Starts on other lines, with the memory that it has.
  void restart(std::string_view lines);

  // Moves to the next entry; false at the end or on damage (see status()).
  bool next();
  // True if the next entry is of this kind: then it has moved there.
  bool next_is(std::string_view kind);

  // True if the next line is a row: then it has moved there.
  bool next_row();
  std::size_t row_size() const { return elements_.size(); }
  // Of the current row; what is missing or of another type is an error as below.
  std::string text(std::size_t i);
  std::int64_t integer(std::size_t i);
  std::uint64_t unsigned_integer(std::size_t i);
  Value json(std::size_t i) const { return i < elements_.size() ? elements_[i] : Value(); }

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
  bool take_line(std::string_view& line);
  template <typename Name>
  std::string read_text(Value value, Name name);
  template <typename Name>
  std::int64_t read_integer(Value value, Name name);
  template <typename Name>
  std::uint64_t read_unsigned(Value value, Name name);

  std::string lines_;     // with padding behind
  std::size_t size_ = 0;  // without
  std::size_t position_ = 0;
  std::size_t number_ = 0;
  Record record_;
  std::string kind_;
  ArrayElements array_;
  std::vector<Value> elements_;  // of the row
  Status status_;
};

}  // namespace streamutils
