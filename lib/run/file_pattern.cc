// SPDX-License-Identifier: Apache-2.0
#include "run/file_pattern.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "run/descriptor.h"
#include "run/durable_file.h"

namespace streamutils {
namespace {

constexpr auto kLongGone = std::chrono::minutes(1);

bool has_number(const InputPosition& file, FileNumber number) {
  return file.file && FileNumber(file.file->device, file.file->inode) == number;
}

// True if the file holds something else than what was seen.  One that has another name by now does
// not say so.
bool is_another(const MatchedFile& file, const InputPosition& seen) {
  const Descriptor now(file.name, O_RDONLY);
  struct stat status {};
  const bool is_it = now && fstat(now.fd(), &status) == 0 &&
                     FileNumber(status.st_dev, status.st_ino) == file.number;
  return is_it && !is_same(now.fd(), *seen.file, seen.offset);
}

}  // namespace

bool FilePatterns::is_pattern(const std::string& word) {
  return word.find_first_of("*?[") != word.npos && access(word.c_str(), F_OK) != 0;
}

std::vector<MatchedFile> FilePatterns::matches() const {
  std::vector<MatchedFile> files;
  for (const std::string& pattern : patterns_) {
    glob_t found{};
    if (glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
      for (std::size_t i = 0; i < found.gl_pathc; ++i) {
        struct stat status {};
        const char* name = found.gl_pathv[i];
        if (stat(name, &status) != 0 || !S_ISREG(status.st_mode)) continue;
        files.push_back({name, {status.st_dev, status.st_ino}});
      }
    }
    globfree(&found);
  }
  auto by_name = [](const MatchedFile& a, const MatchedFile& b) { return a.name < b.name; };
  auto same_name = [](const MatchedFile& a, const MatchedFile& b) { return a.name == b.name; };
  std::sort(files.begin(), files.end(), by_name);
  files.erase(std::unique(files.begin(), files.end(), same_name), files.end());
  return files;
}

std::vector<std::string> FilePatterns::folders(const std::vector<MatchedFile>& matches) const {
  std::set<std::string> folders;
  for (const std::string& pattern : patterns_) {
    std::string folder = folder_of(pattern);
    while (folder.find_first_of("*?[") != folder.npos) folder = folder_of(folder);
    folders.insert(folder);
  }
  for (const MatchedFile& file : matches) folders.insert(folder_of(file.name));
  return {folders.begin(), folders.end()};
}

void FilePatterns::note_read(InputPosition file) {
  read_.push_back({std::move(file), Clock::now()});
}

std::vector<InputPosition> FilePatterns::read() const {
  std::vector<InputPosition> files;
  for (const Read& read : read_) files.push_back(read.file);
  return files;
}

bool FilePatterns::has_read(FileNumber number) const {
  return std::any_of(read_.begin(), read_.end(),
                     [&](const Read& read) { return has_number(read.file, number); });
}

// Another file may have got its inode since: the content tells.
bool FilePatterns::was_read(const MatchedFile& file) {
  const auto found = std::find_if(read_.begin(), read_.end(), [&](const Read& read) {
    return has_number(read.file, file.number);
  });
  if (found == read_.end()) return false;
  if (!is_another(file, found->file)) return true;
  read_.erase(found);
  return false;
}

// Not at once: the listing of a folder may lack a file that is renamed meanwhile.
void FilePatterns::forget(const std::vector<MatchedFile>& matches) {
  std::set<FileNumber> there;
  for (const MatchedFile& file : matches) there.insert(file.number);
  const Clock::time_point now = Clock::now();
  for (Read& read : read_) {
    if (read.file.file && there.contains({read.file.file->device, read.file.file->inode})) {
      read.seen = now;
    }
  }
  std::erase_if(read_, [&](const Read& read) { return now - read.seen > kLongGone; });
}

std::vector<MatchedFile> FilePatterns::news(const std::vector<MatchedFile>& matches,
                                            const KnownFiles& open) {
  forget(matches);
  std::vector<MatchedFile> news;
  std::set<FileNumber> taken = open.numbers;
  for (const MatchedFile& file : matches) {
    if (open.names.contains(file.name) || taken.contains(file.number) || was_read(file)) continue;
    taken.insert(file.number);
    news.push_back(file);
  }
  return news;
}

}  // namespace streamutils
