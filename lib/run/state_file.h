// StateFile: --state PATH.  One tool that goes on from run to run.
//
// The file is read when the tool starts, and written when it has come to the end of its input, is
// told to end, or meets a barrier.  What has left the tool by then has been written; a kill in
// between repeats what left since the last save (at least once).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "run/durable_file.h"
#include "run/recovery.h"
#include "run/snapshot_write.h"
#include "run/state_saver.h"

namespace streamutils {

class StateFile final : public Recovery {
 public:
  // Takes the lock and reads the file.  On an error `status` is what the tool exits with.
  static Result<std::unique_ptr<StateFile>> open(const std::string& path, RecoverySettings settings,
                                                 ExitStatus& status);

  // The file is to tell its run by number.  It belongs together with other states, which are there
  // at the end of a run, so it is not written before.
  void count_runs() { run_ = (saved_ ? saved_->header.epoch.value_or(0) : 0) + 1; }
  // From 1; 0: they are not counted.
  std::uint64_t run() const { return run_; }

  Keeping keeping() const override { return Keeping::state; }
  Duration tick() override;
  Status before_end(Ending ending) override;
  Status after_end() override;
  Result<std::string> take(std::uint64_t epoch, const std::vector<std::string>& via,
                           ExitStatus& status) override;

 private:
  StateFile(std::string path, RecoverySettings settings)
      : Recovery(std::move(settings)), path_(std::move(path)) {}
  Status lock(ExitStatus& status);
  Status read(ExitStatus& status);

  std::string path_;
  std::uint64_t run_ = 0;
  FileLock lock_;
  StateSaver saver_;
  std::unique_ptr<TwoPartSnapshot> last_;
};

}  // namespace streamutils
