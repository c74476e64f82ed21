// Exec: a command for each line: its standard input is the line, and chosen members are in its
// environment.
//
// There are so many slots as commands may run at once.  A slot has one line until its command has
// succeeded, or has failed for the last time; the waits between its tries belong to it too.  So
// with one slot, the default, commands run in the order of the lines, and one after the other.
//
// No shell: the words are split once, and nothing that comes from an event becomes one of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/path.h"
#include "json/record.h"
#include "run/driver.h"
#include "run/report.h"

namespace streamutils {

struct ExecOptions {
  std::vector<std::string> words;           // the command
  std::vector<Path> env;                    // members that become EVENT_NAME
  Duration interval = Duration::zero();     // least time between two starts
  std::size_t parallel = 1;                 // commands at once
  std::uint64_t retries = 3;                // tries after the first
  Duration wait = std::chrono::seconds(1);  // before the first of them; doubled for each
  std::string dead_to;                      // where lines go whose command has failed; or empty
};

// Words as a shell cuts them: spaces, 'quotes', "quotes" and backslashes.  Refuses an open quote
// and a text without a word.
Result<std::vector<std::string>> split_command(std::string_view text);

// "10/s", "600/m", "1/h": the time between two.
Result<Duration> parse_rate(std::string_view text);

// The variable of a member: user.name is EVENT_USER_NAME.
std::string variable_of(std::string_view path);

class Exec final : public Sink {
 public:
  // dead: where lines go whose command has failed, or null.
  Exec(std::shared_ptr<const ExecOptions> options, Sink* dead, Say say);
  ~Exec() override;
  Exec(const Exec&) = delete;
  Exec& operator=(const Exec&) = delete;

  // Waits until a slot is free.
  void write(std::string_view line) override;

  // Does what can be done now.  When it is to be called again; Duration::max() if nothing runs.
  Duration tick();

  // True if write() does not wait.
  bool has_room() { return free_slot() != nullptr; }
  // True if no command runs and none is to be started.
  bool is_idle() const;
  // How many lines are done, up to the first one that is not: their commands have succeeded, or
  // have failed for good.
  std::uint64_t done() const;
  // From now on no command is started; those that run may be waited for.
  void start_no_more() { starts_ = false; }
  // Waits until something may have changed.
  void wait();

  // Waits until all slots are free, or a signal asks to end: then commands that run are waited for,
  // and lines that wait for another try are given up.
  void finish();

  std::uint64_t failed() const { return failed_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Slot {
    std::string line;
    std::uint64_t number = 0;  // of the lines in front of it
    std::uint64_t tries = 0;
    pid_t child = -1;       // runs
    Clock::time_point due;  // if none runs: when the next try may start
    bool busy = false;
  };

  Slot* free_slot();
  void start(Slot& slot);
  void reap(Slot& slot);
  void on_failure(Slot& slot, std::string reason);
  void give_up(Slot& slot, const std::string& reason);
  std::vector<std::string> environment_of(const std::string& line);
  void sleep(Duration d);

  std::shared_ptr<const ExecOptions> options_;
  Sink* dead_;
  Say say_;
  std::vector<Slot> slots_;
  Clock::time_point next_start_{};
  Record record_;
  std::uint64_t given_ = 0;  // lines
  std::uint64_t failed_ = 0;
  bool starts_ = true;
};

}  // namespace streamutils
