// Jobs: N copies of a command, fed by key, their outputs made one stream (sgroup --jobs).
//
// One process looks after all pipes and waits on none of them alone, so that no set of full pipes
// can hold it: what a copy does not take is kept, up to a bound, beyond which it reads no more
// input but still takes what copies put out.
//
// A copy that ends with a status other than 0 while it should still read stops everything, and the
// status is its own.
//
// Under --checkpoint, barriers go to all copies.  Each saves its state under a name of its own
// ("swindow-2-of-4") when one passes, and it leaves when it has come out of all.  What a copy has
// not taken yet, and what waits for other copies, lies between two barriers and comes again.  A
// copy that dies of a signal makes the status try_again.
//
// With --state, each copy has a state of its own (run/jobs_state.h).  Signals then are for the tool
// alone: the copies take all that has been sent to them, and save.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "run/side_outputs.h"
#include "run/tool.h"

namespace streamutils {

struct JobsOptions {
  std::size_t copies = 2;
  bool is_ours = false;  // the command is one of our tools
  // Its words; in each, {copy} becomes "1-of-4" and so on.
  std::vector<std::string> command;
};

// Starts the copies.  Events go to the outputs "0", "1", …; control lines of the stream to
// all.  On an error `status` may be set to what the tool exits with.
Result<std::unique_ptr<SideOutputs>> start_jobs(const JobsOptions& options,
                                                const SideContext& context, ExitStatus& status);

}  // namespace streamutils
