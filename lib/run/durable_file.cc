// SPDX-License-Identifier: Apache-2.0
#include "run/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "run/descriptor.h"
#include "run/file_identity.h"

namespace streamutils {
namespace {

constexpr std::size_t kBlock = 1 << 18;

bool is_named(int fd, const std::string& path) {
  struct stat held {};
  struct stat named {};
  return fstat(fd, &held) == 0 && stat(path.c_str(), &named) == 0 && is_same_file(held, named);
}

}  // namespace

Error file_error(std::string_view path) {
  return Error{fmt::format("{}: {}", path, std::strerror(errno))};
}

bool write_fully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool write_fully_at(int fd, std::string_view bytes, std::uint64_t place) {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(place));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
    place += static_cast<std::uint64_t>(n);
  }
  return true;
}

std::string folder_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Status sync_folder_of(const std::string& path) {
  const std::string folder = folder_of(path);
  const Descriptor file(folder, O_RDONLY | O_DIRECTORY);
  return file && fsync(file.fd()) == 0 ? Status() : file_error(folder);
}

Result<std::string> read_whole_file(const std::string& path) {
  const Descriptor file(path, O_RDONLY);
  if (!file) return file_error(path);
  std::string bytes;
  struct stat status {};
  if (fstat(file.fd(), &status) == 0) bytes.reserve(static_cast<std::size_t>(status.st_size) + 1);
  char block[1 << 16];
  ssize_t n = 0;
  while ((n = ::read(file.fd(), block, sizeof block)) > 0 || (n < 0 && errno == EINTR)) {
    if (n > 0) bytes.append(block, static_cast<std::size_t>(n));
  }
  if (n < 0) return file_error(path);
  return bytes;
}

bool file_exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

Status make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return Error{fmt::format("{}: {}", path, error.message())};
  return {};
}

bool can_link(const std::string& path) {
  const std::string second = path + ".new";
  const bool can = link(path.c_str(), second.c_str()) == 0;
  if (can) unlink(second.c_str());
  return can;
}

DurableFile::DurableFile(std::string path) : path_(std::move(path)), temporary_(path_ + ".new") {}

DurableFile::~DurableFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  unlink(temporary_.c_str());
}

// What a process that has died left under the name may be another name of a file that counts.
Status DurableFile::open() {
  unlink(temporary_.c_str());
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  return fd_ < 0 ? file_error(temporary_) : Status();
}

Status DurableFile::open_behind(const std::string& other) {
  unlink(temporary_.c_str());
  if (link(other.c_str(), temporary_.c_str()) != 0) return file_error(other);
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  return fd_ < 0 ? file_error(temporary_) : Status();
}

void DurableFile::write(std::string_view bytes) {
  if (block_.empty() && bytes.size() >= kBlock) {
    if (error_ == 0 && !write_fully(fd_, bytes)) error_ = errno;
    return;
  }
  if (block_.empty()) block_.reserve(kBlock);
  block_ += bytes;
  if (block_.size() >= kBlock) flush();
}

bool DurableFile::flush() {
  if (error_ == 0 && !write_fully(fd_, block_)) error_ = errno;
  block_.clear();
  return error_ == 0;
}

Status DurableFile::commit() {
  bool done = flush() && fsync(fd_) == 0;
  if (error_ != 0) errno = error_;
  if (done) {
    done = ::close(std::exchange(fd_, -1)) == 0 && rename(temporary_.c_str(), path_.c_str()) == 0;
  }
  if (!done) return file_error(path_);
  return sync_folder_of(path_);
}

FileLock::FileLock(FileLock&& other) noexcept { *this = std::move(other); }

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  release();
  path_ = std::move(other.path_);
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}

// A file that its holder has removed in the meantime is no lock any more: then once more.
FileLock::Outcome FileLock::take(const std::string& path) {
  while (true) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return Outcome::failed;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      const bool held = errno == EWOULDBLOCK;
      char text[64] = {};
      if (held && pread(fd, text, sizeof text - 1, 0) > 0)
        std::sscanf(text, "%d %d", &holder_, &holder_group_);
      ::close(fd);
      return held ? Outcome::held_by_another : Outcome::failed;
    }
    if (!is_named(fd, path)) {
      ::close(fd);
      continue;
    }
    const std::string holder = fmt::format("{} {}\n", getpid(), getpgrp());
    [[maybe_unused]] const bool told = ftruncate(fd, 0) == 0 && write_fully(fd, holder);
    path_ = path;
    fd_ = fd;
    return Outcome::taken;
  }
}

void FileLock::note(std::uint64_t number) {
  const std::string text = fmt::format("{} {} {}\n", getpid(), getpgrp(), number);
  [[maybe_unused]] const ssize_t n = pwrite(fd_, text.data(), text.size(), 0);
}

std::optional<std::uint64_t> FileLock::note_of(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const bool is_held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  char text[96] = {};
  unsigned long long number = 0;
  const bool has_note = is_held && pread(fd, text, sizeof text - 1, 0) > 0 &&
                        std::sscanf(text, "%*d %*d %llu", &number) == 1;
  ::close(fd);
  return has_note ? std::optional<std::uint64_t>(number) : std::nullopt;
}

void FileLock::release() {
  if (fd_ < 0) return;
  unlink(path_.c_str());
  ::close(std::exchange(fd_, -1));
}

}  // namespace streamutils
