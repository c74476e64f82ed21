// Blocks of a pool: apart from each other, given out again, and given back when none is in use.
// SPDX-License-Identifier: Apache-2.0
#include "ops/memory_pool.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace streamutils {
namespace {

struct Block {
  unsigned char* memory;
  std::size_t size;
  unsigned char fill;

  bool is_whole() const {
    return std::all_of(memory, memory + size, [this](unsigned char c) { return c == fill; });
  }
};

}  // namespace

TEST_CASE("blocks of a pool keep what is in them, whatever comes and goes") {
  std::mt19937 random(9);
  MemoryPool pool;
  std::vector<Block> blocks;
  const auto drop = [&](std::size_t i) {
    REQUIRE(blocks[i].is_whole());
    pool.free(blocks[i].memory, blocks[i].size);
    blocks[i] = blocks.back();
    blocks.pop_back();
  };
  for (int n = 0; n < 50'000; ++n) {
    const std::size_t size = 1 + random() % (random() % 20 == 0 ? 5000 : 1030);
    auto* const memory = static_cast<unsigned char*>(pool.allocate(size));
    REQUIRE(reinterpret_cast<std::uintptr_t>(memory) % 16 == 0);
    const auto fill = static_cast<unsigned char>(random());
    std::memset(memory, fill, size);
    blocks.push_back({memory, size, fill});
    while (blocks.size() > 500 || (!blocks.empty() && random() % 3 == 0)) {
      drop(random() % blocks.size());
    }
  }
  while (!blocks.empty()) drop(blocks.size() - 1);
  CHECK(pool.chunk_bytes() == 0);
}

TEST_CASE("a pool takes little more than twice the most that was in use at once") {
  MemoryPool pool;
  void* const stays = pool.allocate(300);
  for (int round = 0; round < 50; ++round) {
    std::vector<void*> blocks;
    for (int i = 0; i < 1000; ++i) blocks.push_back(pool.allocate(300));
    for (void* block : blocks) pool.free(block, 300);
  }
  CHECK(pool.chunk_bytes() < 2 * 1002 * 320 + (std::size_t{64} << 10));
  pool.free(stays, 300);
  CHECK(pool.chunk_bytes() == 0);
}

}  // namespace streamutils
