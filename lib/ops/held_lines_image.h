// HeldLinesImage: images (stream/operator.h) of lines that are held, in slices.
//
// What is copied is a chunk, some kilobytes, when its turn comes or before one of its rows changes:
//
//     {"entry":"held","width":1000000}
//     {"entry":"chunk","number":7,"base":1795341600000000000,"bytes":3,"columns":[…]}
//     [1795341600000000000,…]
//
// An image of changes holds the chunks in which a row has changed since the image before, each as a
// whole, and the numbers of those that have gone.  Lines come and go in order of time, mostly, so
// that those are few where few lines are replaced long after they came.
//
// Format: what a row is.  It has
//     static constexpr std::string_view kColumns, their names as JSON: ["time","line"]
//     std::size_t head_size() const, that of the lines,
//     void write(const HeldLines::Row& row, RowText& text) const; the first value is the time
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
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

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

template <typename Format>
void save_chunk(SnapshotWriter& out, const Format& format, const HeldLines::Rows& rows,
                std::uint32_t index) {
  out.entry("chunk").field("number", rows.number).field("base", rows.base);
  out.field("bytes", std::uint64_t{rows.time_bytes}).json("columns", Format::kColumns);
  HeldLines::for_each_row(rows, index, format.head_size(),
                          [&](const HeldLines::Row& row) { format.write(row, out.row()); });
}

// All lines.
template <typename Format>
void save_held_lines(SnapshotWriter& out, const Format& format, const HeldLines& lines) {
  save_held(out, lines);
  for (const std::uint32_t index : lines.in_order()) {
    if (lines.rows_of(index).count > 0) save_chunk(out, format, lines.rows_of(index), index);
  }
}

// Copies of chunks.
template <typename Format>
class ChunkPart final : public CopiedPart {
 public:
  ChunkPart(std::shared_ptr<PartMemory> memory, const Format& format)
      : CopiedPart(std::move(memory)), format_(format) {}

  // False if there is no more room.
  bool add(const HeldLines::Rows& rows, std::uint32_t index) {
    std::byte* const to = CopiedPart::add(sizeof(Copy) + room_of(rows.bytes.size()));
    if (to == nullptr) return false;
    new (to) Copy{rows.number,
                  rows.base,
                  rows.count,
                  rows.bytes.size(),
                  static_cast<std::uint32_t>(rows.time_bytes),
                  index};
    std::memcpy(to + sizeof(Copy), rows.bytes.data(), rows.bytes.size());
    return true;
  }

  void write(SnapshotWriter& out) override {
    for (const std::byte* at = begin(); at < end();) {
      const auto& copy = *reinterpret_cast<const Copy*>(at);
      const auto* const bytes = reinterpret_cast<const char*>(at + sizeof copy);
      const HeldLines::Rows rows{
          copy.number, copy.base, copy.time_bytes, copy.count, {bytes, copy.size}};
      save_chunk(out, format_, rows, copy.index);
      at += sizeof copy + room_of(copy.size);
    }
  }

 private:
  struct Copy {
    std::uint64_t number;
    std::uint64_t base;
    std::uint64_t count;
    std::uint64_t size;
    std::uint32_t time_bytes;
    std::uint32_t index;
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

  void begin(SnapshotWriter& out) {
    save_held(out, lines_);
    begin(out, kAll);
  }
  // True when it is complete.  It counts down the rows that it takes, about.
  bool go_on(std::size_t& rows) {
    if (out_ == nullptr) return true;
    for (; next_ < state_.size(); ++next_) {
      if ((state_[next_] & kWanted) == 0) continue;
      if (rows == 0) return false;
      rows -= std::min(rows, kRowsOfChunk);
      take(next_);
    }
    parts_.hand_over(*out_);
    out_ = nullptr;
    return true;
  }

  // Of what has changed since the image before was begun.
  bool has_changes() const { return is_known_ && are_few(changed_, lines_.chunks()); }
  // REQUIRES: has_changes().
  void begin_changes(SnapshotWriter& out) {
    save_held(out, lines_, true);
    out.json("columns", R"(["gone"])");
    for (std::uint32_t i = 0; i < lines_.chunks(); ++i) {
      const HeldLines::Rows rows = lines_.rows_of(i);
      if (rows.count == 0 && rows.number != 0) gone_.push_back(rows.number);
    }
    for (const std::uint64_t number : gone_) out.row().put(number);
    begin(out, kChanged);
  }

 private:
  // Of a chunk: whether it is still to be copied, and whether it has changed since the image began.
  static constexpr std::uint8_t kWanted = 1;
  static constexpr std::uint8_t kChanged = 2;
  static constexpr std::uint8_t kAll = 3;
  static constexpr std::size_t kRowsOfChunk = 256;

