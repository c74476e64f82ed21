// Files by patterns: logs/*.ndjson, as glob(7) has it, expanded again and again.
//
// A pattern names files that may not be there yet.  Which of those that match are new is asked of
// inodes, not of names: logs/*.log* matches app.log.1 too, which is what app.log was before it was
// renamed, and has been read as that.  So whoever reads knows the files that are open, and here
// stand those that were read to their end under another name and are still there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "run/snapshot_file.h"

namespace streamutils {

// Device and inode.
using FileNumber = std::pair<std::uint64_t, std::uint64_t>;

// What somebody has open.
struct KnownFiles {
  std::set<std::string> names;
  std::set<FileNumber> numbers;
};

struct MatchedFile {
  std::string name;
  FileNumber number;
};

class FilePatterns {
 public:
  // True if the word holds *, ? or [, and no file has it as its name.
  static bool is_pattern(const std::string& word);

  void add(std::string pattern) { patterns_.push_back(std::move(pattern)); }
  bool empty() const { return patterns_.empty(); }
  const std::vector<std::string>& patterns() const { return patterns_; }

  // The files, no folders, that match now, each once, in the order of the bytes of their names.
  std::vector<MatchedFile> matches() const;
  // Folders in which new ones may appear: those of the patterns, and of what matches.
  std::vector<std::string> folders(const std::vector<MatchedFile>& matches) const;
  // Of what matches, the files that are neither open nor have been read; forgets what has been read
  // and has not matched for long.
  std::vector<MatchedFile> news(const std::vector<MatchedFile>& matches, const KnownFiles& open);

  // Remembers a file that was read to its end and now has another name.
  void note_read(InputPosition file);
  // True if a file of this number was.
  bool has_read(FileNumber number) const;
  std::vector<InputPosition> read() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Read {
    InputPosition file;
    Clock::time_point seen;  // among what matches
  };

  bool was_read(const MatchedFile& file);
  void forget(const std::vector<MatchedFile>& matches);

  std::vector<std::string> patterns_;
  std::vector<Read> read_;
};

}  // namespace streamutils
