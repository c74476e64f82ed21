// HeldLinesRestorer: puts lines back that an image holds (ops/held_lines_image.h), a whole one or
// one of changes.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "ops/held_lines.h"
#include "stream/snapshot.h"

namespace streamutils {

// A row that is to be put back.
class RestoredRow {
 public:
  RestoredRow(HeldLines& lines, HeldLines::Restored& chunk, std::size_t place, Timestamp time)
      : lines_(lines), chunk_(chunk), place_(place), time_(time) {}

  Timestamp time() const { return time_; }
  // Its head is zeros then, or as it was.  nullopt: no such row has stood there.
  std::optional<HeldLines::Ref> put(std::string_view line) {
    return lines_.restore_row(chunk_, place_, time_, line);
  }

 private:
  HeldLines& lines_;
  HeldLines::Restored& chunk_;
  std::size_t place_;
  Timestamp time_;
};

// restore_row(RestoredRow): puts the current row of `in` there, of which the first two values have
// been read.
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
    if (number == 0 || !restored_.insert(number).second) in_.fail("no chunk, or it comes twice");
    if (in_.json("changes").exists()) {
      change(number);
    } else {
      restore(number, in_.unsigned_integer("base"), in_.unsigned_integer("bytes"));
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

  void restore(std::uint64_t number, std::uint64_t base, std::uint64_t time_bytes) {
    if (time_bytes < 1 || time_bytes > 8) in_.fail("no such size of a time");
    if (!in_.status().ok()) return;
    remove(number);
    std::optional<HeldLines::Restored> chunk;
    while (in_.status().ok() && in_.next_row()) {
      const std::size_t place = in_.unsigned_integer(std::size_t{0});
      const Timestamp time = from_nanos(in_.integer(std::size_t{1}));
      if (!in_.status().ok()) return;
      if (!chunk) chunk = lines_.restore_chunk(number, base, time_bytes, time);
      restore_row_(RestoredRow(lines_, *chunk, place, time));
    }
  }

  void change(std::uint64_t number) {
    const auto known = known_.find(number);
    if (known == known_.end()) return in_.fail("changes of a chunk that is not there");
    HeldLines::Restored chunk = lines_.chunk_of(known->second);
    while (in_.status().ok() && in_.next_row()) change_row(chunk);
    if (lines_.rows_of(chunk.index).count == 0) in_.fail("a chunk without rows");
  }
  void change_row(HeldLines::Restored& chunk) {
    const std::size_t place = in_.unsigned_integer(std::size_t{0});
    if (in_.row_size() > 1) {
      const Timestamp time = from_nanos(in_.integer(std::size_t{1}));
      if (in_.status().ok()) restore_row_(RestoredRow(lines_, chunk, place, time));
      return;
    }
    const auto ref = lines_.row_at(chunk, place);
    if (!ref) return in_.fail("a row has gone that is not there");
    forget_(
        HeldLines::read_row(lines_.rows_of(chunk.index), *ref, head_size_, lines_.bytes_of(*ref)));
    lines_.remove_row(chunk, *ref);
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
