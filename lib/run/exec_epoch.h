// The commands of the lines of an epoch, run once it counts.
//
// How many of its lines are done stands in a file beside them, so that a restart goes on behind
// those.  A line is done when its command has succeeded, or has failed for good, and all lines
// before it are done.  A process that is killed may have run commands that it could not note down:
// at least once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "run/exec.h"

namespace streamutils {

struct ExecProgress {
  std::uint64_t done = 0;    // lines
  std::uint64_t failed = 0;  // of those, for good
};

// Nothing, if there is no such file or it is damaged.
ExecProgress read_progress(const std::string& path);

struct ExecEpoch {
  std::string lines;     // the file that holds them
  std::string progress;  // the file beside it
  std::function<bool()> is_told_to_end;
};

// Runs the commands of all lines that are not done.  Told to end, it waits for those that run, and
// leaves the others to another run: that is no error.
Status run_epoch(std::shared_ptr<const ExecOptions> options, const ExecEpoch& epoch,
                 const Say& say);

}  // namespace streamutils
