// Descriptor: an open file of this process, closed with it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace streamutils {

class Descriptor {
 public:
  // how: as for open(2), which gets O_CLOEXEC besides.  If it fails, errno tells why.
  Descriptor(const std::string& path, int how) : fd_(::open(path.c_str(), how | O_CLOEXEC, 0666)) {}
  // Leaves errno as it is.
  ~Descriptor() {
    const int error = errno;
    if (fd_ >= 0) ::close(fd_);
    errno = error;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  explicit operator bool() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  // Some file systems report a full disk only here.  False: errno tells.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

}  // namespace streamutils
