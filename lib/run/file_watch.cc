// SPDX-License-Identifier: Apache-2.0
#include "run/file_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace streamutils {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPauseTold = 1s;
constexpr Duration kPauseUntold = 100ms;

std::string folder_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  if (slash == name.npos) return ".";
  return slash == 0 ? "/" : name.substr(0, slash);
}

}  // namespace

FileWatch::FileWatch() : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

FileWatch::~FileWatch() {
  if (fd_ >= 0) close(fd_);
}

Duration FileWatch::pause() const { return fd_ >= 0 ? kPauseTold : kPauseUntold; }

void FileWatch::watch(const std::string& name, int file) {
  if (fd_ < 0) return;
  watch_folder(folder_of(name));
  struct stat status {};
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return;
  // By the descriptor: the name may stand for another file by now.
  const std::string open_file = "/proc/self/fd/" + std::to_string(file);
  const int watch = inotify_add_watch(fd_, open_file.c_str(), IN_MODIFY | IN_ATTRIB);
  const auto before = files_.find(file);
  if (before != files_.end() && before->second != watch) inotify_rm_watch(fd_, before->second);
  files_[file] = watch;
}

void FileWatch::watch_folder(const std::string& folder) {
  if (fd_ < 0 || std::find(folders_.begin(), folders_.end(), folder) != folders_.end()) return;
  const int watch = inotify_add_watch(fd_, folder.c_str(), IN_CREATE | IN_MOVED_TO);
  if (watch >= 0) folders_.push_back(folder);
}

bool FileWatch::take() {
  bool has_names = fd_ < 0;
  alignas(inotify_event) char events[4096];
  for (ssize_t n = 0; fd_ >= 0 && (n = read(fd_, events, sizeof events)) > 0;) {
    for (const char* at = events; at < events + n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      has_names |= (event->mask & (IN_CREATE | IN_MOVED_TO | IN_Q_OVERFLOW)) != 0;
      at += sizeof(inotify_event) + event->len;
    }
  }
  return has_names;
}

}  // namespace streamutils
