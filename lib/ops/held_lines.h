// HeldLines: lines that wait, to leave in order of their times; of equal times, as they came.
//
// There may be millions, so little stands beside each: a few bytes of time, a head of fixed size,
// and a line feed behind it.
//
//     row     | time | head | line | \n |
//     chunk   rows as they came, up to 32 KiB; their times as distances from its base
//     bucket  the chunks of a stretch of time; there are at most 256, all equally wide
//
// A distance takes as many bytes as the width of a bucket: 3 of a millisecond, 5 of minutes, 6 of
// hours and days.
//
// Only the rows of the earliest bucket are sorted, when it becomes that.  When there are too many
// buckets, each two become one.
//
// Rows of one time stand in the order in which they came, if chunks are taken in the order of their
// numbers.  So images (ops/held_lines_image.h) copy chunks, in any order, and who restores them
// makes them again with their numbers, and their rows where they stood.
//
// A line that is replaced leaves a gap.  When more than half of a chunk is gaps, its rows move
// together, so that lines take at most twice their size; who knows where they stood is told.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace streamutils {

class HeldLines {
 public:
  // Where a row stands, in 40 bits.
  using Ref = std::uint64_t;
  static constexpr std::size_t kRefBytes = 5;
  // The row at `to` has stood at `from`.
  using Moved = std::function<void(Ref from, Ref to)>;

  explicit HeldLines(std::size_t head_size) : head_size_(head_size) {}

  // line: without '\n'.  Its head is zeros.
  Ref add(Timestamp time, std::string_view line);
  // The row must be there.  Others may move.
  void remove(Ref ref, const Moved& moved);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // The one that leaves next.  REQUIRES: !empty().
  Ref first() const { return due_[next_].ref; }

  Timestamp time(Ref ref) const;
  const char* head(Ref ref) const { return row(ref) + chunks_[index_of(ref)].time_bytes; }
  // To be changed.
  char* edit_head(Ref ref) {
    if (watcher_ != nullptr) watcher_->before_change(ref);
    return row(ref) + chunks_[index_of(ref)].time_bytes;
  }
  // Valid until the next change; Record::kPadding bytes behind it are readable.
  std::string_view line(Ref ref) const;

  // In memory, with all that stands beside them.
  std::size_t bytes() const;

  // Of two rows of one time the lesser one came first.
  using Order = std::pair<std::uint64_t, std::size_t>;
  Order order_of(Ref ref) const { return {chunks_[index_of(ref)].number, place_of(ref)}; }

  // Chunks

  // A row stands in the chunk of an index, at a place.
  static Ref ref_of(std::uint32_t index, std::size_t place) { return Ref{index} << 16 | place; }
  static std::uint32_t index_of(Ref ref) { return static_cast<std::uint32_t>(ref >> 16); }
  static std::size_t place_of(Ref ref) { return ref & 0xFFFF; }

  // The rows of a chunk as they stand in memory, some of them gaps.  kReach bytes behind them are
  // read, too.
  struct Rows {
    static constexpr std::size_t kReach = 8;

    std::uint64_t number;
    std::uint64_t base;
    std::size_t time_bytes;
    std::size_t count;  // without gaps
    std::string_view bytes;
    std::size_t begin = 0;  // the place of the first
  };
  struct Row {
    Ref ref;
    Timestamp time;
    const char* head;
    std::string_view line;
  };

  // They are known by an index up to this; the number of one that is not in use is 0.
  std::size_t chunks() const { return chunks_.size(); }
  std::vector<std::uint32_t> in_order() const;
  Rows rows_of(std::uint32_t index) const;
  // A row of a chunk as it stands in memory.  Empty: a gap.
  std::string_view bytes_of(Ref ref) const;
  // What stands there.  rows: of its chunk.
  static Row read_row(const Rows& rows, Ref ref, std::size_t head_size, std::string_view bytes) {
    const char* const head = bytes.data() + rows.time_bytes;
    const std::uint64_t distance = distance_at(bytes.data(), rows.time_bytes);
    return {ref,
            from_nanos(static_cast<std::int64_t>(rows.base + distance)),
            head,
            {head + head_size, bytes.size() - rows.time_bytes - head_size - 1}};
  }
  // Calls visit(row) for those that are no gaps.  Their number is that of rows_of().
  template <typename Visit>
  static void for_each_row(const Rows& rows, std::uint32_t index, std::size_t head_size,
                           Visit visit) {
    const std::size_t beside = rows.time_bytes + head_size;
    for (std::size_t at = 0; at < rows.bytes.size();) {
      const std::size_t size = rows.bytes.find('\n', at + beside) + 1 - at;
      const std::string_view row = rows.bytes.substr(at, size);
      if (distance_at(row.data(), rows.time_bytes) != gap_of(rows.time_bytes)) {
        visit(read_row(rows, ref_of(index, rows.begin + at), head_size, row));
      }
      at += size;
    }
  }

