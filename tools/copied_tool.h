// What sgroup --jobs needs to know of the command that it copies, if that is one of the tools.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace streamutils {

struct CopiedCommand {
  bool is_ours = false;
  // It needs event time.  Then whoever feeds the copies writes the watermarks: each copy alone sees
  // only its part of the events, and would know less of how far time has come.
  bool takes_time = false;
};

// Refuses one of our tools with arguments that it would refuse itself, and with options about event
// time that would have no effect.
Result<CopiedCommand> look_at_command(const std::vector<std::string>& words,
                                      const std::function<bool(const std::string&)>& file_exists);

}  // namespace streamutils
