// BlockPool: blocks of aggregate states for those that have no other place to keep them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "ops/aggregate_list.h"

namespace streamutils {

// Memory for blocks of one size, each with the states of nothing when it is made.
class BlockPool {
 public:
  explicit BlockPool(const AggregateList& aggregates) : aggregates_(aggregates) {}
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  std::byte* make();
  void free(std::byte* block);

 private:
  const AggregateList& aggregates_;
  std::vector<std::byte*> spare_;
};

}  // namespace streamutils
