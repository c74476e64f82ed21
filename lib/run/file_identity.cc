// SPDX-License-Identifier: Apache-2.0
#include "run/file_identity.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/crc32c.h"
#include "formats/unpack.h"

namespace streamutils {
namespace {

constexpr std::uint64_t kHead = 1024;
constexpr std::uint64_t kMagic = 4;  // bytes that tell whether a file is packed

// The first `size` bytes; fewer if the file is shorter.
std::string read_head(int fd, std::uint64_t size) {
  std::string head(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = pread(fd, head.data() + have, size - have, static_cast<off_t>(have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  head.resize(have);
  return head;
}

}  // namespace

std::optional<FileIdentity> identify(int fd, std::uint64_t read) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const std::string head = read_head(fd, std::min(read, kHead));
  return FileIdentity{static_cast<std::uint64_t>(status.st_dev),
                      static_cast<std::uint64_t>(status.st_ino), head.size(), crc32c(head)};
}

bool has_its_place(int fd, const FileIdentity& seen) {
  const auto now = identify(fd, 0);
  return now && now->device == seen.device && now->inode == seen.inode;
}

bool is_same(int fd, const FileIdentity& seen, std::uint64_t read) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const bool is_shorter = static_cast<std::uint64_t>(status.st_size) < read;
  if (is_shorter && !is_packed(read_head(fd, kMagic))) return false;
  const auto now = identify(fd, seen.head_size);
  return now && *now == seen;
}

}  // namespace streamutils
