// Outputs beside the stream that are alive, each with a name: the copies of a command.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <optional>
#include <string>
#include <vector>

#include "run/driver.h"

namespace streamutils {

// FileSink::write() is for one of them by name.
class SideOutputs : public FileSink {
 public:
  // Where control lines go in place of standard output.
  virtual Sink* stream() = 0;

  // Hands on what is buffered, as far as that is possible without waiting for anybody.
  virtual void flush() = 0;
  // Why it cannot go on, as a sentence; empty while it can.
  virtual std::string problem() const = 0;
  // True when nobody wants any more input.
  virtual bool is_done() const = 0;
  // Descriptors to look at while the loop waits, and what to do when one of them is ready.
  virtual std::vector<pollfd> wants() = 0;
  virtual void attend() = 0;
  // When flush() is to be called at the latest, although nothing is ready.
  virtual Duration pause() const { return Duration::max(); }
  // Ends it all; signal: what the tool dies of, or 0.  The exit status, if it is not the tool's
  // own.
  virtual std::optional<int> finish(int signal) = 0;
  // With --state, behind finish(): whether what they keep for the next run is whole.
  virtual bool has_kept_state() const { return true; }
  // The state of the tool, to which that belongs, has been saved.
  virtual Status state_is_saved() { return {}; }
};

}  // namespace streamutils
