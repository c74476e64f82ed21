// Memory of zeros for large tables that are looked into at random.
//
// From some megabytes on it comes from the system by itself, aligned to huge pages of 2 MiB and
// asking for them: a table that does not fit the translation cache costs a walk through page tables
// for each look otherwise (a third of sdedup's time).  It goes back to the system when it is freed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

namespace streamutils {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

struct FreeZeroed {
  void operator()(std::byte* memory) const;
  std::size_t bytes = 0;
  bool mapped = false;  // from the system, not from the heap
};
using Zeroed = std::unique_ptr<std::byte[], FreeZeroed>;

// Aligned to 64 bytes at least.  Throws std::bad_alloc, as new does.
Zeroed make_zeroed(std::size_t bytes);

// More of it: what it holds, and zeros behind.  From some hundred kilobytes on it is moved by its
// page tables, and not copied.  REQUIRES: bytes >= memory.get_deleter().bytes.
Zeroed grow_zeroed(Zeroed memory, std::size_t bytes);

}  // namespace streamutils
