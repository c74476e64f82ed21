// StagedFiles: lines for many files, kept in one file of the checkpoint folder until they count.
//
// An epoch may have lines for thousands of files; one file to make durable is cheaper than so many,
// and leaves nothing behind if the epoch does not count.  It holds pieces, each behind a line that
// says whose it is, so that less(1) shows what is in it:
//
//     {"file":"out/eu.ndjson","bytes":51}
//     {"ts":…
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "run/open_files.h"
#include "run/snapshot_file.h"

namespace streamutils {

class StagedFiles final : public ManyFiles {
 public:
  // gathers: how many bytes of lines are held in memory.
  explicit StagedFiles(std::string path, std::size_t gathers = 4 << 20)
      : path_(std::move(path)), gathers_(gathers) {}
  ~StagedFiles() override;
  StagedFiles(const StagedFiles&) = delete;
  StagedFiles& operator=(const StagedFiles&) = delete;

  // Makes the file, or makes it empty.  False: errno tells.
  bool open();

  void write(std::string_view file, std::string_view line) override;
  // Lines may stay in memory: nobody sees them before they count.
  bool flush() override { return error_ == 0; }
  bool close() override;
  int error() const override { return error_; }
  const std::string& failed() const override { return path_; }

  // Gives the file this name and, if more is to come, goes on in a new one.  How many bytes there
  // are for each file, in the order of their names.
  Result<std::vector<FileLength>> cut(const std::string& name, bool goes_on);

 private:
  struct Pending {
    std::string lines;
    std::uint64_t bytes = 0;  // since the last cut
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void write_pending();
  void put(std::string_view bytes);

  std::string path_;
  std::size_t gathers_;
  int fd_ = -1;
  int error_ = 0;
  std::size_t held_ = 0;  // bytes in all `lines`
  std::unordered_map<std::string, Pending, Hash, std::equal_to<>> files_;
};

// Where the lines of each file stand in a staged file.
struct StagedPiece {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};
using StagedIndex = std::map<std::string, std::vector<StagedPiece>, std::less<>>;

// Reads the lines between the pieces.  The error is to be put behind the name of the file.
Result<StagedIndex> read_staged_index(int fd);

}  // namespace streamutils
