// SPDX-License-Identifier: Apache-2.0
#include "run/committed_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <utility>

#include "run/descriptor.h"
#include "run/durable_file.h"
#include "run/staged_files.h"

namespace streamutils {
namespace {

constexpr std::size_t kBlock = 1 << 18;

Status make_folder_of(const CommittedFile& file) {
  const std::filesystem::path folder = std::filesystem::path(file.name).parent_path();
  return folder.empty() ? Status() : make_folder(folder);
}

Status reserve(const CommittedFile& file, bool makes_folders) {
  if (makes_folders) {
    if (Status made = make_folder_of(file); !made) return made;
  }
  const Descriptor to(file.name, O_WRONLY | O_CREAT);
  if (!to) return file_error(file.name);
  if (file.after == file.before) return {};
  const bool full = fallocate(to.fd(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(file.before),
                              static_cast<off_t>(file.after - file.before)) != 0 &&
                    (errno == ENOSPC || errno == EFBIG || errno == EDQUOT);
  return full ? file_error(file.name) : Status();
}

// Copies a piece of `from` to this place of `to`.
bool copy(int from, StagedPiece piece, int to, std::uint64_t place) {
  std::string block(std::min<std::uint64_t>(kBlock, piece.bytes), '\0');
  while (piece.bytes > 0) {
    const std::size_t size = std::min<std::uint64_t>(block.size(), piece.bytes);
    const ssize_t n = pread(from, block.data(), size, static_cast<off_t>(piece.offset));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = EIO;  // shorter than it says of itself
    if (n <= 0) return false;
    const auto got = static_cast<std::size_t>(n);
    if (!write_fully_at(to, std::string_view(block).substr(0, got), place)) return false;
    piece = {piece.offset + got, piece.bytes - got};
    place += got;
  }
  return true;
}

Status append(int from, const std::vector<StagedPiece>& pieces, const CommittedFile& file) {
  // One that has been taken away since it was looked at is not begun in its middle.
  Descriptor to(file.name, O_WRONLY | (file.before == 0 ? O_CREAT : 0));
  if (!to) return file_error(file.name);
  std::uint64_t place = file.before;
  for (const StagedPiece& piece : pieces) {
    if (!copy(from, piece, to.fd(), place)) return file_error(file.name);
    place += piece.bytes;
  }
  if (place != file.after) {
    return Error{fmt::format("{}: {} bytes are to be appended, and {} were found", file.name,
                             file.after - file.before, place - file.before)};
  }
  return fsync(to.fd()) == 0 && to.close() ? Status() : file_error(file.name);
}

// A file survives if its folder lists it, and that folder its own, and so on.  Folders that were
// there before may be ones that cannot be opened; but the nearest one must be.
class Folders {
 public:
  Status sync_above(const std::string& file) {
    bool is_nearest = true;
    for (std::string path = file; !path.empty() && path != "/"; is_nearest = false) {
      std::filesystem::path folder = std::filesystem::path(path).parent_path();
      if (!synced_.insert(folder).second) return {};
      if (Status synced = sync_folder_of(path); !synced && is_nearest) return synced;
      path = folder;
    }
    return {};
  }

 private:
  std::set<std::string> synced_;
};

Result<StagedIndex> index_of(int fd, const Commit& commit) {
  if (commit.several) return read_staged_index(fd);
  StagedIndex index;
  for (const CommittedFile& file : commit.files) {
    index[file.name] = {{0, file.after - file.before}};
  }
  return index;
}

}  // namespace

std::optional<std::uint64_t> length_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

Status sync_file(const std::string& path) {
  const Descriptor file(path, O_RDONLY);
  return file && fsync(file.fd()) == 0 ? Status() : file_error(path);
}

Status sync_new_file(const std::string& path) { return sync_new_files({path}); }

Status sync_new_files(const std::set<std::string, std::less<>>& paths) {
  Folders folders;
  for (const std::string& path : paths) {
    if (Status synced = sync_file(path); !synced) return synced;
    if (Status synced = folders.sync_above(path); !synced) return synced;
  }
  return {};
}

Status reserve_room(const Commit& commit) {
  for (const CommittedFile& file : commit.files) {
    if (Status reserved = reserve(file, commit.several); !reserved) return reserved;
  }
  return {};
}

Status append_committed(const std::string& lines, const Commit& commit) {
  const Descriptor from(lines, O_RDONLY);
  if (!from) return file_error(lines);
  auto index = index_of(from.fd(), commit);
  if (!index) return Error{fmt::format("{} {}", lines, index.error().message)};
  Folders folders;
  for (const CommittedFile& file : commit.files) {
    // A loss of power may have taken one that was made for these lines.
    if (commit.several && file.before == 0) {
      if (Status made = make_folder_of(file); !made) return made;
    }
    const std::vector<StagedPiece>& pieces = (*index)[file.name];
    if (Status appended = append(from.fd(), pieces, file); !appended) return appended;
    if (file.before > 0) continue;
    if (Status synced = folders.sync_above(file.name); !synced) return synced;
  }
  return {};
}

}  // namespace streamutils
