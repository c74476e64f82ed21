// BlockPool: blocks of aggregate states for those that have no other place to keep them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "base/zeroed.h"
#include "ops/aggregate_list.h"

namespace streamutils {

// Memory for blocks of one size, each with the states of nothing when it is made.  It comes in
// chunks that grow up to huge pages, and stays until the pool goes.
class BlockPool {
 public:
  explicit BlockPool(const AggregateList& aggregates) : aggregates_(aggregates) {}
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // REQUIRES: every block is freed before the pool goes.
  std::byte* make();
  void free(std::byte* block);

 private:
  std::byte* allocate();

  const AggregateList& aggregates_;
  std::vector<std::byte*> spare_;
  std::vector<Zeroed> chunks_;
  std::byte* next_ = nullptr;  // in the last chunk
  std::size_t left_ = 0;       // bytes there
};

}  // namespace streamutils
