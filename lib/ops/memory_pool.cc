// SPDX-License-Identifier: Apache-2.0
#include "ops/memory_pool.h"

#include <algorithm>
#include <new>

namespace streamutils {

void* MemoryPool::allocate(std::size_t size) {
  if (size > kLargest) return ::operator new(size);
  const std::size_t units = units_of(size);
  ++in_use_;
  Free* const block = free_[units];
  if (block == nullptr) return carve(units);
  free_[units] = block->next;
  return block;
}

// What is left of the chunk before is too small for this block, and serves a smaller one.
void* MemoryPool::carve(std::size_t units) {
  if (left_ < units * kUnit) {
    if (left_ > 0) free_[left_ / kUnit] = new (rest()) Free{free_[left_ / kUnit]};
    left_ = chunks_.empty() ? kFirstChunk : std::min(2 * chunk_size(), kHugePage);
    chunks_.push_back(make_zeroed(left_));
    chunk_bytes_ += left_;
  }
  std::byte* const block = rest();
  left_ -= units * kUnit;
  return block;
}

void MemoryPool::free(void* block, std::size_t size) {
  if (size > kLargest) return ::operator delete(block);
  const std::size_t units = units_of(size);
  free_[units] = new (block) Free{free_[units]};
  if (--in_use_ > 0) return;
  free_.fill(nullptr);
  chunks_.clear();
  chunk_bytes_ = 0;
  left_ = 0;
}

}  // namespace streamutils
