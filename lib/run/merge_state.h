// MergeState: the lines that wait in a JobsMerge at a barrier, as a stage of the pipeline saves its
// state (run/checkpoint.h).
//
// sgroup --jobs has two: what it reads, and what comes of its copies, which are other stages in
// between.  This is of the second, under the name of the stage with "-merge" behind it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "run/commit.h"
#include "run/jobs_merge.h"
#include "run/snapshot_thread.h"

namespace streamutils {

class MergeState final : public JobsMerge::Keeper {
 public:
  // folder: of --checkpoint.  name and options: of the stage.
  MergeState(std::string folder, const std::string& name, std::string tool, std::string options)
      : folder_(std::move(folder)),
        name_(name + "-merge"),
        tool_(std::move(tool)),
        options_(std::move(options)) {}

  // What was saved at the epoch that counts; nullopt: nothing waits.  On an error `status` may be
  // set to what the tool exits with.
  Result<std::optional<std::string>> open(ExitStatus& status);

  std::uint64_t epoch() const override { return epoch_; }
  Result<std::string> save(std::uint64_t epoch, const Write& write) override;
  Status complete() override;
  // The error of a saving that has failed.
  Status collect();
  bool is_busy() const { return thread_ != nullptr; }

 private:
  CheckpointFolder folder_;
  std::string name_;
  std::string tool_;
  std::string options_;
  std::uint64_t epoch_ = 0;  // that is restored
  std::unique_ptr<SnapshotThread> thread_;
};

}  // namespace streamutils
