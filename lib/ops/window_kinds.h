// The operators behind make_window, one per way of keeping windows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/window_args.h"
#include "stream/operator.h"

namespace streamutils {

// Windows of fixed length that do not overlap: tumbling, or sliding by at least their length.
OperatorPtr make_disjoint_windows(const WindowArguments& arguments);

// Windows of fixed length that overlap.
OperatorPtr make_overlapping_windows(const WindowArguments& arguments);

OperatorPtr make_session_windows(const WindowArguments& arguments);

}  // namespace streamutils
