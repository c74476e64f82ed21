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

#include "ops/change_count.h"
#include "ops/image_part.h"
#include "ops/image_parts.h"
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
    begin_changes();
  }
  // True when all are there.
  bool go_on(std::size_t rows) {
    if (out_ == nullptr) return true;
    const auto make = [this] { return std::make_unique<TablePart>(memory_); };
    const auto add = [&](const TableRow& row) { parts_.add(*out_, make, row); };
    if (!table_.visit_some(place_, rows, add)) return false;
    parts_.hand_over(*out_);
    out_ = nullptr;
    return true;
  }

  bool has_changes() const { return changes_.are_worth_it(table_.size()); }
  // REQUIRES: has_changes().
  void write_changes(SnapshotWriter& out) {
    out.lines(done_.take());
    begin_changes();
  }

  // To be called before the table changes, and then with what is done.
  void finish() {
    while (!go_on(kAll)) {
    }
  }
  void note_put(std::string_view key, std::string_view text, std::uint64_t number) {
    if (!changes_.are_known()) return;
    done_.entry("row").field("number", number);
    save_bytes(done_, "key", key);
    save_bytes(done_, "text", text);
    note_change();
  }
  void note_erase(std::string_view key) {
    if (!changes_.are_known()) return;
    done_.entry("erased");
    save_bytes(done_, "key", key);
    note_change();
  }

 private:
  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);

  void note_change() {
    if (!changes_.add(table_.size())) done_.take();
  }
  void begin_changes() {
    changes_.begin();
    done_.take();
  }

  const JoinLookup& table_;
  std::shared_ptr<PartMemory> memory_ = std::make_shared<PartMemory>();
  SnapshotWriter* out_ = nullptr;  // null: no image is being taken
  JoinLookup::Place place_;
  ImageParts<TablePart> parts_;
  ChangeCount changes_;
  SnapshotWriter done_;  // since the last image was begun
};

}  // namespace streamutils
