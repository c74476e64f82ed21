// --checkpoint DIR: a pipeline that goes on after any failure as if there had been none.
//
// sread cuts the stream by barriers.  Each stage saves its state when one passes, under its name
// and the number of the barrier; swrite makes the lines between two barriers durable, waits until
// all stages have saved, and writes COMMIT: from then on that number counts.  What swrite's file
// holds has been committed, so it only grows.  Whoever starts reads COMMIT and goes on from there;
// since all of them do, no line is lost and none is written twice (Carbone et al., "State
// Management in Apache Flink", VLDB 2017, has the same with a coordinator; here it is the folder).
//
// The kinds of stage: a filter, the source that begins barriers, and the sink that commits
// (run/checkpoint_sink.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "run/background.h"
#include "run/commit.h"
#include "run/recovery.h"
#include "run/state_saver.h"

namespace streamutils {

class StageCheckpoints : public Recovery {
 public:
  StageCheckpoints(std::string folder, RecoverySettings settings)
      : Recovery(std::move(settings)), folder_(std::move(folder)) {}

  // Takes the lock, reads COMMIT, and what this stage saved at its epoch.  On an error `status` is
  // what the tool exits with.
  virtual Status open(ExitStatus& status);

  std::optional<std::uint64_t> epoch() const override { return epoch_; }
  bool is_complete() const override { return has_ended_ || is_pipeline_complete(); }
  Keeping keeping() const override { return Keeping::checkpoints; }

  Result<std::string> take(std::uint64_t epoch, const std::vector<std::string>& via,
                           ExitStatus& status) override;
  Duration tick() override;
  Status before_end(Ending ending) override;
  Status after_end() override;
  void reader_has_left() override;

 protected:
  Status attached() override;
  bool is_pipeline_complete() const { return commit_ && commit_->complete; }
  Status lock(const std::string& name, ExitStatus& status);
  Status read_commit();
  Status read_saved(ExitStatus& status);
  // What COMMIT says of this stage; null: no barrier has passed it.
  const std::string* passed() const;
  // The stream of this stage had ended before the epoch that counts, though not that of the whole
  // pipeline.
  bool had_ended() const;
  // Nothing is left to be done: then this stage must have been part of what was done.
  Status check_complete(ExitStatus& status) const;
  // That this stage has come to the end of its stream, behind this epoch, stands in a file of its
  // own: epochs may go on without it, and the last one has no barrier.  So does that its reader has
  // left; if that one has died, epochs do not go on without this stage, and the note says nothing.
  Status note_end(std::uint64_t epoch);
  // The same before the end mark leaves, which says that this stage has saved all that was to be
  // saved: if it has not, the stream stops here, and no end mark leaves.
  Status complete(std::uint64_t epoch);
  Result<SnapshotHeader> noted_end() const;
  std::string file_of_end() const { return folder_.file(name() + ".ended"); }
  std::string entry() const;
  const std::string& name() const { return settings().name; }

  CheckpointFolder folder_;
  FileLock lock_;
  std::optional<Commit> commit_;
  std::uint64_t epoch_ = 0;  // that is restored
  bool has_ended_ = false;   // in an earlier run; others have not
  StateSaver saver_;
  Background background_;  // what the sink does besides
};

// sread: a barrier every so often, as long as the one before has been committed.
class SourceCheckpoints final : public StageCheckpoints {
 public:
  // leader: the name of another source whose epochs this one follows, or empty.
  SourceCheckpoints(std::string folder, RecoverySettings settings, Duration every,
                    std::string leader)
      : StageCheckpoints(std::move(folder), std::move(settings)),
        every_(every),
        leader_(std::move(leader)) {}

  Status open(ExitStatus& status) override;
  Duration tick() override;
  Status before_end(Ending ending) override;

 private:
  using Clock = std::chrono::steady_clock;

  Status attached() override;
  Duration lead();
  Duration follow();
  bool insert_next_of_leader();
  void follow_to_the_end();
  bool has_news() const;
  bool is_committed(std::uint64_t epoch) const;
  void insert(std::uint64_t epoch);

  Duration every_;
  std::string leader_;
  std::uint64_t next_ = 0;  // the number of the next barrier
  std::uint64_t last_ = 0;  // of the last one that this process sent, 0 before
  Clock::time_point due_;
  bool complained_ = false;
  std::optional<std::uint64_t> first_of_leader_;  // the number with which it began
  std::uint64_t records_ = 0;                     // read when the last one was sent
  Timestamp watermark_ = kMinTime;                // likewise
};

}  // namespace streamutils
