// LineFeed: the lines that arrive on a file descriptor, whenever poll(2) says that there are some.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace streamutils {

class LineFeed {
 public:
  // Does not own fd.
  explicit LineFeed(int fd) : fd_(fd) {}

  int fd() const { return fd_; }
  bool is_open() const { return open_; }

  // Reads once and hands over every line that is complete now, without its newline.  A line is
  // valid during the call, and Record::kPadding bytes behind it are readable.  At the end of the
  // input the feed closes; bytes without a newline are then dropped.
  void read_lines(const std::function<void(std::string_view line)>& visit);

 private:
  int fd_;
  bool open_ = true;
  std::string pending_;  // the beginning of a line
};

}  // namespace streamutils
