// The operators behind make_window, one per way of keeping windows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/window.h"
#include "stream/operator.h"

namespace streamutils {

// Windows of fixed length that do not overlap: tumbling, or sliding by at least their length.
OperatorPtr make_disjoint_windows(const WindowOptions& options);

// Windows of fixed length that overlap.
OperatorPtr make_overlapping_windows(const WindowOptions& options);

// Windows of events: tumbling or sliding, with lengths in rows.
OperatorPtr make_row_windows(const WindowOptions& options);

OperatorPtr make_cumulating_windows(const WindowOptions& options);

// Each event with aggregates over its past.
OperatorPtr make_rolling_windows(const WindowOptions& options);

OperatorPtr make_session_windows(const WindowOptions& options);

}  // namespace streamutils
