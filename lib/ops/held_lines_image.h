// HeldLinesImage: images (stream/operator.h) of lines that are held, in slices.
//
// What is copied is a chunk, some kilobytes, when its turn comes or before one of its rows changes.
// In front of a row stands its place in the chunk:
//
//     {"entry":"held","width":1000000}
//     {"entry":"chunk","number":7,"base":1795341600000000000,"bytes":3,"columns":["place",…]}
//     [0,1795341600000000000,…]
//
// An image of changes holds the numbers of chunks that have gone and, of a chunk that has changed
// since the image before, the rows that have: those that are new or have another head and, of those
// that have gone, their places.  A chunk whose rows have moved together stands there as a whole.
//
//     {"entry":"held","width":1000000,"changes":true,"columns":["gone"]}
//     [6]
//     {"entry":"chunk","number":7,"base":1795341600000000000,"bytes":3,"changes":true,"columns":…}
//     [96]
//     [31120,1795341600000000000,…]
//
// ops/held_lines_restorer.h puts them back.
//
// Format: what a row is.  It has
//     static constexpr std::string_view kColumns, their names as JSON: ["place","time","line"]
//     std::size_t head_size() const, that of the lines,
//     void write(const HeldLines::Row& row, RowText& text) const, the values behind the place, of
//     which the first is the time
// It is copied, and looks at nothing but the row.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/copy.h"
#include "ops/change_count.h"
#include "ops/held_lines.h"
#include "ops/image_part.h"
#include "ops/image_parts.h"
#include "stream/snapshot.h"

namespace streamutils {

inline void save_held(SnapshotWriter& out, const HeldLines& lines, bool changes = false) {
  out.entry("held").field("width", std::int64_t{lines.width().count()});
  if (changes) out.field("changes", true);
}

// Copies of rows that have changed, which stand apart in their chunk.
class ChangedRows {
 public:
  void clear() { bytes_.clear(); }
  // bytes: as they stand in memory; empty: the row has gone.
  void add(std::size_t place, std::string_view bytes) {
    const Head head{place, bytes.size()};
    bytes_.append(reinterpret_cast<const char*>(&head), sizeof head).append(bytes);
  }

  std::string_view bytes() const { return bytes_; }
  // Calls visit(place, bytes) for what bytes() has given; kReach bytes behind it are read, too.
  template <typename Visit>
  static void for_each(std::string_view all, Visit visit) {
    while (!all.empty()) {
      Head head;
      std::memcpy(&head, all.data(), sizeof head);
      visit(head.place, all.substr(sizeof head, head.size));
      all.remove_prefix(sizeof head + head.size);
    }
  }

 private:
  struct Head {
    std::size_t place;
    std::size_t size;
  };

  std::string bytes_;
};

// rows: of a chunk, all of them, or those that images before do not hold; changed: of the others.
template <typename Format>
void save_chunk(SnapshotWriter& out, const Format& format, const HeldLines::Rows& rows,
                std::uint32_t index, std::string_view changed = {}) {
  out.entry("chunk").field("number", rows.number).field("base", rows.base);
  out.field("bytes", std::uint64_t{rows.time_bytes});
  if (rows.begin > 0) out.field("changes", true);
  out.json("columns", Format::kColumns);
  const auto write = [&](const HeldLines::Row& row) {
    RowText& text = out.row();
    text.put(std::uint64_t{HeldLines::place_of(row.ref)});
    format.write(row, text);
  };
  ChangedRows::for_each(changed, [&](std::size_t place, std::string_view bytes) {
    if (bytes.empty()) return out.row().put(std::uint64_t{place});
    const HeldLines::Ref ref = HeldLines::ref_of(index, place);
    write(HeldLines::read_row(rows, ref, format.head_size(), bytes));
  });
  HeldLines::for_each_row(rows, index, format.head_size(), write);
}

// All lines, without the gaps between them.
template <typename Format>
void save_held_lines(SnapshotWriter& out, const Format& format, const HeldLines& lines) {
  save_held(out, lines);
  std::string bytes;
  for (const std::uint32_t index : lines.in_order()) {
    HeldLines::Rows rows = lines.rows_of(index);
    if (rows.count == 0) continue;
    bytes.clear();
    HeldLines::for_each_row(rows, index, format.head_size(), [&](const HeldLines::Row& row) {
      bytes.append(lines.bytes_of(row.ref));
    });
    const std::size_t size = bytes.size();
    bytes.append(HeldLines::Rows::kReach, '\0');
    rows.bytes = std::string_view(bytes).substr(0, size);
    save_chunk(out, format, rows, index);
  }
}

// Copies of chunks, or of what has changed of them.
template <typename Format>
class ChunkPart final : public CopiedPart {
 public:
  ChunkPart(std::shared_ptr<PartMemory> memory, const Format& format)
      : CopiedPart(std::move(memory)), format_(format) {}

