// Spill: bytes of an input that had to be read before they were wanted.
//
// The problem.  Two branches of one `tee` meet again in a tool that merges by time:
//
//         .--> filter that drops all --.
//     tee |                            +--> sjoin
//         '--------> pipe -------------'
//
// The tool waits for the branch that is behind; that one is behind because `tee` cannot write to
// it; and `tee` cannot because the pipe of the other branch is full, from which nobody reads.  So
// while the tool waits for one input it takes what fills the pipes of the others out of them, and
// keeps it here, in order: the first bytes in memory, more in a file without a name, which goes
// with the process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace streamutils {

class Spill {
 public:
  // limit: how many bytes it may hold; in_memory: how many of them before a file is made.
  explicit Spill(std::uint64_t limit, std::size_t in_memory = 16 << 20)
      : limit_(limit), in_memory_(in_memory) {}
  ~Spill();
  Spill(const Spill&) = delete;
  Spill& operator=(const Spill&) = delete;

  bool empty() const { return size() == 0; }
  std::uint64_t size() const { return memory_.size() - taken_ + (written_ - read_); }
  bool is_full() const { return size() >= limit_; }

  // Appends.  False, with errno, if the file cannot be made or written.
  bool put(std::string_view bytes);

  // Takes at most `size` of the oldest bytes, as read(2): 0 if it is empty, -1 with errno.
  std::ptrdiff_t take(char* buffer, std::size_t size);

 private:
  bool open_file();
  void release_read();

  std::uint64_t limit_;
  std::size_t in_memory_;
  std::string memory_;  // older than what is in the file
  std::size_t taken_ = 0;
  int fd_ = -1;
  std::uint64_t read_ = 0;  // places in the file
  std::uint64_t written_ = 0;
  std::uint64_t released_ = 0;
};

}  // namespace streamutils
