// The modes: ways to run a case that must all give what the case expects.
//
//     straight   every line comes out at the very step where the case has it
//     restart    after each step every stage is saved, destroyed, built anew and restored
//     chunks     1, 2, 3, 7 bytes at a time, and all at once, through the LineReader with a tiny
//     buffer blocks     the block path (Driver::feed_block) instead of line by line identity
//     `sfilter` in front and behind: control lines and bytes survive a pipe process    the real
//     binaries, files and pipes
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "case_file.h"

namespace streamutils {

struct Mode {
  std::string_view name;
  // Runs the case.  Empty if it did as expected, else what differs, for a person to read.
  std::string (*check)(const Case& c);
};

std::span<const Mode> modes();

// What the case does in mode straight: for --update.  An error: it cannot be run at all.
Result<Transcript> observe(const Case& c);

// Where the binaries of mode process are.
void set_binary_folder(std::string folder);

// Runs the case with real binaries in a new folder.  In case_process.cc.
Result<Transcript> run_processes(const Case& c, const std::string& binary_folder);

// What differs between the case and the transcript, or empty.
struct Comparison {
  bool timing = true;    // each line at its step, not only the order
  bool messages = true;  // standard error and side files
};
std::string difference(const Case& c, Transcript got, Comparison how);

}  // namespace streamutils
