// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate_pool.h"

#include <algorithm>

namespace streamutils {
namespace {

constexpr std::size_t kFirstChunk = std::size_t{4} << 10;

}  // namespace

std::byte* BlockPool::allocate() {
  const std::size_t size = aggregates_.block_size();
  if (left_ < size) {
    const std::size_t last = chunks_.empty() ? 0 : chunks_.back().get_deleter().bytes;
    left_ = std::max(size, std::clamp(2 * last, kFirstChunk, kHugePage));
    chunks_.push_back(make_zeroed(left_));
    next_ = chunks_.back().get();
  }
  left_ -= size;
  std::byte* const block = next_;
  next_ += size;
  return block;
}

std::byte* BlockPool::make() {
  std::byte* block = nullptr;
  if (spare_.empty()) {
    block = allocate();
  } else {
    block = spare_.back();
    spare_.pop_back();
  }
  aggregates_.create(block);
  return block;
}

void BlockPool::free(std::byte* block) {
  aggregates_.destroy(block);
  spare_.push_back(block);
}

}  // namespace streamutils
