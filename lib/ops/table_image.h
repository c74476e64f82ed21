// TableImage: images (stream/operator.h) of a table that is looked up by key.
//
// Such a table is mostly read once, and then looked into.  So its rows are copied once, some at a
// time, and the images that follow hold what has been done to it since: a row for each key that was
// set, and each that was erased, in that order.  A change that comes while rows are being copied
// waits until all are, which takes some milliseconds for a million.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ops/image_part.h"
#include "ops/join_lookup.h"
#include "stream/snapshot.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {

// A row of the table as an entry.
inline void save_table_row(SnapshotWriter& out, const TableRow& row) {
  out.entry("row").field("number", std::uint64_t{row.number});
  save_bytes(out, "key", row.key());
  save_bytes(out, "text", row.text());
}

class TablePart final : public CopiedPart {
 public:
  using CopiedPart::CopiedPart;

  // False if there is no more room.
  bool add(const TableRow& row) {
    std::byte* const to = CopiedPart::add(room_of(row));
    if (to != nullptr) std::memcpy(to, &row, row.size());
    return to != nullptr;
  }

  void write(SnapshotWriter& out) override {
    for (std::byte* at = begin(); at < end();) {
      const auto& row = *reinterpret_cast<const TableRow*>(at);
      save_table_row(out, row);
      at += room_of(row);
    }
  }

 private:
  static std::size_t room_of(const TableRow& row) { return (row.size() + 15) / 16 * 16; }
};

class TableImage {
 public:
  explicit TableImage(const JoinLookup& table) : table_(table) {}

  // All rows.  What stands in front of them has been written.
  void begin(SnapshotWriter& out) {
    out_ = &out;
    place_ = {};
    forget_changes();
    knows_changes_ = true;
  }
  // True when all are there.
  bool go_on(std::size_t rows) {
    if (out_ == nullptr) return true;
    if (!table_.visit_some(place_, rows, [this](const TableRow& row) { add(row); })) return false;
    hand_over();
    out_ = nullptr;
    return true;
  }

  bool has_changes() const { return knows_changes_ && 2 * changes_ < table_.size(); }
  // REQUIRES: has_changes().
  void write_changes(SnapshotWriter& out) {
    out.lines(done_.take());
    changes_ = 0;
  }

  // To be called before the table changes, and then with what is done.
  void finish() {
    while (!go_on(kAll)) {
    }
  }
  void note_put(std::string_view key, std::string_view text, std::uint64_t number) {
    if (!knows_changes_) return;
    done_.entry("row").field("number", number);
    save_bytes(done_, "key", key);
    save_bytes(done_, "text", text);
    note_change();
  }
  void note_erase(std::string_view key) {
    if (!knows_changes_) return;
    done_.entry("erased");
    save_bytes(done_, "key", key);
    note_change();
  }

 private:
  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);

  void add(const TableRow& row) {
    if (part_ && part_->add(row)) return;
    hand_over();
    part_ = std::make_unique<TablePart>(memory_);
    part_->add(row);
  }
  void hand_over() {
    if (part_) out_->part(std::move(part_));
  }
  // More than half of all are of no use.
  void note_change() {
    constexpr std::size_t kFew = 64;
    if (++changes_ > kFew && 2 * changes_ > table_.size()) forget_changes();
  }
  void forget_changes() {
    knows_changes_ = false;
    changes_ = 0;
    done_.take();
  }

  const JoinLookup& table_;
  std::shared_ptr<PartMemory> memory_ = std::make_shared<PartMemory>();
  SnapshotWriter* out_ = nullptr;  // null: no image is being taken
  JoinLookup::Place place_;
  std::unique_ptr<TablePart> part_;
  // Since the last image was begun.
  bool knows_changes_ = false;
  std::size_t changes_ = 0;
  SnapshotWriter done_;
};

}  // namespace streamutils
