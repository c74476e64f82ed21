// MemoryBlocks: memory in blocks of one size, which are taken and given back in any order.
//
// Many blocks come from the system by the huge page; the first few by themselves, so that they take
// no more than what is asked for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "base/zeroed.h"

namespace streamutils {

class MemoryBlocks {
 public:
  // size: of a block, a multiple of 64 that kHugePage is a multiple of.  few: bytes of the first
  // ones.
  MemoryBlocks(std::size_t size, std::size_t few) : size_(size), few_(few) {}

  // A block that holds anything, aligned to 64 bytes.  It lives as long as this.
  std::byte* take() {
    if (spare_.empty()) make_more();
    std::byte* const block = spare_.back();
    spare_.pop_back();
    return block;
  }
  void give_back(std::byte* block) { spare_.push_back(block); }

  // Of all blocks.
  std::size_t bytes() const { return bytes_; }

 private:
  void make_more() {
    const std::size_t bytes = bytes_ < few_ ? size_ : kHugePage;
    made_.push_back(make_zeroed(bytes));
    bytes_ += bytes;
    for (std::size_t at = bytes; at > 0; at -= size_) {
      spare_.push_back(made_.back().get() + at - size_);
    }
  }

  std::size_t size_;
  std::size_t few_;
  std::size_t bytes_ = 0;
  std::vector<Zeroed> made_;
  std::vector<std::byte*> spare_;
};

}  // namespace streamutils
