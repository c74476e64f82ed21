// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate_pool.h"

#include <new>

namespace streamutils {

BlockPool::~BlockPool() {
  for (std::byte* block : spare_) ::operator delete[](block, std::align_val_t{16});
}

std::byte* BlockPool::make() {
  std::byte* block = nullptr;
  if (spare_.empty()) {
    block =
        static_cast<std::byte*>(::operator new[](aggregates_.block_size(), std::align_val_t{16}));
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
