// JoinLog: the rows that one side of an interval join holds, in the order in which they came.
//
// Rows go about in the order in which they come, because their expiry follows their time.  So they
// stand one behind the other in chunks of memory, and a chunk goes when the last of its rows has
// expired: a row that leaves silently costs nothing then, and nobody looks at it again.
//
//     chunks   | row row row … | row row row … | row row      |
//                front: goes as a whole          back: is written to
//
// A place is the number of a unit of 32 bytes since the log began; rows point to others by its
// lower half, which is enough to tell a row that is there from one that has gone (contains()).
//
// A few rows that last hold up all that came after them, where an event says its bounds, or is far
// ahead of its time: compact() copies those that are held to a log of their own.
//
// An image of the rows (stream/operator.h) goes through the log from front to back, and copies
// none: what a row holds never changes, so a thread reads it where it stands, and its chunk is
// there for as long as that takes.  What may change is whether it has met a partner: a row that
// does so before its turn has come says what was before.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "ops/shared_chunks.h"
#include "stream/snapshot.h"

namespace streamutils {

// An event that is held; its key, its head and its text follow it in memory.  Another thread may
// read them, the time, the expiry and the number.
struct LoggedRow {
  Timestamp time;
  Timestamp expiry;            // no partner can come once the watermark is greater
  std::uint64_t number;        // how many events came before it
  std::uint32_t hash;          // of its key
  std::uint32_t previous = 0;  // the one with the same hash that came before it; 0: none
  std::uint32_t image = 0;     // the last one that was taken while it changed
  std::uint32_t key_size = 0;
  std::uint32_t head_size = 0;
  std::uint32_t text_size = 0;
  bool matched = false;  // has had a partner
  bool done = false;     // is not to meet another, nor to leave alone
  // What they were when that image was begun.
  bool was_matched = false;
  bool was_done = false;

  std::string_view key() const { return {bytes(), key_size}; }
  std::string_view head() const { return {bytes() + key_size, head_size}; }
  std::string_view text() const { return {bytes() + key_size + head_size, text_size}; }
  std::size_t size() const {
    return sizeof(LoggedRow) + std::size_t{key_size} + head_size + text_size;
  }

 private:
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
};

// What follows a row in memory.
struct LoggedText {
  std::string_view key;
  std::string_view head;
  std::string_view text[2];  // one behind the other

  std::size_t size() const { return key.size() + head.size() + text[0].size() + text[1].size(); }
};

// Rows of a chunk, of which a thread makes lines of a snapshot (stream/snapshot.h).
class LogPart final : public SnapshotPart {
 public:
  // The lines of all rows.
  using Write = void (*)(const LogPart& part, SnapshotWriter& out);

  // most: how many rows there can be.
  LogPart(SharedChunks::Chunk chunk, std::uint8_t side, std::size_t most, Write write_rows)
      : chunk_(std::move(chunk)), side_(side), write_(write_rows) {
    rows_.reserve(most);
  }
  void add(std::size_t unit, bool matched) {
    rows_.push_back(static_cast<std::uint16_t>(2 * unit + (matched ? 1 : 0)));
  }
  void write(SnapshotWriter& out) override { write_(*this, out); }

  std::uint8_t side() const { return side_; }
  // Calls visit(row, matched).  The members of a row that change are not to be looked at.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const std::uint16_t row : rows_) {
      visit(*reinterpret_cast<const LoggedRow*>(chunk_.get() + row / 2 * kUnit), row % 2 != 0);
    }
  }

  static constexpr std::size_t kUnit = 32;
  static constexpr std::size_t kUnits = std::size_t{1} << 13;  // of a chunk

 private:
  SharedChunks::Chunk chunk_;
  std::uint8_t side_;
  Write write_;
  std::vector<std::uint16_t> rows_;  // the number of a unit, and a bit if it is matched
};

class JoinLog {
 public:
  using Place = std::uint64_t;
  // So many numbers of chunks are told apart by the lower half of a place.
  static constexpr std::uint64_t kNumbers = std::uint64_t{1} << 19;

  // side: of its rows.  first_chunk: where places begin; at least 1.
  JoinLog(std::uint8_t side, LogPart::Write write, std::uint64_t first_chunk = 1)
      : side_(side), front_(first_chunk), back_(front_ * kUnits), write_(write) {}
  JoinLog(const JoinLog&) = delete;
  JoinLog& operator=(const JoinLog&) = delete;

  // A row with these facts, of which those about other rows and images are not looked at.  Throws
  // std::bad_alloc if the log would span 64 GiB.
  Place add(const LoggedRow& facts, const LoggedText& text);

  // REQUIRES: contains(place).
  LoggedRow& at(std::uint32_t place) const {
    const Chunk& chunk = chunks_[chunk_of(place)];
    return *reinterpret_cast<LoggedRow*>(chunk.memory + place % kUnits * kUnit);
  }
  LoggedRow& at(Place place) const { return at(static_cast<std::uint32_t>(place)); }
  // False for 0, and for rows that have gone; of those that did 64 GiB ago it may be true.
  bool contains(std::uint32_t place) const {
    return place != 0 && place - static_cast<std::uint32_t>(front()) < span();
  }
  // REQUIRES: contains(place).
  Place whole(std::uint32_t place) const {
    return front() + (place - static_cast<std::uint32_t>(front()));
  }
  // Where the first row stands, or would, and where the next one will, or behind a gap.
  Place front() const { return front_ * kUnits; }
  Place back() const { return back_; }