  // Who is told of rows and chunks before they change.
  class Watcher {
   public:
    // A row comes behind those of the chunk.
    virtual void before_add(std::uint32_t index) = 0;
    // A row changes, or goes.
    virtual void before_change(Ref ref) = 0;
    // The rows of the chunk move together.
    virtual void before_move(std::uint32_t index) = 0;
    // The chunk goes.
    virtual void before_end(std::uint32_t index) = 0;

   protected:
    ~Watcher() = default;
  };
  // Null: nobody.
  void set_watcher(Watcher* watcher) { watcher_ = watcher; }

  // To restore them.
  Duration width() const { return width_; }
  // False if none has ever been so wide.
  bool widen_to(Duration width);
  // A chunk of which rows are restored or taken out, in the order of their places.
  struct Restored {
    std::uint32_t index;
    std::int64_t bucket;
    std::size_t passed = 0;  // the place up to which all is done
  };
  // One as rows_of() has told, by the time of a row of it; and one that is there and has rows.
  Restored restore_chunk(std::uint64_t number, std::uint64_t base, std::size_t time_bytes,
                         Timestamp time);
  Restored chunk_of(std::uint32_t index) const;
  // The row at that place; nullopt: none begins there.
  std::optional<Ref> row_at(Restored& chunk, std::size_t place) const;
  // A row that is there, and of which only the head may change; or one behind all others, for which
  // is room.  nullopt: no such row has ever stood there.
  std::optional<Ref> restore_row(Restored& chunk, std::size_t place, Timestamp time,
                                 std::string_view line);
  // Takes out a row.
  void remove_row(const Restored& chunk, Ref ref);
  // Takes out a chunk with all its rows.  REQUIRES: it has rows.
  void remove_chunk(std::uint32_t index);
  // All is there.
  void end_restoring() { make_due(); }

 private:
  static constexpr std::size_t kChunk = std::size_t{1} << 15;

  struct Free {
    void operator()(char* memory) const;
  };
  struct Chunk {
    std::unique_ptr<char, Free> memory;
    std::size_t capacity = 0;
    std::size_t used = 0;
    std::size_t gaps = 0;  // bytes
    std::size_t rows = 0;
    std::uint64_t number = 0;    // in the order in which they were begun
    std::uint64_t base = 0;      // of its times
    std::size_t time_bytes = 1;  // up to 8

    std::uint64_t gap() const { return gap_of(time_bytes); }
    std::uint64_t distance(Timestamp t) const {
      return static_cast<std::uint64_t>(to_nanos(t)) - base;
    }
  };
  struct Bucket {
    std::vector<std::uint32_t> chunks;  // by number; rows are added to the last
    std::size_t rows = 0;
    std::size_t gaps = 0;  // bytes since it is the earliest
  };
  struct Due {
    Timestamp time;
    Ref ref;
  };
  using Buckets = std::map<std::int64_t, Bucket>;

  char* row(Ref ref) const { return chunks_[index_of(ref)].memory.get() + place_of(ref); }
  // The distance that marks a gap: greater than that of any time.
  static std::uint64_t gap_of(std::size_t time_bytes) {
    return ~std::uint64_t{0} >> (64 - 8 * time_bytes);
  }
  // At most eight bytes are read.
  static std::uint64_t distance_at(const char* row, std::size_t time_bytes) {
    std::uint64_t distance = 0;
    std::memcpy(&distance, row, sizeof distance);
    return distance & gap_of(time_bytes);
  }
  static bool is_gap(const Chunk& chunk, std::size_t at);
  std::size_t size_at(const Chunk& chunk, std::size_t at) const;
  bool goes_before(const Due& a, const Due& b) const;
  std::int64_t bucket_of(Timestamp t) const;

  Buckets::iterator bucket_for(Timestamp t);
  void widen();
  std::uint32_t chunk_for(Bucket& bucket, Timestamp t, std::size_t rest);
  void begin(Chunk& chunk, Timestamp t);
  static void make_room(Chunk& chunk, std::size_t size);
  static void set_capacity(Chunk& chunk, std::size_t capacity);
  void close_gaps(std::uint32_t index, const Moved& moved);
  void tidy(Buckets::iterator bucket, std::uint32_t index, const Moved& moved);
  void free_chunk(std::uint32_t index);
  void erase(Buckets::iterator bucket);
  void make_due();
  void pass_gaps();
  Ref append(std::uint32_t index, Timestamp time, std::string_view line);
  static void append_gap(Chunk& chunk, std::size_t size);
  std::size_t take_out(Ref ref, Bucket& bucket);
  std::uint32_t free_index();

  std::size_t head_size_;
  std::vector<Chunk> chunks_;
  std::vector<std::uint32_t> free_chunks_;
  std::uint64_t chunks_begun_ = 0;
  Buckets buckets_;
  Duration width_{1'000'000};
  std::size_t size_ = 0;
  std::vector<Due> due_;  // of the earliest bucket, in order, from next_ on; some may be gaps
  std::size_t next_ = 0;
  Watcher* watcher_ = nullptr;
};

}  // namespace streamutils
