// The events of an imaginary shop, for demos, tests and measurements.
//
// Event number i is a function of the options and of i alone: every random choice comes from a
// counter (splitmix64 of the seed and i) and never from the event before.  So a file can be made
// again from its seed, and any slice of it without the rest.
//
// An event is about 200 bytes with ten members, one of them nested:
//
//     {"ts":"2026-11-22T10:00:00.123Z","id":"e00000001","type":"purchase","user":"u123456",
//      "session":"s0f3a…","amount":59.90,"qty":3,"region":"eu","device":{"os":"linux","app":"2.1"},
//      "url":"/p/1234?ref=mail"}
//
// Purchases have `amount` (price times quantity), the others `price`.  Events are due at a steady
// rate; an event's `ts` is the instant at which it is due less a delay below `disorder`, so none is
// further than `disorder` behind the newest one before it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace streamutils {

struct ShopOptions {
  std::uint64_t seed = 1;
  Timestamp start = kMinTime;    // when event 0 is due; whole milliseconds
  double rate = 5000;            // events due per second
  Duration disorder{};           // at least 0
  double purchases = 0.1;        // the share of purchases, 0 to 1
  std::uint64_t users = 220000;  // 1 to 2^32 - 1
  double malformed = 0;          // the share of damaged lines, 0 to 1
};

class ShopEvents {
 public:
  // No line of an event is longer, its newline included.
  static constexpr std::size_t kMaxLine = 512;

  explicit ShopEvents(const ShopOptions& options);

  // When event `index` is due.
  Timestamp due(std::uint64_t index) const;

  // How many events are due up to `now`.
  std::uint64_t due_until(Timestamp now) const;

  // Appends event `index` as one line, with its newline.
  void append(std::string& out, std::uint64_t index);

 private:
  void append_time(std::string& out, Timestamp t);

  ShopOptions options_;
  std::int64_t day_ = 0;  // the day that day_text_ spells, counted from the epoch
  std::string day_text_;  // "2026-11-22T", or empty before the first event
};

}  // namespace streamutils
