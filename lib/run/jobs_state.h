// JobsState: what the copies of a command keep from run to run (sgroup --jobs --state PATH).
//
// The states of the tool and of its copies belong together, but files are replaced one by one.  So
// the copies of each run save theirs in a folder of that run, and PATH, which the tool replaces
// once all of them have, says of which run it is: from then on those count.
//
//     PATH                        of run 3
//     PATH.3/swindow-1-of-2       what the copies knew at its end
//     PATH.3/swindow-2-of-2
//     PATH.4/...                  of a run that goes on, or has failed
//
// A run begins with other names (hard links) for the files of the one before: whoever saves puts a
// new file in the place of his name, and the one before is still what it was.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace streamutils {

class JobsState {
 public:
  // Makes the folder of run number `run` (from 1), in which so many copies find what they saved in
  // the one before.  has_state: it is known that each of them saves something.
  static Result<JobsState> begin(const std::string& path, std::uint64_t run, std::size_t copies,
                                 bool has_state);

  const std::string& folder() const { return folder_; }

  // The state of this run counts: that of the one before goes.
  Status commit();

 private:
  JobsState(std::string folder, std::string before)
      : folder_(std::move(folder)), before_(std::move(before)) {}

  std::string folder_;
  std::string before_;
};

}  // namespace streamutils
