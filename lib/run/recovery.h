// Recovery: what a tool needs to go on in another process where this one has ended.
//
// Two ways, one file format (run/snapshot_file.h):
//
//   --state PATH       run/state_file.h: one tool, one file, saved at the end of each run
//   --checkpoint DIR   run/checkpoint.h: a pipeline, one folder, saved at each barrier
//
// A Recovery is opened before any input is: it holds the lock, has read the file or refused it, and
// tells what is to be restored.  Then it is attached to the driver and to the files of the process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "run/driver.h"
#include "run/snapshot_file.h"

namespace streamutils {

// The files of the process, as the loop has them.
class Files {
 public:
  virtual ~Files() = default;
  // How far each input has been read.
  virtual std::vector<InputPosition> positions() const = 0;
  // Files that are no inputs any more, and must not be read again.
  virtual std::vector<InputPosition> files_read() const = 0;
  // Writes out the side files, and says how long they are.
  virtual Result<std::vector<FileLength>> side_files() = 0;
  // Makes what they hold durable.
  virtual Status sync_side_files() = 0;
  // Gives the file that the output goes to this name and, if more is to come, goes on in a new one.
  // How many bytes it holds, or how many for each file if it is for several.
  virtual Result<std::vector<FileLength>> cut_output(const std::string& name, bool goes_on) = 0;
  // True if no input stands inside a line that is too long to be kept.
  virtual bool is_between_lines() const = 0;
};

// What a recovery is of.
struct RecoverySettings {
  std::string tool;
  std::string name;     // --name, or the tool's
  std::string options;  // the command line, as far as it shapes the state
  Say say;              // messages
  Say warn;             // those that --quiet drops
};

// What is in the file of a state, if it is one of this tool with these options: else `status` is
// set to `usage`.  Errors name the file.  epoch: as for read_snapshot_file.
Result<SnapshotContent> read_state(const std::string& path, std::optional<std::uint64_t> epoch,
                                   std::string_view tool, std::string_view options,
                                   ExitStatus& status);

// How a stage is named in a barrier: by its name, and a hash of its options.
std::string stage_entry(std::string_view name, std::string_view options);

class Recovery : public Checkpoints {
 public:
  // What was saved; nullopt if this is the first run.  Until attach().
  std::optional<SnapshotContent>& saved() { return saved_; }
  // The epoch that is restored; nullopt without checkpoints.
  virtual std::optional<std::uint64_t> epoch() const { return std::nullopt; }
  virtual Keeping keeping() const = 0;
  // The stream came to its end in an earlier run: there is nothing to do.
  virtual bool is_complete() const { return false; }

  explicit Recovery(RecoverySettings settings) : settings_(std::move(settings)) {}

  // A message that --quiet drops.
  void tell(std::string_view message) const { settings_.warn(message); }

  // The driver has been restored; nothing has been read.
  Status attach(Driver& driver, Files& files) {
    driver_ = &driver;
    files_ = &files;
    saved_.reset();
    return attached();
  }

  // Between two lines, at least every block, and when the time that it returned is over.
  // Duration::max(): there is nothing to wait for.
  virtual Duration tick() { return Duration::max(); }

  // In front of Driver::finish, and when all output has been written and closed.
  virtual Status before_end(Ending ending) = 0;
  virtual Status after_end() = 0;
  // Nobody wants more of the output.  It may be that who read it has come to its end, or has died.
  virtual void reader_has_left() {}

 protected:
  const RecoverySettings& settings() const { return settings_; }
  Driver& driver() { return *driver_; }
  const Driver& driver() const { return *driver_; }
  Files& files() { return *files_; }
  virtual Status attached() { return {}; }
  // Of a snapshot of this moment.
  SnapshotHeader header(std::optional<std::uint64_t> epoch);

  std::optional<SnapshotContent> saved_;

 private:
  RecoverySettings settings_;
  Driver* driver_ = nullptr;
  Files* files_ = nullptr;
};

// Whose state of which saved input each input takes over: the same file, else the one of the same
// name, else the one at the same place, if there are as many as then.
struct TakenOver {
  std::vector<std::optional<std::size_t>> from;  // an index into the saved inputs
  std::vector<bool> resumed;                     // it is that file: to be read on from its offset
};
TakenOver match_inputs(const std::vector<InputPosition>& saved, const std::vector<int>& fds,
                       const std::vector<std::string>& names);

}  // namespace streamutils