  // As save_chunk().  False if there is no more room.
  bool add(const HeldLines::Rows& rows, std::uint32_t index, std::string_view changed) {
    std::byte* const to =
        CopiedPart::add(sizeof(Copy) + room_of(changed.size() + rows.bytes.size()));
    if (to == nullptr) return false;
    new (to) Copy{rows, index, changed.size()};
    copy_bytes(copy_bytes(reinterpret_cast<char*>(to + sizeof(Copy)), changed), rows.bytes);
    return true;
  }

  void write(SnapshotWriter& out) override {
    for (const std::byte* at = begin(); at < end();) {
      const auto& copy = *reinterpret_cast<const Copy*>(at);
      const auto* const bytes = reinterpret_cast<const char*>(at + sizeof copy);
      HeldLines::Rows rows = copy.rows;
      rows.bytes = {bytes + copy.changed, copy.rows.bytes.size()};
      save_chunk(out, format_, rows, copy.index, {bytes, copy.changed});
      at += sizeof copy + room_of(copy.changed + rows.bytes.size());
    }
  }

 private:
  // The bytes that have changed follow, and those of the rows.
  struct Copy {
    HeldLines::Rows rows;  // its bytes are elsewhere
    std::uint32_t index;
    std::size_t changed;  // bytes
  };

  static std::size_t room_of(std::size_t bytes) {
    return (bytes + HeldLines::Rows::kReach + 7) / 8 * 8;
  }

  const Format format_;
};

template <typename Format>
class HeldLinesImage final : HeldLines::Watcher {
 public:
  // The lines must outlive it.
  HeldLinesImage(HeldLines& lines, const Format& format) : lines_(lines), format_(format) {}
  HeldLinesImage(const HeldLinesImage&) = delete;
  HeldLinesImage& operator=(const HeldLinesImage&) = delete;

  // others: how many entries the state has beside the lines.
  void begin(SnapshotWriter& out, std::size_t others = 0) {
    save_held(out, lines_);
    begin_chunks(out, others, false);
  }
  // True when it is complete.  It counts down the rows that it takes, about.
  bool go_on(std::size_t& rows) {
    if (out_ == nullptr) return true;
    for (; next_ < chunks_.size(); ++next_) {
      if (!chunks_[next_].is_wanted) continue;
      if (rows == 0) return false;
      rows -= std::min(rows, kRowsOfChunk);
      take(next_);
    }
    parts_.hand_over(*out_);
    out_ = nullptr;
    return true;
  }

  // Of what has changed since the image before was begun.
  bool has_changes() const { return changes_.are_worth_it(lines_.size() + others_); }
  // REQUIRES: has_changes().
  void begin_changes(SnapshotWriter& out, std::size_t others = 0) {
    save_held(out, lines_, true);
    out.json("columns", R"(["gone"])");
    for (std::uint32_t i = 0; i < lines_.chunks(); ++i) {
      const HeldLines::Rows rows = lines_.rows_of(i);
      if (rows.count == 0 && rows.number != 0) gone_.push_back(rows.number);
    }
    for (const std::uint64_t number : gone_) out.row().put(number);
    begin_chunks(out, others, true);
  }

 private:
  static constexpr std::size_t kRowsOfChunk = 256;

