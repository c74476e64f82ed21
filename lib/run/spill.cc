// SPDX-License-Identifier: Apache-2.0
#include "run/spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "run/durable_file.h"

namespace streamutils {
namespace {

constexpr std::uint64_t kReleaseStep = 16 << 20;  // how much is read before its disk is given back

}  // namespace

Spill::~Spill() {
  if (fd_ >= 0) close(fd_);
}

bool Spill::open_file() {
  const char* folder = std::getenv("TMPDIR");
  std::string name = std::string(folder != nullptr && *folder != 0 ? folder : "/tmp");
  fd_ = open(name.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd_ >= 0) return true;
  // A file system that has no files without a name.
  name += "/streamutils-spill-XXXXXX";
  fd_ = mkostemp(name.data(), O_CLOEXEC);
  if (fd_ >= 0) unlink(name.c_str());
  return fd_ >= 0;
}

bool Spill::put(std::string_view bytes) {
  const bool in_file = written_ > read_;
  if (!in_file && memory_.size() - taken_ + bytes.size() <= in_memory_) {
    if (taken_ > memory_.size() / 2) {
      memory_.erase(0, taken_);
      taken_ = 0;
    }
    memory_ += bytes;
    return true;
  }
  if (fd_ < 0 && !open_file()) return false;
  if (!write_fully_at(fd_, bytes, written_)) return false;
  written_ += bytes.size();
  return true;
}

std::ptrdiff_t Spill::take(char* buffer, std::size_t size) {
  if (taken_ < memory_.size()) {
    const std::size_t n = std::min(size, memory_.size() - taken_);
    std::memcpy(buffer, memory_.data() + taken_, n);
    taken_ += n;
    if (taken_ == memory_.size()) {
      memory_.clear();
      taken_ = 0;
    }
    return static_cast<std::ptrdiff_t>(n);
  }
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, written_ - read_));
  if (wanted == 0) return 0;
  ssize_t n = 0;
  do {
    n = pread(fd_, buffer, wanted, static_cast<off_t>(read_));
  } while (n < 0 && errno == EINTR);
  if (n > 0) read_ += static_cast<std::uint64_t>(n);
  release_read();
  return n;
}

// Gives back the disk of what has been read; a file system that cannot do it keeps it to the end.
void Spill::release_read() {
  if (read_ == written_) {
    if (ftruncate(fd_, 0) == 0) read_ = written_ = released_ = 0;
  } else if (read_ - released_ >= kReleaseStep) {
    fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(released_),
              static_cast<off_t>(read_ - released_));
    released_ = read_;
  }
}

}  // namespace streamutils
