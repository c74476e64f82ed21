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
// A line that is replaced leaves a gap.  When more than half of a chunk is gaps, its rows move
// together, so that lines take at most twice their size; who knows where they stood is told.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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
  char* head(Ref ref) const { return row(ref) + chunks_[ref >> 16].time_bytes; }
  // Valid until the next change; Record::kPadding bytes behind it are readable.
  std::string_view line(Ref ref) const;

  // In memory, with all that stands beside them.
  std::size_t bytes() const;

  // Calls visit(ref) for all; those of equal times as they came.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const std::uint32_t index : in_order()) {
      const Chunk& chunk = chunks_[index];
      for (std::size_t at = 0; at < chunk.used; at += size_at(chunk, at)) {
        if (!is_gap(chunk, at)) visit(ref_of(index, at));
      }
    }
  }

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

    // The distance that marks a gap: greater than that of any time.
    std::uint64_t gap() const { return ~std::uint64_t{0} >> (64 - 8 * time_bytes); }
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

  static Ref ref_of(std::uint32_t chunk, std::size_t at) { return Ref{chunk} << 16 | at; }
  char* row(Ref ref) const { return chunks_[ref >> 16].memory.get() + (ref & 0xFFFF); }
  static std::uint64_t distance_at(const Chunk& chunk, std::size_t at);
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
  std::vector<std::uint32_t> in_order() const;

  std::size_t head_size_;
  std::vector<Chunk> chunks_;
  std::vector<std::uint32_t> free_chunks_;
  std::uint64_t chunks_begun_ = 0;
  Buckets buckets_;
  Duration width_{1'000'000};
  std::size_t size_ = 0;
  std::vector<Due> due_;  // of the earliest bucket, in order, from next_ on; some may be gaps
  std::size_t next_ = 0;
};

}  // namespace streamutils
