// LinesAhead: lines of an input that were read before it was their turn, in order.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace streamutils {

class LinesAhead {
 public:
  bool empty() const { return taken_ == bytes_.size(); }
  std::size_t size() const { return bytes_.size() - taken_; }
  // Where the first of them stands in the input.
  std::uint64_t offset() const { return offset_; }
  // All of them, each with its '\n'.  Valid until the next change.
  std::string_view lines() const { return std::string_view(bytes_).substr(taken_); }

  // The line that follows in the input, without its '\n'; offset: of its first byte there.
  void push(std::string_view line, std::uint64_t offset) {
    if (empty()) offset_ = offset;
    (bytes_ += line) += '\n';
  }

  // The first one, without its '\n'.  Valid until the next change.  REQUIRES: !empty().
  std::string_view front() const { return lines().substr(0, lines().find('\n')); }
  void pop() {
    const std::size_t size = front().size() + 1;
    taken_ += size;
    offset_ += size;
    if (taken_ <= bytes_.size() / 2) return;
    bytes_.erase(0, taken_);
    taken_ = 0;
  }

  // As lines() and offset() were.
  void restore(std::string lines, std::uint64_t offset) {
    bytes_ = std::move(lines);
    taken_ = 0;
    offset_ = offset;
  }

 private:
  std::string bytes_;
  std::size_t taken_ = 0;  // the bytes in front that are gone
  std::uint64_t offset_ = 0;
};

}  // namespace streamutils
