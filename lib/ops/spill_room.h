// SpillRoom: scratch room for many runs that come and go.
//
// A file for each run would be too many files, and one file for all would never give room back.  So
// runs are put behind one another until a file holds enough of them; it goes with the last of its
// runs.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "ops/steady_scratch.h"
#include "stream/scratch.h"

namespace streamutils {

class SpillRoom {
 public:
  // make: if it is empty, all runs stay in memory.
  explicit SpillRoom(MakeScratch make) : make_(std::move(make)) {}

  // Room for one run.
  std::shared_ptr<SteadyScratch> for_run() {
    if (!current_ || runs_ == kMostRuns || current_->size() > kMuch || current_->is_full()) {
      current_ = fresh();
      runs_ = 0;
    }
    ++runs_;
    return current_;
  }

  // Room of its own, for what is sorted and forgotten.  Also in a process that was forked from the
  // one that has written the runs: the two would write into one file else.
  std::shared_ptr<SteadyScratch> fresh() const {
    return std::make_shared<SteadyScratch>(make_ ? make_() : nullptr);
  }

 private:
  static constexpr std::size_t kMostRuns = 64;
  static constexpr std::uint64_t kMuch = 256 << 20;  // bytes

  MakeScratch make_;
  std::shared_ptr<SteadyScratch> current_;
  std::size_t runs_ = 0;  // that were begun in it
};

}  // namespace streamutils
