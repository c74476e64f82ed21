// Files that are there as a whole or not at all, whatever happens to the process, the disk or the
// power; and locks that end with the process.
//
// The way is the usual one: write a file of another name beside it, fsync, rename over the old one,
// fsync the folder, without which the rename may not survive (Pillai et al., "All file systems are
// not created equal", OSDI 2014).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace streamutils {

// "state/seen: No space left on device", for the last failed call.
Error file_error(std::string_view path);

// Writes all bytes, at the end of what fd has written.  False: errno tells.
bool write_fully(int fd, std::string_view bytes);
// The same at this place of the file.
bool write_fully_at(int fd, std::string_view bytes, std::uint64_t place);

// The folder that lists the path: "." if it names none.
std::string folder_of(const std::string& path);

// Makes what the folder of `path` lists durable.
Status sync_folder_of(const std::string& path);

// The whole file; an error tells why not.
Result<std::string> read_whole_file(const std::string& path);
bool file_exists(const std::string& path);

// Makes the folder, with its parents, unless it is there.
Status make_folder(const std::string& path);

// True if a file there can have a second name.
bool can_link(const std::string& path);

class DurableFile {
 public:
  // Nothing exists under this name before commit(), or what existed before.
  explicit DurableFile(std::string path);
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  // Creates the temporary file.
  Status open();
  // Makes it another name of this file, behind the bytes of which it writes: there they stand from
  // then on, whether or not they are committed.  can_link(other) must be true.
  Status open_behind(const std::string& other);
  // Bytes are gathered in blocks.  A failure is kept and told by commit().
  void write(std::string_view bytes);
  // When this returns without an error the file will survive.
  Status commit();

 private:
  bool flush();

  std::string path_;
  std::string temporary_;
  std::string block_;
  int fd_ = -1;
  int error_ = 0;
};

// A lock on a name, held by this process and its children until all have ended or it is released.
class FileLock {
 public:
  FileLock() = default;
  ~FileLock() { release(); }
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

  enum class Outcome : std::uint8_t { taken, held_by_another, failed };
  // Tries once.  `path` is created, and removed by release().  failed: errno tells.
  Outcome take(const std::string& path);
  // The process group that held it, when take() has returned held_by_another; 0 if not known.
  int holder_group() const { return holder_group_; }
  int holder() const { return holder_; }
  // Writes a number into the lock, for note_of().  REQUIRES: taken.
  void note(std::uint64_t number);
  // The number in the lock of that name, if somebody holds it and has written one.
  static std::optional<std::uint64_t> note_of(const std::string& path);
  void release();

 private:
  std::string path_;
  int fd_ = -1;
  int holder_ = 0;
  int holder_group_ = 0;
};

}  // namespace streamutils
