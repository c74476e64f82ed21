// SPDX-License-Identifier: Apache-2.0
#include "run/follow.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "run/file_identity.h"

namespace streamutils {
namespace {

constexpr std::size_t kHead = 256;

int open_to_read(const std::string& path) {
  return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

struct Rotated {
  Timestamp written;
  std::string path;
};

// True if a rotation may have put this behind a name: .1, -20261122, .2026-11-22T10:00, .old.
bool is_of_rotation(std::string_view suffix) {
  return suffix == ".old" || suffix.find_first_not_of("0123456789.-_:TZ") == suffix.npos;
}

// The number at the end of a name: 12 of app.log.12; -1 without one.
long number_of(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  const std::string_view digits = std::string_view(path).substr(dot + 1);
  long number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : -1;
}

// Clocks of file systems tick slowly, so that two files may have been written at the same time:
// then app.log.2 is older than app.log.1, and app.log-20261121 than app.log-20261122.
bool is_older(const Rotated& a, const Rotated& b) {
  if (a.written != b.written) return a.written < b.written;
  const long number_a = number_of(a.path);
  const long number_b = number_of(b.path);
  return number_a >= 0 && number_b >= 0 ? number_a > number_b : a.path < b.path;
}

// The other files of the folder whose names begin with this one, the one written first in front,
// without those that have been packed.
std::vector<Rotated> rotated(const std::string& name) {
  namespace fs = std::filesystem;
  std::vector<Rotated> files;
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
    files.push_back({written, entry.path().string()});
  }
  std::sort(files.begin(), files.end(), is_older);
  return files;
}

}  // namespace

Follower::Follower(std::string name) : name_(std::move(name)) {
  fd_ = open_to_read(name_);
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
  forget_between();
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
  if (stat(name_.c_str(), &named) != 0 || is_taken(named.st_dev, named.st_ino)) return Next::wait;
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
  if (between_.empty()) find_next();
  while (!between_.empty()) {
    const int next = between_.front();
    between_.pop_front();
    if (move_to(next)) return true;
  }
  return false;
}

// What comes behind the file that is open, into between_.  The file that has the name is opened
// before the others are looked for, so that it is not missed if it is renamed meanwhile.
void Follower::find_next() {
  const int named = open_to_read(name_);
  if (named < 0) return;
  struct stat status {};
  if (exists_ && fstat(fd_, &status) == 0 && !is_truncated()) {
    const int open_already = find_rotated(status.st_dev, status.st_ino);
    if (open_already >= 0) close(open_already);
  }
  const bool is_next = fstat(named, &status) == 0 && !is_taken(status.st_dev, status.st_ino) &&
                       !is_between(status.st_dev, status.st_ino);
  if (is_next) {
    between_.push_back(named);
  } else {
    close(named);
  }
}

bool Follower::is_between(std::uint64_t device, std::uint64_t inode) const {
  return std::any_of(between_.begin(), between_.end(), [&](int fd) {
    struct stat status {};
    return fstat(fd, &status) == 0 && status.st_dev == device && status.st_ino == inode;
  });
}

// Takes over the descriptor.
bool Follower::move_to(int next) {
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
  const int found = find_rotated(device, inode);
  return found >= 0 && move_to(found) && seek(offset);
}

// The file, which has another name by now, open; and those that have had the name since, into
// between_.  -1, and none of those, if it is not there.
int Follower::find_rotated(std::uint64_t device, std::uint64_t inode) {
  // The listing of a folder may lack a file that is renamed meanwhile.
  constexpr int kLooks = 3;
  int found = -1;
  for (int look = 0; look < kLooks && found < 0; ++look) found = look_for_rotated(device, inode);
  return found;
}

int Follower::look_for_rotated(std::uint64_t device, std::uint64_t inode) {
  int found = -1;
  for (const auto& [written, path] : rotated(name_)) {
    struct stat status {};
    const int next = open_to_read(path);
    if (next < 0) continue;
    const bool is_there = fstat(next, &status) == 0;
    if (is_there && status.st_dev == device && status.st_ino == inode) {
      if (found >= 0) close(found);
      found = next;
      forget_between();
    } else if (is_there && is_of_rotation(std::string_view(path).substr(name_.size())) &&
               !is_taken(status.st_dev, status.st_ino)) {
      between_.push_back(next);
    } else {
      close(next);
    }
  }
  if (found < 0) forget_between();
  return found;
}

bool Follower::is_taken(std::uint64_t device, std::uint64_t inode) const {
  return is_taken_ && is_taken_(device, inode);
}

void Follower::start_over() {
  forget_between();
  move_to(open_to_read(name_));
}

void Follower::forget_between() {
  for (const int fd : between_) close(fd);
  between_.clear();
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> Follower::files() const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
  struct stat status {};
  if (exists_ && fstat(fd_, &status) == 0) all.emplace_back(status.st_dev, status.st_ino);
  for (const int fd : between_) {
    if (fstat(fd, &status) == 0) all.emplace_back(status.st_dev, status.st_ino);
  }
  return all;
}

bool Follower::is_over() const {
  struct stat status {};
  const bool has_next =
      stat(name_.c_str(), &status) == 0 && !is_taken(status.st_dev, status.st_ino);
  if (!between_.empty() || has_next) return false;
  return !exists_ || (fstat(fd_, &status) == 0 && status.st_nlink == 0);
}

}  // namespace streamutils
