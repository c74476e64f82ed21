// The rows that a join holds: their memory, the rows of one key in order of time, and the order in
// which they go.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "ops/image_part.h"
#include "ops/join_list.h"
#include "ops/keyed.h"
#include "ops/memory_pool.h"
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
  std::uint8_t side;  // 0: of LEFT
  bool matched;       // has had a partner
  bool done;          // is in no list any more
  bool deletes;       // a version that says there is none
  bool passed;        // a version that the watermark has passed
  bool mark;          // see JoinRows::keep_for_image

  std::string_view head() const { return {bytes(), head_size}; }
  std::string_view text() const { return {bytes() + head_size, text_size}; }
  std::size_t size() const { return sizeof(JoinRow) + head_size + text_size; }

 private:
  friend class JoinRows;
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
};

// Copies of rows, of which a thread makes lines of a snapshot (stream/snapshot.h):
//
//     {"entry":"rows","columns":["side","time","expiry","number","matched","key","head","text"]}
class JoinPart final : public CopiedPart {
 public:
  static constexpr std::string_view kEntry = "rows";

  using CopiedPart::CopiedPart;
  // False if there is no more room.
  bool add(const JoinRow& row, std::string_view key);
  void write(SnapshotWriter& out) override;

 private:
  struct Copy;
};

// Makes rows and owns them.
class JoinRows {
 public:
  JoinRows() = default;
  ~JoinRows();
  JoinRows(const JoinRows&) = delete;
  JoinRows& operator=(const JoinRows&) = delete;

  // The other members are for the caller to set.
  JoinRow* make(std::string_view head, std::string_view text);
  void free(JoinRow* row);

  // By number.
  std::vector<JoinRow*> all() const;
  std::size_t bytes() const { return bytes_; }

  // An image (stream/operator.h) of the rows that are not done and have a group.  Each goes there
  // before it changes, or when its turn comes.
  void begin_image(SnapshotWriter& out);
  // Of about so many rows.  True when it is complete.
  bool continue_image(std::size_t rows);
  // To be called before a row is marked as matched or done.
  void keep_for_image(JoinRow& row) {
    if (row.mark != mark_) put_into_image(row);
  }

 private:
  void put_into_image(JoinRow& row);
  void hand_over();

  MemoryPool memory_of_rows_;
  JoinRow* first_ = nullptr;
  JoinRow* last_ = nullptr;
  std::size_t bytes_ = 0;

  SnapshotWriter* image_out_ = nullptr;  // null: the image is complete
  JoinRow* image_next_ = nullptr;        // the row whose turn comes; null: there is none
  bool mark_ = false;                    // of the rows that the image has no need of any more
  std::shared_ptr<PartMemory> memory_ = std::make_shared<PartMemory>();
  std::unique_ptr<JoinPart> part_;
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

// Rows by expiry, then by time, then by number.
//
// Rows come about in the order in which they go, but not quite, and there are many.  So those that
// go soon are sorted, a quarter of all at a time, and the others lie in a heap of no order; who
// comes behind the line between them is put into a heap in the strict sense.  A row costs a few
// comparisons, all in sequence, and the memory of the rows that go next is fetched ahead.
class JoinQueue {
 public:
  bool empty() const { return due_.size() == next_ && early_.empty(); }
  std::size_t size() const { return due_.size() - next_ + early_.size() + later_.size(); }
  JoinRow* top() const { return top_is_early() ? early_.front().second : due_[next_].second; }
  void push(JoinRow* row);
  void pop();
  // A row that goes soon, of which the head and the group have been fetched ahead; or null.
  const JoinRow* soon() const {
    return next_ + kSoon < due_.size() ? due_[next_ + kSoon].second : nullptr;
  }

 private:
  static constexpr std::size_t kSoon = 4;
  using Entry = std::pair<Timestamp, JoinRow*>;

  bool top_is_early() const;
  void refill();

  std::vector<Entry> due_;  // in order, from next_ on
  std::size_t next_ = 0;
  std::vector<Entry> early_;   // a heap
  std::vector<Entry> later_;   // if there are any, there are others too
  Timestamp last_ = kMinTime;  // the greatest expiry that is not for later_
};

// True if a goes before b.
inline bool expires_before(const JoinRow& a, const JoinRow& b) {
  if (a.expiry != b.expiry) return a.expiry < b.expiry;
  return a.time != b.time ? a.time < b.time : a.number < b.number;
}

}  // namespace streamutils
