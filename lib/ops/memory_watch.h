// MemoryWatch: when an operator looks at how much memory it holds, and what it tells the user.
//
// A look walks all groups, so the next one is not before a quarter as many events as that costs.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "stream/operator.h"

namespace streamutils {

inline constexpr std::string_view kSpillUnreadable =
    "--mem: what was written to disk cannot be read again: rows are missing";

class MemoryWatch {
 public:
  // To be asked for each event: true if it is time to look.  Then next_after() is to be called.
  bool is_due() { return --until_look_ == 0; }
  // So many groups have been looked at.
  void next_after(std::size_t groups) { until_look_ = std::max(kLeastInterval, groups / 4); }

  // Without --mem: so many groups are held, in so many bytes.
  void note_unbounded(std::size_t groups, std::size_t bytes, Emitter& out) {
    until_look_ = std::max(std::size_t{1024}, groups);
    if (bytes <= kMuch || std::exchange(has_told_, true)) return;
    out.say("more than 4 GiB of groups are held (--mem SIZE would use the disk)");
  }

  void note_disk(bool is_full) { disk_is_full_ = disk_is_full_ || is_full; }
  // Tells once what has been noted of the disk.
  void tell(Emitter& out) {
    if (!disk_is_full_ || std::exchange(has_told_, true)) return;
    out.say("--mem: the disk takes no more groups, they stay in memory");
  }

 private:
  static constexpr std::size_t kLeastInterval = 1 << 4;       // in events
  static constexpr std::size_t kMuch = std::size_t{4} << 30;  // is worth a message

  std::size_t until_look_ = 1;
  bool has_told_ = false;
  bool disk_is_full_ = false;
};

}  // namespace streamutils
