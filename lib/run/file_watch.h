// FileWatch: wakes who waits for files to grow, or for other files to take their names.
//
// By inotify where there is one: on each file, for what is written to it, and on its folder, for
// what is made or renamed there.  A file system that does not tell (a network's), and a machine
// without inotify, are looked at again after pause().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"

namespace streamutils {

class FileWatch {
 public:
  FileWatch();
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Readable when something may have happened; -1 if nobody tells.
  int fd() const { return fd_; }
  // After how long to look without having been told.
  Duration pause() const;

  // The file `name`, open at the descriptor `file`, now and after each change of what stands there.
  void watch(const std::string& name, int file);
  // A folder, for what is made or renamed there.
  void watch_folder(const std::string& folder);
  // Takes what has been told, so that fd() is readable again only when more happens.  True if there
  // are new names in a folder, or if nobody tells.
  bool take();

 private:
  int fd_;
  std::map<int, int> files_;          // descriptor -> its watch
  std::vector<std::string> folders_;  // watched already
};

}  // namespace streamutils
