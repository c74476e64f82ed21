// --what-if: what each of several disorders would have meant for the windows of a recording.
//
// One pass; for each bound the windows themselves run, with a watermark of their own, and their
// rows go nowhere but into the account:
//
//     {"disorder":"5s","events":1000,"late":3,"late_share":0.003,"late_partly":0,
//      "delay_mean":"5.3s","delay_max":"8s","peak_groups":120}
//
// late: events that reach no window; late_partly: those that miss some of their windows.  The delay
// of a window is how far the newest event was past its end when it closed; windows that the end of
// the input closes have none.  peak_groups: the most groups (of rolling windows, events) that were
// held at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ops/window.h"
#include "stream/operator.h"

namespace streamutils {

// bounds: not empty.
Result<OperatorPtr> make_what_if(const WindowOptions& options, const std::vector<Duration>& bounds);

// "1s,5s,30s,5m".
Result<std::vector<Duration>> parse_bounds(std::string_view text);

}  // namespace streamutils
