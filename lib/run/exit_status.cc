// SPDX-License-Identifier: Apache-2.0
#include "run/exit_status.h"

#include "run/driver.h"

namespace streamutils {
namespace {

constexpr ExitStatusRow kRows[] = {
    {"0", "Done."},
    {"1",
     "Done, but malformed records were skipped, or events were dropped as late and --disorder was "
     "not given."},
    {"2", "The command line is wrong."},
    {"3", "Malformed input ended the run (--bad stop, --max-bad)."},
    {"4", "Reading or writing failed: a file that cannot be opened, a full disk."},
    {"75",
     "The tool that writes the input died before the end of its stream, so the result is not "
     "complete: run again."},
    {"128+n", "Death by signal n, as the shell reports it."},
};

// The enum and this table are to be changed together.
static_assert(static_cast<int>(ExitStatus::done) == 0);
static_assert(static_cast<int>(ExitStatus::lossy) == 1);
static_assert(static_cast<int>(ExitStatus::usage) == 2);
static_assert(static_cast<int>(ExitStatus::bad_input) == 3);
static_assert(static_cast<int>(ExitStatus::io) == 4);
static_assert(static_cast<int>(ExitStatus::try_again) == 75);

}  // namespace

std::span<const ExitStatusRow> exit_statuses() { return kRows; }

}  // namespace streamutils