  // Chunks of which the state has one of these bits; new ones have none.
  void begin(SnapshotWriter& out, std::uint8_t which) {
    out_ = &out;
    next_ = 0;
    last_ = 0;
    state_.resize(lines_.chunks());
    for (std::uint32_t i = 0; i < state_.size(); ++i) {
      const HeldLines::Rows rows = lines_.rows_of(i);
      const bool is_wanted = rows.count > 0 && (which == kAll || (state_[i] & which) != 0);
      state_[i] = is_wanted ? kWanted : 0;
      last_ = std::max(last_, rows.number);
    }
    changed_ = 0;
    gone_.clear();
    is_known_ = true;
    lines_.set_watcher(this);
  }

  void before_change(std::uint32_t index) override {
    if (index >= state_.size()) state_.resize(index + 1);
    if (state_[index] == kChanged) return;
    take(index);
    state_[index] = kChanged;
    ++changed_;
  }
  void before_end(std::uint32_t index) override {
    if (index >= state_.size()) return;
    take(index);
    if ((state_[index] & kChanged) != 0) --changed_;
    state_[index] = 0;
    const std::uint64_t number = lines_.rows_of(index).number;
    if (number <= last_) gone_.push_back(number);
  }

  void take(std::uint32_t index) {
    if ((state_[index] & kWanted) == 0) return;
    state_[index] = 0;
    const auto make = [this] { return std::make_unique<ChunkPart<Format>>(memory_, format_); };
    parts_.add(*out_, make, lines_.rows_of(index), index);
  }

  HeldLines& lines_;
  const Format format_;
  std::shared_ptr<PartMemory> memory_ = std::make_shared<PartMemory>();
  SnapshotWriter* out_ = nullptr;  // null: no image is being taken
  ImageParts<ChunkPart<Format>> parts_;
  std::vector<std::uint8_t> state_;  // of each chunk
  std::uint32_t next_ = 0;           // whose turn comes
  bool is_known_ = false;            // what has changed
  std::uint64_t last_ = 0;           // the greatest number of a chunk when the image began
  std::size_t changed_ = 0;          // chunks
  std::vector<std::uint64_t> gone_;  // numbers of those of then
};

// Puts lines back, of a whole image or of changes.
//
// restore_row(index, time): puts the current row of `in` into that chunk.
// forget(row): undoes that for a row that goes.
template <typename RestoreRow, typename Forget>
class HeldLinesRestorer {
 public:
  HeldLinesRestorer(SnapshotReader& in, HeldLines& lines, std::size_t head_size,
                    RestoreRow restore_row, Forget forget)
      : in_(in),
        lines_(lines),
        head_size_(head_size),
        restore_row_(std::move(restore_row)),
        forget_(std::move(forget)) {}

  // What save_held() has written.
  void begin() {
    if (!in_.next_is("held")) return in_.fail("no entry 'held'");
    const bool changes = in_.json("changes").exists();
    if (!lines_.widen_to(Duration(in_.integer("width")))) in_.fail("no such width");
    if (changes) note_numbers();
    while (in_.status().ok() && in_.next_row()) remove(in_.unsigned_integer(std::size_t{0}));
  }

  // The next entry, if it is a chunk; else false.
  bool take_chunk() {
    if (!in_.status().ok() || !in_.next_is("chunk")) return false;
    const std::uint64_t number = in_.unsigned_integer("number");
    const std::uint64_t base = in_.unsigned_integer("base");
    const std::uint64_t time_bytes = in_.unsigned_integer("bytes");
    const bool is_one = number > 0 && time_bytes >= 1 && time_bytes <= 8;
    if (!is_one || !restored_.insert(number).second) in_.fail("no such chunk, or it comes twice");
    remove(number);
    std::optional<std::uint32_t> index;
    while (in_.status().ok() && in_.next_row()) {
      const Timestamp time = from_nanos(in_.integer(std::size_t{0}));
      if (!in_.status().ok()) break;
      if (!index) index = lines_.restore_chunk(number, base, time_bytes, time);
      restore_row_(*index, time);
    }
    return true;
  }

  void end() { lines_.end_restoring(); }

 private:
  void note_numbers() {
    for (const std::uint32_t index : lines_.in_order()) {
      known_.emplace(lines_.rows_of(index).number, index);
    }
  }
  void remove(std::uint64_t number) {
    const auto found = known_.find(number);
    if (found == known_.end()) return;
    HeldLines::for_each_row(lines_.rows_of(found->second), found->second, head_size_, forget_);
    lines_.remove_chunk(found->second);
    known_.erase(found);
  }

  SnapshotReader& in_;
  HeldLines& lines_;
  std::size_t head_size_;
  RestoreRow restore_row_;
  Forget forget_;
  std::unordered_map<std::uint64_t, std::uint32_t> known_;  // chunks by their numbers
  std::unordered_set<std::uint64_t> restored_;
};

}  // namespace streamutils
