// JoinFates: what becomes of rows that the last image of a join holds, for an image of changes.
//
// That they have met a partner, or are done.  That one has expired follows from the watermark, and
// needs no row:
//
//     {"entry":"fates","columns":["side","time","number","done","key"]}
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ops/change_count.h"
#include "ops/join_log.h"
#include "stream/row_text.h"
#include "stream/snapshot.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {

class JoinFates {
 public:
  static constexpr std::string_view kEntry = "fates";

  // An image begins: what has become of rows before is in it.
  void begin() {
    rows_.take();
    count_.begin();
  }

  // Notes a row that is in the image, with its fate, while `held` rows are.
  void note(std::size_t side, const LoggedRow& row, std::size_t held) {
    if (!is_known()) return;
    RowText& fate = rows_.row();
    fate.put(std::uint64_t{side});
    fate.put(to_nanos(row.time));
    fate.put(row.number);
    fate.put(std::uint64_t{row.done});
    save_bytes(fate, row.key());
    if (!count_.add(held)) rows_.take();
  }

  // False before the first image, and if there were too many to be worth noting.
  bool is_known() const { return count_.are_known(); }
  std::size_t size() const { return count_.size(); }

  // The entry with all rows.  REQUIRES: is_known().
  void write(SnapshotWriter& out) {
    out.entry(kEntry).json("columns", R"(["side","time","number","done","key"])");
    out.lines(rows_.take());
  }

 private:
  SnapshotWriter rows_;
  ChangeCount count_;
};

}  // namespace streamutils
