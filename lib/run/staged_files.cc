// SPDX-License-Identifier: Apache-2.0
#include "run/staged_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "json/writer.h"
#include "run/durable_file.h"
#include "run/json_members.h"

namespace streamutils {
namespace {

// Longer than the line in front of a piece can be: a name has 4096 bytes at most, each escaped to
// six.
constexpr std::size_t kLongestHead = 32 << 10;

std::string head_of(std::string_view file, std::uint64_t bytes) {
  std::string head;
  JsonWriter json(head);
  json.begin_object().name("file").string(file).name("bytes").unsigned_integer(bytes).end_object();
  return head + "\n";
}

}  // namespace

StagedFiles::~StagedFiles() {
  if (fd_ >= 0) ::close(fd_);
}

bool StagedFiles::open() {
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  return fd_ >= 0;
}

void StagedFiles::write(std::string_view file, std::string_view line) {
  if (error_ != 0) return;
  auto found = files_.find(file);
  if (found == files_.end()) found = files_.emplace(std::string(file), Pending{}).first;
  Pending& pending = found->second;
  pending.lines.append(line).push_back('\n');
  pending.bytes += line.size() + 1;
  held_ += line.size() + 1;
  if (held_ >= gathers_) write_pending();
}

void StagedFiles::write_pending() {
  for (auto& [name, pending] : files_) {
    if (pending.lines.empty()) continue;
    put(head_of(name, pending.lines.size()));
    put(pending.lines);
    pending.lines = {};
  }
  held_ = 0;
}

void StagedFiles::put(std::string_view bytes) {
  if (error_ == 0 && !write_fully(fd_, bytes)) error_ = errno;
}

bool StagedFiles::close() {
  if (fd_ < 0) return error_ == 0;
  write_pending();
  if (::close(std::exchange(fd_, -1)) != 0 && error_ == 0) error_ = errno;
  return error_ == 0;
}

Result<std::vector<FileLength>> StagedFiles::cut(const std::string& name, bool goes_on) {
  errno = close() ? 0 : error_;
  if (errno != 0) return file_error(path_);
  if (rename(path_.c_str(), name.c_str()) != 0) return file_error(name);
  std::vector<FileLength> lengths;
  for (const auto& [file, pending] : files_) {
    lengths.push_back({.name = file, .length = pending.bytes, .is_output = true});
  }
  std::sort(lengths.begin(), lengths.end(),
            [](const FileLength& a, const FileLength& b) { return a.name < b.name; });
  files_.clear();
  if (goes_on && !open()) return file_error(path_);
  return lengths;
}

Result<StagedIndex> read_staged_index(int fd) {
  StagedIndex index;
  std::string head(kLongestHead, '\0');
  for (std::uint64_t offset = 0;;) {
    const ssize_t n = pread(fd, head.data(), head.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{"cannot be read"};
    if (n == 0) return index;
    const std::string_view line(head.data(), static_cast<std::size_t>(n));
    JsonMembers members(line.substr(0, line.find('\n')));
    std::string file = members.text("file");
    const std::uint64_t bytes = members.number("bytes");
    if (!members.ok() || line.find('\n') == line.npos) return Error{"is damaged"};
    offset += line.find('\n') + 1;
    index[std::move(file)].push_back({offset, bytes});
    offset += bytes;
  }
}

}  // namespace streamutils
