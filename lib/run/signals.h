// Signals as the loop sees them.
//
// SIGINT and SIGTERM once ask the tool to end; twice, the second one kills it at once.  SIGUSR1
// asks for statistics.  Handlers only set flags and write a byte to a pipe, so that a poll which is
// about to sleep wakes up.  SIGPIPE keeps its default: quiet death;
// a stage with --checkpoint notes something first (run/checkpoint.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace streamutils {

// Installs the handlers.  Once per process.  Signals that are ignored (nohup, background jobs) stay
// ignored.
void install_signal_handlers();

// Readable while a signal has come that the loop has not taken.
int signal_fd();

// The signal that asked the tool to end, or 0.
int ending_signal();

// True once for each SIGUSR1 (several may become one).
bool take_statistics_request();

// True if a signal has come since the last call; makes signal_fd() unreadable again.  Costs nothing
// while none has.
bool take_wake_up();

// Dies of the signal, as if it had never been handled.  Returns only if it is blocked.
void die_of(int signal);

}  // namespace streamutils
