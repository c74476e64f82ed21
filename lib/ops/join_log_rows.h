// LogRows: the rows of an interval join as lines of a snapshot.
//
//     {"entry":"log","side":0,"columns":["later","lasts_more","number_more","matched","key",…]}
//     [1795341600000000000,500000000000,0,0,"\"user-17\"","","{\"ts\":1795341600,…}"]
//     [1000000,0,2,0,"\"user-3\"","","{\"ts\":1795341600.001,…}"]
//
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "ops/join_log.h"
#include "stream/row_text.h"
#include "stream/snapshot.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {

// What a row of a snapshot says of an event besides its text: in numbers by which it differs from
// the row before, which are short, and wrap around.
struct RowNumbers {
  std::uint64_t time = 0;
  std::uint64_t lasts = 0;  // from its time to its expiry
  std::uint64_t number = 0;

  RowNumbers() = default;
  explicit RowNumbers(const LoggedRow& row)
      : time(static_cast<std::uint64_t>(to_nanos(row.time))),
        lasts(static_cast<std::uint64_t>(to_nanos(row.expiry)) - time),
        number(row.number) {}
};

// Rows of one side, in the order of their numbers.
class LogRows {
 public:
  static constexpr std::string_view kEntry = "log";

  LogRows(SnapshotWriter& out, std::uint64_t side) : out_(out) {
    out.entry(kEntry)
        .field("side", side)
        .json("columns", R"(["later","lasts_more","number_more","matched","key","head","text"])");
  }
  void put(const LoggedRow& of, bool matched) {
    const RowNumbers now(of);
    RowText& row = out_.row();
    row.put_values(4 * kValueRoom, [&](char* to) {
      to = write_value(to, static_cast<std::int64_t>(now.time - before_.time));
      to = write_value(to, static_cast<std::int64_t>(now.lasts - before_.lasts));
      to = write_value(to, static_cast<std::int64_t>(now.number - before_.number));
      return write_value(to, std::uint64_t{matched});
    });
    save_bytes(row, of.key());
    save_bytes(row, of.head());
    save_bytes(row, of.text());
    before_ = now;
  }

  // All of a part.
  static void write(const LogPart& part, SnapshotWriter& out) {
    LogRows rows(out, part.side());
    part.for_each([&rows](const LoggedRow& row, bool matched) { rows.put(row, matched); });
  }

 private:
  SnapshotWriter& out_;
  RowNumbers before_;
};

}  // namespace streamutils