  // What is known of a chunk.
  struct Chunk {
    bool is_wanted = false;              // it, or what has changed of it, is still to be copied
    std::size_t known = 0;               // bytes of it that images before hold
    std::vector<std::uint16_t> changed;  // places of rows among them, some of them twice
  };

  void begin_chunks(SnapshotWriter& out, std::size_t others, bool changes) {
    out_ = &out;
    next_ = 0;
    last_ = 0;
    others_ = others;
    chunks_.resize(lines_.chunks());
    for (std::uint32_t i = 0; i < chunks_.size(); ++i) {
      const HeldLines::Rows rows = lines_.rows_of(i);
      Chunk& chunk = chunks_[i];
      if (!changes || rows.count == 0) chunk = {};
      const bool has_changed = chunk.known < rows.bytes.size() || !chunk.changed.empty();
      chunk.is_wanted = rows.count > 0 && has_changed;
      last_ = std::max(last_, rows.number);
    }
    changes_.begin();
    gone_.clear();
    lines_.set_watcher(this);
  }

  bool note_change() { return changes_.add(lines_.size() + others_); }

  void before_add(std::uint32_t index) override {
    take(index);
    note_change();
  }
  void before_change(HeldLines::Ref ref) override {
    const std::uint32_t index = HeldLines::index_of(ref);
    take(index);
    Chunk& chunk = chunks_[index];
    const std::size_t place = HeldLines::place_of(ref);
    if (place >= chunk.known || !note_change()) return;
    if (chunk.changed.size() == chunk.changed.capacity()) make_room(chunk.changed);
    chunk.changed.push_back(static_cast<std::uint16_t>(place));
  }
  void before_move(std::uint32_t index) override {
    take(index);
    for (std::size_t n = lines_.rows_of(index).count; n > 0; --n) note_change();
    forget(chunks_[index]);
  }
  void before_end(std::uint32_t index) override {
    take(index);
    forget(chunks_[index]);
    const std::uint64_t number = lines_.rows_of(index).number;
    if (number <= last_) gone_.push_back(number);
  }

  // What images hold of it is of no use any more.
  void forget(Chunk& chunk) {
    changes_.remove(chunk.changed.size());
    chunk = {};
  }

  // A row that changes time and again is to take no more than others.
  void make_room(std::vector<std::uint16_t>& places) {
    const std::size_t size = places.size();
    sort_once(places);
    changes_.remove(size - places.size());
    if (2 * places.size() >= size) places.reserve(std::max<std::size_t>(2 * size, 8));
  }
  static void sort_once(std::vector<std::uint16_t>& places) {
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
  }

  void take(std::uint32_t index) {
    if (index >= chunks_.size()) chunks_.resize(index + 1);
    Chunk& chunk = chunks_[index];
    if (!std::exchange(chunk.is_wanted, false)) return;
    HeldLines::Rows rows = lines_.rows_of(index);
    copy_changed(chunk, index);
    rows.begin = std::exchange(chunk.known, rows.bytes.size());
    rows.bytes.remove_prefix(rows.begin);
    const auto make = [this] { return std::make_unique<ChunkPart<Format>>(memory_, format_); };
    parts_.add(*out_, make, rows, index, changed_.bytes());
  }

  // They are not known as changed any more.
  void copy_changed(Chunk& chunk, std::uint32_t index) {
    changed_.clear();
    sort_once(chunk.changed);
    for (const std::uint16_t place : chunk.changed) {
      changed_.add(place, lines_.bytes_of(HeldLines::ref_of(index, place)));
    }
    chunk.changed.clear();
  }

  HeldLines& lines_;
  const Format format_;
  std::shared_ptr<PartMemory> memory_ = std::make_shared<PartMemory>();
  SnapshotWriter* out_ = nullptr;  // null: no image is being taken
  ImageParts<ChunkPart<Format>> parts_;
  std::vector<Chunk> chunks_;
  std::uint32_t next_ = 0;           // whose turn comes
  std::uint64_t last_ = 0;           // the greatest number of a chunk when the image began
  std::vector<std::uint64_t> gone_;  // numbers of those of then
  std::size_t others_ = 0;
  ChangeCount changes_;  // rows
  ChangedRows changed_;  // scratch
};

}  // namespace streamutils
