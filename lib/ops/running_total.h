// RunningTotal: what some slices of a key come to together, while slices join at one end and leave
// at the other.
//
// Where states are small, windows that slide are merged from partial sums (window_history.h).  A
// set of a million values must not be copied for each slice, so aggregates whose states grow with
// the events are kept the other way round: one total, to which a slice is added when it comes, and
// from which it is taken away again when it leaves.  Either costs a step for each value of the
// slice, however many slices there are.  What taking away needs beyond the state (how many slices
// hold a value) is the total's business.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace streamutils {

class RunningTotal {
 public:
  virtual ~RunningTotal() = default;

  // Adds the state `added` to the slice.  `part` is the state of the whole slice, with what has
  // been added in it; it stays where it is, and changes with further calls of this alone, until
  // the slice is removed.  All events of a slice are earlier than those of a greater one.
  virtual void add(std::int64_t slice, const void* added, const void* part) = 0;

  // Takes away the least slice, of which `part` is the state.
  virtual void remove(std::int64_t slice, const void* part) = 0;

  // Memory that it holds, in bytes, about.
  virtual std::size_t bytes() const = 0;
};

// A total for each state of a block, or null for the states that have none.
using RunningTotals = std::vector<std::unique_ptr<RunningTotal>>;

}  // namespace streamutils
