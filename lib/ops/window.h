// swindow: aggregates of the events of each window and key, written when the window closes.
//
//     {"window_start":…,"window_end":…,"region":"eu","count":3,"avg_amount":12.5}
//
// Windows leave in order of their end, and within a window the keys in the order in which they were
// first seen in it.  A window closes when the watermark reaches its end; a session, to which an
// event GAP after its last one still belongs, when the watermark is past its end.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/time.h"
#include "base/result.h"
#include "base/time.h"
#include "ops/window_args.h"
#include "stream/operator.h"
#include "stream/scratch.h"

namespace streamutils {

struct WindowOptions {
  WindowArguments arguments{};
  Duration offset{};  // how much later windows of fixed length start
  std::size_t max_keys = static_cast<std::size_t>(-1);  // of a window; of a slice or step where
                                                        // windows share events
  std::optional<Duration> every;  // early results at the multiples of this, marked partial
  Duration grace{};               // how long a closed window is kept, to be revised by late events
  bool fill = false;              // windows without events are written, for each known key…
  std::optional<Duration> fill_for;  // …until this long after its last window; nullopt: for ever
  // Memory for the groups of tumbling windows, in bytes; beyond it they go to scratch room.
  std::optional<std::size_t> memory;
  MakeScratch make_scratch;
  absl::TimeZone zone = absl::UTCTimeZone();  // of calendar lengths
};

Result<OperatorPtr> make_window(WindowOptions options);

}  // namespace streamutils
