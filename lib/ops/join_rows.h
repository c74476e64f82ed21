// The rows that a join holds: their memory, the rows of one key in order of time, and the order in
// which they go.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "ops/image_part.h"
#include "ops/image_parts.h"
#include "ops/join_list.h"
#include "ops/keyed.h"
#include "ops/memory_pool.h"
#include "ops/time_buckets.h"
#include "stream/snapshot.h"

namespace streamutils {

// An event that is held; its head and its text follow it in memory.
struct JoinRow {
  Timestamp time;
  Timestamp expiry;      // no partner can come once the watermark is greater
  std::uint64_t number;  // how many events came before it
  Group* group;          // its key
  JoinRow* previous;     // in the order in which they were made
  JoinRow* next;
  std::uint32_t head_size;
  std::uint32_t text_size;
  std::uint8_t side;    // 0: of LEFT
  bool done;            // is in no list any more
  bool deletes;         // a version that says there is none
  bool passed;          // a version that the watermark has passed
  std::uint32_t image;  // for JoinRows: the number of the last image that it was made or taken in

  std::string_view head() const { return {bytes(), head_size}; }
  std::string_view text() const { return {bytes() + head_size, text_size}; }
  std::size_t size() const { return sizeof(JoinRow) + head_size + text_size; }

 private:
  friend class JoinRows;
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
};

// Copies of rows, of which a thread makes lines of a snapshot (stream/snapshot.h).
class JoinPart final : public CopiedPart {
 public:
  // Facts and text of a row; its key, its head and its text follow.
  struct Copy {
    Timestamp time;
    std::uint64_t number;
    std::uint32_t key_size;
    std::uint32_t head_size;
    std::uint32_t text_size;
    std::uint8_t side;
    bool deletes;
    bool passed;

    std::string_view key() const { return {bytes(), key_size}; }
    std::string_view head() const { return {bytes() + key_size, head_size}; }
    std::string_view text() const { return {bytes() + key_size + head_size, text_size}; }

   private:
    friend class JoinPart;
    const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
    std::size_t size() const {
      const std::size_t bytes = sizeof(Copy) + std::size_t{key_size} + head_size + text_size;
      return (bytes + 15) / 16 * 16;
    }
  };
  // The lines of all copies.
  using Write = void (*)(const JoinPart& part, SnapshotWriter& out);

  JoinPart(std::shared_ptr<PartMemory> memory, Write write_rows)
      : CopiedPart(std::move(memory)), write_(write_rows) {}
  // False if there is no more room.  The key is empty if the row has no group.
  bool add(const JoinRow& row);
  void write(SnapshotWriter& out) override { write_(*this, out); }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const std::byte* at = begin(); at < end();) {
      const auto& copy = *reinterpret_cast<const Copy*>(at);
      visit(copy);
      at += copy.size();
    }
  }

 private:
  Write write_;
};

// Makes rows and owns them.
class JoinRows {
 public:
  explicit JoinRows(JoinPart::Write write) : write_(write) {}
  ~JoinRows();
  JoinRows(const JoinRows&) = delete;
  JoinRows& operator=(const JoinRows&) = delete;

  // The other members are for the caller to set; `number` grows from row to row.
  JoinRow* make(std::string_view head, std::string_view text);
  void free(JoinRow* row);

  // By number.
  std::vector<JoinRow*> all() const;
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return bytes_; }

  // An image (stream/operator.h) of the rows that are not done.  Each goes there before it changes,
  // or when its turn comes.  next: the number of the next row.
  void begin_image(SnapshotWriter& out, std::uint64_t next);
  // The same of those that have been made since the image before was begun, and how many they are.
  // REQUIRES: there has been one.
  void begin_changes(SnapshotWriter& out, std::uint64_t next);
  std::size_t fresh() const { return fresh_; }
  // Of about so many rows.  True when it is complete.
  bool continue_image(std::size_t rows);
  // To be called before a row is marked as passed or done, and before its group goes.
  void keep_for_image(JoinRow& row) {
    if (row.image != images_) take(row);
  }

 private:
  void begin_image_of(SnapshotWriter& out, std::uint64_t next);
  void take(JoinRow& row);

  JoinPart::Write write_;
  MemoryPool memory_of_rows_;
  JoinRow* first_ = nullptr;
  JoinRow* last_ = nullptr;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;

  SnapshotWriter* image_out_ = nullptr;  // of the last image; null: there was none
  std::uint32_t images_ = 0;             // begun so far
  std::uint64_t image_begin_ = 0;        // the number of the first row that is in it…
  std::uint64_t image_end_ = 0;          // …and of the first behind it that is not
  JoinRow* image_next_ = nullptr;        // the row whose turn comes; null: there is none
  JoinRow* first_fresh_ = nullptr;       // of those made since it was begun; null: there is none
  std::size_t fresh_ = 0;
  std::shared_ptr<PartMemory> memory_ = std::make_shared<PartMemory>();
  ImageParts<JoinPart> parts_;
};

// A row in the list of its key.
struct ListedRow {
  Timestamp time;
  JoinRow* row = nullptr;

  explicit operator bool() const { return row != nullptr; }
  friend bool before_at_one_time(const ListedRow& a, const ListedRow& b) {
    return a.row->number < b.row->number;
  }
};

using JoinList = TimeOrdered<ListedRow>;

// When a row goes, beside the row, so that to compare two of them does not wait for memory.
template <typename Row>
struct DueRow {
  Timestamp due;  // the expiry of the row
  Timestamp time;
  std::uint64_t number;
  Row* row;

  explicit DueRow(Row* of) : due(of->expiry), time(of->time), number(of->number), row(of) {}

  friend bool operator<(const DueRow& a, const DueRow& b) {
    if (a.due != b.due) return a.due < b.due;
    return a.time != b.time ? a.time < b.time : a.number < b.number;
  }
  friend bool operator>(const DueRow& a, const DueRow& b) { return b < a; }
};

using JoinDue = DueRow<JoinRow>;

// Rows by expiry, then by time, then by number.
using JoinQueue = TimeBuckets<JoinDue>;

// The width of its buckets if rows expire so long after their time.
inline Duration bucket_width(Duration span) {
  constexpr int kBuckets = 128;
  constexpr Duration kLeast = std::chrono::milliseconds(10);
  return std::max(kLeast, span / kBuckets);
}

// True if a goes before b.
inline bool expires_before(JoinRow* a, JoinRow* b) { return JoinDue(a) < JoinDue(b); }

}  // namespace streamutils
