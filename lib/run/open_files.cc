// SPDX-License-Identifier: Apache-2.0
#include "run/open_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "run/committed_files.h"

namespace streamutils {
namespace {

constexpr std::size_t kBlock = 16 << 10;  // of each; there may be hundreds

}  // namespace

OpenFiles::~OpenFiles() { close(); }

void OpenFiles::write(std::string_view name, std::string_view line) {
  if (error_ != 0) return;
  File* file = find(name);
  if (file == nullptr) return;
  file->writer->write(line);
  if (file->writer->error() != 0) fail(file->name, file->writer->error());
}

// The open file of the name, in front of all others; null if it cannot be opened.
OpenFiles::File* OpenFiles::find(std::string_view name) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    files_.splice(files_.begin(), files_, found->second);
    return &files_.front();
  }
  if (files_.size() >= limit_) close_last();
  File file{std::string(name), -1, nullptr};
  bool opened = open(file);
  while (!opened && (errno == EMFILE || errno == ENFILE) && !files_.empty()) {
    close_last();
    opened = open(file);
  }
  if (!opened) return fail(file.name, errno), nullptr;
  files_.push_front(std::move(file));
  by_name_.emplace(files_.front().name, files_.begin());
  return &files_.front();
}

void OpenFiles::close_last() {
  close(files_.back());
  by_name_.erase(files_.back().name);
  files_.pop_back();
}

bool OpenFiles::open(File& file) {
  const bool is_new = !begun_.contains(file.name);
  const int how = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (is_new && !append_ ? O_TRUNC : 0);
  file.fd = ::open(file.name.c_str(), how, 0666);
  if (file.fd < 0 && errno == ENOENT) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(file.name).parent_path(), error);
    file.fd = ::open(file.name.c_str(), how, 0666);
  }
  if (file.fd < 0) return false;
  begun_.insert(file.name);
  auto write = [fd = file.fd](const char* data, std::size_t size) -> std::ptrdiff_t {
    return ::write(fd, data, size);
  };
  file.writer = std::make_unique<LineWriter>(write, kBlock);
  return true;
}

void OpenFiles::close(File& file) {
  file.writer->flush();
  if (file.writer->error() != 0) fail(file.name, file.writer->error());
  if (::close(file.fd) != 0) fail(file.name, errno);
}

bool OpenFiles::flush() {
  for (File& file : files_) {
    file.writer->flush();
    if (file.writer->error() != 0) fail(file.name, file.writer->error());
  }
  return error_ == 0;
}

bool OpenFiles::close() {
  for (File& file : files_) close(file);
  files_.clear();
  by_name_.clear();
  return error_ == 0;
}

Status OpenFiles::sync() { return sync_new_files(begun_); }

void OpenFiles::fail(const std::string& name, int error) {
  if (error_ != 0) return;
  error_ = error;
  failed_ = name;
}

}  // namespace streamutils