  // Rows of which the chunk has not gone.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Of their chunks.
  std::size_t bytes() const { return (back_chunk() - front_) * kChunk; }

  // Lets chunks go of which all rows have expired.
  void drop_expired(Timestamp watermark) {
    while (front_ < back_chunk() && chunk(front_).last_expiry < watermark) drop_front();
  }
  void clear() {
    while (front_ < back_chunk()) drop_front();
  }
  // True if the rows of most chunks have expired, but for one in front of them.  Looks only where
  // the log has doubled since it did last.
  bool is_mostly_expired(Timestamp watermark);
  // Keeps the rows that are held, and gives them other places: those of before are no good.
  void compact(Timestamp watermark);

  // Calls visit(row, place) for all rows from a place on.
  template <typename Visit>
  void for_each_from(Place from, Visit visit) const {
    for (from = skip_gap(from); from < back_; from = after(from)) visit(at(from), from);
  }
  // Calls visit(row, place) for those that are held while the watermark is this.
  template <typename Visit>
  void for_each_held(Timestamp watermark, Visit visit) const {
    for_each_from(front(), [&](LoggedRow& row, Place place) {
      if (!row.done && row.expiry >= watermark) visit(row, place);
    });
  }

  // An image of the rows that are held.  `out` is used until it is complete.
  void begin_image(SnapshotWriter& out, Timestamp watermark) {
    image_end_ = 0;
    begin_changes(out, watermark);
  }
  // The same of those that have been made since the image before was begun.
  void begin_changes(SnapshotWriter& out, Timestamp watermark);
  // Of about so many rows.  True when it is complete.
  bool continue_image(std::size_t rows);
  // To be called before a row changes that tells what it has met.
  void keep_for_image(LoggedRow& row, Place place) {
    const bool is_to_come = image_out_ && place >= image_next_ && place < image_end_;
    if (!is_to_come || row.image == image_) return;
    row.image = image_;
    row.was_matched = row.matched;
    row.was_done = row.done;
  }
  // True if the row stood here when the last image was begun.
  bool is_in_image(Place place) const { return place < image_end_; }

 private:
  static constexpr std::size_t kUnit = LogPart::kUnit;
  static constexpr std::size_t kUnits = LogPart::kUnits;
  static constexpr std::size_t kChunk = kUnit * kUnits;
  static constexpr std::uint64_t kMostChunks = kNumbers / 2;

  // One with a row that is larger than that stands at several numbers, and is at the first of them.
  struct Chunk {
    std::byte* memory = nullptr;
    SharedChunks::Chunk owned;  // or nothing
    std::size_t used = 0;       // units, of rows that begin here
    std::size_t rows = 0;
    Timestamp last_expiry = kMinTime;
  };

  static std::size_t units_of(std::size_t size) { return (size + kUnit - 1) / kUnit; }
  std::size_t chunk_of(std::uint64_t place) const {
    return static_cast<std::size_t>(place / kUnits) & (chunks_.size() - 1);
  }
  Chunk& chunk(std::uint64_t number) { return chunks_[number & (chunks_.size() - 1)]; }
  const Chunk& chunk(std::uint64_t number) const { return chunks_[number & (chunks_.size() - 1)]; }
  // The number behind the last chunk.
  std::uint64_t back_chunk() const { return (back_ + kUnits - 1) / kUnits; }
  std::uint32_t span() const { return static_cast<std::uint32_t>(back_ - front()); }

  // Where the next row stands if none begins here.
  Place skip_gap(Place place) const {
    while (place < back_ && place % kUnits >= chunk(place / kUnits).used) {
      place = (place / kUnits + 1) * kUnits;
    }
    return place;
  }
  Place after(Place place) const { return skip_gap(place + units_of(at(place).size())); }

  void begin_chunk(std::size_t units);
  void number_more_chunks(std::uint64_t end);
  void drop_front();

  void take_until(Place end);
  void take(const LoggedRow& row, Place place);
  void hand_over();

  std::uint8_t side_;
  std::vector<Chunk> chunks_ = std::vector<Chunk>(4);  // by number, modulo their count: 2^n
  std::uint64_t front_;                                // the number of the first chunk
  Place back_;
  std::size_t size_ = 0;
  std::uint64_t seen_chunks_ = 0;  // that were held when is_mostly_expired() looked last
  SharedChunks memory_{kChunk};

  LogPart::Write write_;
  SnapshotWriter* image_out_ = nullptr;  // null: the image is complete
  Timestamp image_watermark_ = kMinTime;
  Place image_next_ = 0;     // the place whose turn comes
  Place image_end_ = 0;      // what stands here and later is not in the image
  std::uint32_t image_ = 0;  // how many there have been
  std::unique_ptr<LogPart> part_;
  std::uint64_t part_chunk_ = 0;  // the number of its chunk
};

}  // namespace streamutils
