// MemoryPool: memory for many small things of different sizes that come and go.
//
// A block that is freed is the next one of its size to be given out, while it is still in the
// cache; malloc(3) would look at its neighbours, which are not.  Sizes are rounded up to a multiple
// of 32 bytes; larger blocks come from the heap.  Memory for small ones goes back there when none
// is in use, and with the pool.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "base/zeroed.h"

namespace streamutils {

class MemoryPool {
 public:
  MemoryPool() = default;
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  // Aligned to 16 bytes.  Large ones must be freed before the pool goes.
  void* allocate(std::size_t size);
  // size: as it was allocated.
  void free(void* block, std::size_t size);

  // Of all chunks, beside large blocks.
  std::size_t chunk_bytes() const { return chunk_bytes_; }

 private:
  static constexpr std::size_t kUnit = 32;
  static constexpr std::size_t kLargest = 1024;
  static constexpr std::size_t kFirstChunk = std::size_t{64} << 10;

  struct Free {
    Free* next;
  };

  static std::size_t units_of(std::size_t size) { return (size + kUnit - 1) / kUnit; }
  std::size_t chunk_size() const { return chunks_.back().get_deleter().bytes; }
  // What is left of the last chunk.
  std::byte* rest() const { return chunks_.back().get() + chunk_size() - left_; }
  void* carve(std::size_t units);

  std::array<Free*, kLargest / kUnit + 1> free_{};  // by units
  std::vector<Zeroed> chunks_;  // each twice as large as the one before, up to a huge page
  std::size_t chunk_bytes_ = 0;
  std::size_t left_ = 0;    // bytes at the end of the last chunk that were never given out
  std::size_t in_use_ = 0;  // small blocks
};

}  // namespace streamutils
