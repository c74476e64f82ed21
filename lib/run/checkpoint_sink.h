// swrite's side of --checkpoint: what makes an epoch count.
//
//     lines of the epoch durable   NAME.N.out
//     state of this stage          NAME.N
//     all others have saved        every NAME.N of `via`
//     COMMIT                       by rename: from here on epoch N counts
//     append to the visible files  from `before` to `after`; a restart does it again
//     or run the commands          noting down which are done; a restart runs the others
//     delete                       what lies below the epoch before
//
// All of it happens in a child, while the lines of the next epoch come in.
//
// How long each visible file is, is known, so that one to which somebody else has written is
// refused.  Where a name makes several files, COMMIT holds those that have lines of its epoch, the
// snapshot of this stage others that have got some not long ago, and a file beside it all that it
// has written before (run/note_file.h): so a snapshot does not grow with all files that there ever
// were.  A file may be taken away once its lines are there (moved, packed, deleted): then it is
// forgotten, and one of that name begins anew.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "run/checkpoint.h"
#include "run/exec.h"
#include "run/note_file.h"

namespace streamutils {

class SinkCheckpoints final : public StageCheckpoints {
 public:
  struct Output {
    std::string name;
    bool append = false;                                // adopt what the files hold
    bool rollback = false;                              // cut what was not committed
    bool several = false;                               // the name is made for each event
    std::shared_ptr<const ExecOptions> exec = nullptr;  // a command for each line, and no file
    std::shared_ptr<NoteFile> notes = nullptr;          // of several files
  };

  SinkCheckpoints(std::string folder, RecoverySettings settings, Output output)
      : StageCheckpoints(std::move(folder), std::move(settings)),
        output_(std::move(output)),
        lengths_("length", output_.notes) {}

  Status open(ExitStatus& status) override;
  // The file to which the lines of the current epoch go.
  std::string open_lines() const { return folder_.file(name() + ".open.out"); }

  Result<std::string> take(std::uint64_t epoch, const std::vector<std::string>& via,
                           ExitStatus& status) override;
  Status before_end(Ending ending) override;
  Status after_end() override;

 private:
  // The end of the sink stands in COMMIT, and nobody reads it.
  Status attached() override { return {}; }
  // The files that the output stands in, as the snapshot is to remember them.
  Result<std::vector<FileLength>> outputs() const;

  // Of several: notes of those that have not been written for long.
  Status open_notes();
  std::string notes_name() const { return name() + ".files"; }

  // At the start
  Status begin(ExitStatus& status);
  Status go_on(ExitStatus& status);
  Status check_committed(const CommittedFile& file, bool can_append, ExitStatus& status);
  Status check_known(const FileLength& file, ExitStatus& status);

  // At a barrier
  Status wait_for_last(ExitStatus& status);
  Status check_pipeline(const std::vector<std::string>& via, ExitStatus& status) const;
  std::string describe(const std::vector<std::string>& via, std::uint64_t epoch) const;
  Result<Commit> next_commit(std::uint64_t epoch, const std::vector<FileLength>& added,
                             ExitStatus& status);
  Result<std::uint64_t> length_before(const std::string& file, ExitStatus& status);

  Status cut_back(const std::string& file, std::uint64_t found, std::uint64_t known,
                  ExitStatus& status) const;
  Error was_cut(const std::string& file, std::uint64_t found, std::uint64_t known) const;
  Error is_unknown(const std::string& file, std::uint64_t found, std::string_view what) const;

  // In the child: all that follows a barrier.
  Status commit(const Commit& next, std::uint64_t before_last, int parent) const;
  Status run_commands(const Commit& commit, int parent) const;
  Status wait_for_stages(const Commit& next, int parent) const;
  std::string lines_of(const Commit& commit) const { return folder_.file(commit.lines); }
  std::string progress_of(const Commit& commit) const;

  void count_failures();
  void report_failures();

  Output output_;
  KnownNames lengths_;        // of the visible files, with all that is on its way
  std::uint64_t failed_ = 0;  // commands, for good
  bool first_ = true;         // no barrier has come
  Ending ending_ = Ending::stopped;
};

}  // namespace streamutils
