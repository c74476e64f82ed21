// The operators behind make_window, one per way of keeping windows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "ops/window.h"
#include "stream/operator.h"

namespace streamutils {

// All kinds of windows.
class Windows : public Operator {
 public:
  std::optional<std::string> output_time() const override { return "window_end"; }
  bool has_state() const final { return true; }

  // How many groups or sessions (of rolling windows: events) are held.  Cheap.
  virtual std::size_t held() const = 0;
};
using WindowsPtr = std::unique_ptr<Windows>;

// The windows that the options ask for.
Result<WindowsPtr> make_windows(const WindowOptions& options);

// Windows of fixed length that do not overlap: tumbling, or sliding by at least their length.
WindowsPtr make_disjoint_windows(const WindowOptions& options);

// Windows of fixed length that overlap.
WindowsPtr make_overlapping_windows(const WindowOptions& options);

// Windows of events: tumbling or sliding, with lengths in rows.
WindowsPtr make_row_windows(const WindowOptions& options);

WindowsPtr make_cumulating_windows(const WindowOptions& options);

// Each event with aggregates over its past.
WindowsPtr make_rolling_windows(const WindowOptions& options);

WindowsPtr make_session_windows(const WindowOptions& options);

}  // namespace streamutils
