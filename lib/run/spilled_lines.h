// SpilledLines: a queue of lines that may be longer than memory: what is beyond some megabytes
// stands in a file without a name (spill.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "run/spill.h"

namespace streamutils {

class SpilledLines {
 public:
  // in_memory: how many bytes before a file is made.
  explicit SpilledLines(std::size_t in_memory = 4 << 20);

  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  // Appends a line without its ending.  False, with errno, if the disk does not take it.
  bool push(std::string_view line);
  // The oldest line; valid until pop().  False, with errno, if the disk does not give it back.
  // REQUIRES: !empty().
  bool front(std::string_view& line);
  // REQUIRES: front() was called since the last pop().
  void pop();

 private:
  Spill spill_;
  std::string line_;       // the scratch of push()
  std::string buffer_;     // taken out of the spill
  std::size_t begin_ = 0;  // of the front in it
  std::size_t size_ = 0;   // of the front, without its ending
  std::size_t count_ = 0;
};

}  // namespace streamutils
