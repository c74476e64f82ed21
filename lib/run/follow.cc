// SPDX-License-Identifier: Apache-2.0
#include "run/follow.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace streamutils {
namespace {

constexpr std::size_t kHead = 256;

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// The other files of the folder whose names begin with this one, the one written first in front,
// without those that have been packed.
std::vector<std::pair<Timestamp, std::string>> rotated(const std::string& name) {
  namespace fs = std::filesystem;
  std::vector<std::pair<Timestamp, std::string>> files;
  const fs::path path(name);
  const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const std::string base = path.filename();
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string other = entry.path().filename();
    struct stat status {};
    if (other == base || !other.starts_with(base) || other.ends_with(".gz") ||
        other.ends_with(".zst") || stat(entry.path().c_str(), &status) != 0 ||
        !S_ISREG(status.st_mode))
      continue;
    const Timestamp written(std::chrono::seconds(status.st_mtim.tv_sec) +
                            std::chrono::nanoseconds(status.st_mtim.tv_nsec));
    files.emplace_back(written, entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Follower::Follower(std::string name) : name_(std::move(name)) {
  fd_ = open(name_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  exists_ = fd_ >= 0;
  struct stat status {};
  if (exists_ && fstat(fd_, &status) == 0 && S_ISDIR(status.st_mode)) {
    close(std::exchange(fd_, -1));
    errno = EISDIR;
  } else if (!exists_ && (errno == ENOENT || errno == ENOTDIR)) {
    fd_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
}

Follower::~Follower() {
  if (fd_ >= 0) close(fd_);
}

std::ptrdiff_t Follower::read(char* buffer, std::size_t size) {
  // What has been written anew since must not be read from where the old content ended.
  if (was_at_end_ && is_truncated()) return 0;
  ssize_t n = 0;
  do {
    n = ::read(fd_, buffer, size);
  } while (n < 0 && errno == EINTR);
  was_at_end_ = n == 0;
  if (n <= 0) return n;
  read_ += static_cast<std::uint64_t>(n);
  looked_again_ = false;
  return n;
}

// The head is kept as far as it has been read: only those bytes are sure to stay as they are.
void Follower::keep_head() {
  if (head_.size() >= kHead || head_.size() >= read_) return;
  head_.resize(std::min<std::uint64_t>(kHead, read_));
  const ssize_t n = pread(fd_, head_.data(), head_.size(), 0);
  head_.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
}

bool Follower::is_truncated() const {
  struct stat status {};
  if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (static_cast<std::uint64_t>(status.st_size) < read_) return true;
  char now[kHead];
  const ssize_t n = pread(fd_, now, head_.size(), 0);
  return n >= 0 && std::string_view(now, static_cast<std::size_t>(n)) != head_;
}

Follower::Next Follower::at_end() {
  if (!between_.empty()) return Next::file;
  struct stat open_file {};
  struct stat named {};
  if (stat(name_.c_str(), &named) != 0) return Next::wait;
  if (!exists_) return Next::file;
  if (fstat(fd_, &open_file) != 0) return Next::wait;
  if (is_truncated()) return Next::file;
  keep_head();
  if (is_same_file(open_file, named)) return Next::wait;
  if (named.st_size == 0) return Next::wait;
  // What was written to the old file between the last read of it and the first byte of the new one.
  return std::exchange(looked_again_, true) ? Next::file : Next::more;
}

bool Follower::open_next() {
  while (!between_.empty()) {
    const std::string path = between_.front();
    between_.pop_front();
    if (move_to(path)) return true;
  }
  return move_to(name_);
}

bool Follower::move_to(const std::string& path) {
  const int next = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (next < 0) return false;
  const bool moved = dup3(next, fd_, O_CLOEXEC) >= 0;
  close(next);
  if (!moved) return false;
  exists_ = true;
  read_ = 0;
  head_.clear();
  looked_again_ = false;
  was_at_end_ = false;
  return true;
}

bool Follower::seek(std::uint64_t offset) {
  if (lseek(fd_, static_cast<off_t>(offset), SEEK_SET) < 0) return false;
  read_ = offset;
  head_.clear();
  keep_head();
  return true;
}

bool Follower::resume(std::uint64_t device, std::uint64_t inode, std::uint64_t offset) {
  struct stat status {};
  auto is_it = [&] { return status.st_dev == device && status.st_ino == inode; };
  if (exists_ && fstat(fd_, &status) == 0 && is_it()) return seek(offset);
  for (const auto& [written, path] : rotated(name_)) {
    if (stat(path.c_str(), &status) != 0) continue;
    if (is_it()) {
      if (!move_to(path)) return false;
      between_.clear();
    } else {
      between_.push_back(path);
    }
  }
  const bool found = fstat(fd_, &status) == 0 && is_it();
  if (!found) between_.clear();
  return found && seek(offset);
}

}  // namespace streamutils
