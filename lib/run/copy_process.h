// CopyProcess: one copy of a command, with a pipe into it and a pipe out of it.
//
// Nothing here waits: what the pipe into the copy does not take now is kept, and what has not come
// out of it comes later.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace streamutils {

class CopyProcess {
 public:
  // Starts the command (looked for in PATH) with the variables `settings` ("NAME=value") in its
  // environment, in place of those of these names.  An error says why it cannot be run.
  // apart: it is in a process group of its own, which no terminal interrupts.
  static Result<CopyProcess> start(const std::vector<std::string>& command,
                                   const std::vector<std::string>& settings, bool apart = false);
  CopyProcess(CopyProcess&& other) noexcept;
  CopyProcess& operator=(CopyProcess&&) = delete;
  ~CopyProcess();

  // Input for it: the line and a line feed.  Ignored once it reads no more.
  void put(std::string_view line);
  // No input comes behind what has been put.
  void close_input() { no_more_ = true, send(); }
  // Writes what the pipe takes.
  void send();
  // Bytes that the pipe has not taken yet.
  std::size_t pending() const { return pending_.size() - sent_; }

  // Reads what has come out.  False once its output has ended.
  bool receive(const std::function<void(std::string_view)>& take_line);

  // Leaves it alone: nothing more goes in, and nothing that comes out is read.
  void close_pipes();

  // Looks whether it has ended; how: as a shell tells it (128+n for a signal).  nullopt: it runs.
  // wait: does not return before it has ended.
  std::optional<int> status(bool wait = false);
  // It has ended, though more input would have come.
  bool ended_early() const { return ended_early_; }
  void send_signal(int signal) const;

  // Descriptors to poll; -1 when there is nothing to wait for.
  int input() const { return in_; }
  int output() const { return out_; }
  int process() const { return status_ ? -1 : process_; }

 private:
  CopyProcess() = default;

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int process_ = -1;  // readable when it has ended
  std::string pending_;
  std::size_t sent_ = 0;
  bool no_more_ = false;
  bool ended_early_ = false;
  std::string line_;  // the beginning of one
  std::optional<int> status_;
};

}  // namespace streamutils
