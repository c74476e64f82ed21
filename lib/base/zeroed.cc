// SPDX-License-Identifier: Apache-2.0
#include "base/zeroed.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace streamutils {
namespace {

constexpr std::size_t kSmallPage = 4096;
constexpr std::size_t kMedium = std::size_t{128} << 10;
constexpr std::size_t kCacheLine = 64;

std::size_t rounded_up(std::size_t n, std::size_t unit) { return (n + unit - 1) / unit * unit; }

bool is_large(std::size_t bytes) { return bytes >= kHugePage; }

// What grows by its page tables, in small pages: below it a copy costs no more.
bool is_medium(std::size_t bytes) { return bytes >= kMedium && !is_large(bytes); }

std::byte* map_zeroed(std::size_t bytes) {
  const std::size_t size = rounded_up(bytes, kSmallPage);
  void* mapped =
      mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* begin = static_cast<std::byte*>(mapped);
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const std::size_t before = rounded_up(address, kHugePage) - address;
  if (before > 0) munmap(begin, before);
  munmap(begin + before + size, kHugePage - before);
  // Only pages that are used whole: the rest would take memory for nothing.  A kernel without huge
  // pages refuses, which does no harm.
  madvise(begin + before, size / kHugePage * kHugePage, MADV_HUGEPAGE);
  return begin + before;
}

// Moves the huge pages that are whole from one mapping to another, which is as large at least;
// returns how many bytes that are.  Each by itself: the kernel may keep them as several mappings.
// What is behind them is for the caller to copy, for its small pages would stay small.
std::size_t move_huge_pages(std::byte* from, std::size_t size, std::byte* to) {
  std::size_t at = 0;
  for (; at + kHugePage <= size; at += kHugePage) {
    const void* const moved =
        mremap(from + at, kHugePage, kHugePage, MREMAP_MAYMOVE | MREMAP_FIXED, to + at);
    if (moved != to + at) break;
  }
  return at;
}

std::byte* map_medium(std::size_t bytes) {
  void* mapped = mmap(nullptr, rounded_up(bytes, kSmallPage), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(mapped);
}

// REQUIRES: both sizes are medium.
std::byte* grow_medium(std::byte* memory, std::size_t old, std::size_t bytes) {
  void* grown =
      mremap(memory, rounded_up(old, kSmallPage), rounded_up(bytes, kSmallPage), MREMAP_MAYMOVE);
  if (grown == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(grown);
}

std::byte* allocate_zeroed(std::size_t bytes) {
  const std::size_t size = rounded_up(bytes, kCacheLine);
  void* memory = std::aligned_alloc(kCacheLine, size);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, size);
  return static_cast<std::byte*>(memory);
}

}  // namespace

void FreeZeroed::operator()(std::byte* memory) const {
  if (mapped) {
    munmap(memory, rounded_up(bytes, kSmallPage));
  } else {
    std::free(memory);
  }
}

Zeroed make_zeroed(std::size_t bytes) {
  const bool large = is_large(bytes);
  return Zeroed(large ? map_zeroed(bytes) : allocate_zeroed(bytes), FreeZeroed{bytes, large});
}

Zeroed grow_zeroed(Zeroed memory, std::size_t bytes) {
  const std::size_t old = memory.get_deleter().bytes;
  if (is_medium(bytes) && memory.get_deleter().mapped) {
    std::byte* const grown = grow_medium(memory.get(), old, bytes);
    static_cast<void>(memory.release());
    return Zeroed(grown, FreeZeroed{bytes, true});
  }
  Zeroed larger =
      is_medium(bytes) ? Zeroed(map_medium(bytes), FreeZeroed{bytes, true}) : make_zeroed(bytes);
  const std::size_t moved = is_large(old) ? move_huge_pages(memory.get(), old, larger.get()) : 0;
  if (old > moved) std::memcpy(larger.get() + moved, memory.get() + moved, old - moved);
  if (moved > 0) {
    // Where the moved pages were, another thread may have mapped something meanwhile.
    std::byte* const rest = memory.release() + moved;
    if (old > moved) munmap(rest, rounded_up(old - moved, kSmallPage));
  }
  return larger;
}

}  // namespace streamutils
