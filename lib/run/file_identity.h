// Which file it is: a name says too little, since logs are rotated and begun anew under the same
// one.  Device and inode tell files apart that exist at the same time; since inodes are used again,
// the checksum of the first bytes tells them from what stood there before.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

namespace streamutils {

// True if both are of one file, at this moment.
inline bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

inline bool is_regular(const struct stat& status) { return S_ISREG(status.st_mode); }

struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t head_size = 0;  // how many bytes the checksum is of
  std::uint32_t head = 0;       // CRC-32C

  bool operator==(const FileIdentity&) const = default;
};

// Of an open regular file of which `read` bytes have been read: only those are sure to stay as they
// are.  nullopt if it is no regular file, or cannot be read at a place (a pipe).
std::optional<FileIdentity> identify(int fd, std::uint64_t read);

// True if the file is the one that was seen then, and still holds what had been read of it, as far
// as its size tells: what is packed (formats/unpack.h) may hold more than that.
bool is_same(int fd, const FileIdentity& seen, std::uint64_t read);

// True if it has the place on disk of that file, whatever it holds now.
bool has_its_place(int fd, const FileIdentity& seen);

}  // namespace streamutils
