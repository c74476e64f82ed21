// Stage: a tool built from an argument vector, ready to be fed, without a file descriptor.
//
// This is how one process can hold many tools: the case runner drives stages line by line, and
// chains them by a Sink that feeds the next one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "run/driver.h"
#include "run/tool.h"

namespace streamutils {

// What a stage needs to know of the world, instead of looking.
struct World {
  std::function<bool(const std::string&)> file_exists = [](const std::string&) { return false; };
  std::string fresh_output;      // see Invocation
  bool originate = false;        // STREAMUTILS_WATERMARKS=1
  std::string checkpoint;        // STREAMUTILS_CHECKPOINT
  std::string copy;              // STREAMUTILS_COPY: "2/4" in the second of four copies
  std::string state;             // STREAMUTILS_STATE: the folder of the states of copies
  bool output_is_stream = true;  // standard output is neither a terminal nor a regular file
};

// Copies of one command must not save under one name: "-2-of-4".  Empty if it is none.
std::string copy_suffix(const std::string& copy);

// True if the tool is a copy that keeps its state with those of the others.
inline bool is_state_of_copy(const CommonOptions& common, const World& world) {
  return !world.state.empty() && common.state.starts_with(world.state + "/");
}

// The result of reading an argument vector.
struct Parsed {
  CommonOptions common;
  CommonSettings settings;
  Plan plan;
  std::string state_options;  // the command line, as far as it shapes the state
  std::string help;           // not empty: print this to standard output and exit 0
  bool inputs_come = false;   // see DriverSettings
};

// Reads argv (the tool's name first).  An error is a usage error: exit status 2.
Result<Parsed> parse_arguments(const Tool& tool, const std::vector<std::string>& argv,
                               const World& world);

// What a driver is to know of recovery.
struct Resumption {
  Keeping keeping = Keeping::nothing;
  std::optional<std::uint64_t> epoch = {};
  Checkpoints* checkpoints = nullptr;
  bool is_over = false;  // the stream has ended in an earlier run
};

// A driver for what was parsed.  inputs: one for each file, or one for standard input.
std::unique_ptr<Driver> make_driver(const Tool& tool, const std::vector<std::string>& argv,
                                    Parsed parsed, std::vector<InputInfo> inputs,
                                    const World& world, Sink& out, Sink* bad_to, Sink* late_to,
                                    Say say, Sink* side = nullptr,
                                    const Resumption& resumption = {}, FileSink* files = nullptr);

}  // namespace streamutils
