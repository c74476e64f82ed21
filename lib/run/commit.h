// The folder of --checkpoint: which files it holds, and what decides between them.
//
//     sread.7  sdedup.7 …     the state of each stage at barrier 7 (run/snapshot_file.h)
//     swrite.7.out            the lines that left between the barrier before and this one
//     swrite.7.run            how many of their commands have been run (run/exec_epoch.h)
//     COMMIT                  the epoch that counts
//     sread.ended …           that a stage has come to the end of its stream
//     sread.lock …            held by the stage of that name
//
// Numbers are never used twice: a run begins behind all that it finds, so that what an earlier one
// left behind without COMMIT can never be taken for its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "run/durable_file.h"

namespace streamutils {

// A file that the lines of an epoch are appended to.
struct CommittedFile {
  std::string name;
  std::uint64_t before = 0;  // its length without them
  std::uint64_t after = 0;   // and with them

  bool operator==(const CommittedFile&) const = default;
};

struct Commit {
  std::uint64_t epoch = 0;
  bool complete = false;             // the stream has come to its end mark
  std::vector<std::string> via;      // the stages that the barrier passed
  std::string output;                // what swrite writes, as it was named
  bool several = false;              // that makes names of files (run/staged_files.h)
  std::vector<CommittedFile> files;  // that have lines of this epoch; the only one, if not several
  std::string lines;  // the file in the folder that holds the lines; empty: there are none

  bool operator==(const Commit&) const = default;
};

std::string encode_commit(const Commit& commit);
// The error is to be put behind the name of the file, as in read_snapshot_file.
Result<Commit> decode_commit(std::string_view text);

class CheckpointFolder {
 public:
  explicit CheckpointFolder(std::string path) : path_(std::move(path)) {}

  // "ck/sread.7"
  std::string file(std::string_view name, std::uint64_t epoch) const;
  std::string file(std::string_view name) const;
  const std::string& path() const { return path_; }

  // nullopt: there is none yet.
  Result<std::optional<Commit>> read_commit() const;
  Status write_commit(const Commit& commit) const;

  // The greatest number of any file of any stage; 0 if there is none.
  std::uint64_t greatest_epoch() const;
  // The least number of a file of this stage that is greater than `epoch`; nullopt if there is
  // none.
  std::optional<std::uint64_t> next_epoch(std::string_view name, std::uint64_t epoch) const;
  // Removes the files of all epochs below this one.
  void remove_below(std::uint64_t epoch) const;

 private:
  std::string path_;
};

}  // namespace streamutils
