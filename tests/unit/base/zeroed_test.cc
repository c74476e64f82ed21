// Memory of zeros that grows: what it held stays, and zeros come behind.
// SPDX-License-Identifier: Apache-2.0
#include "base/zeroed.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <span>
#include <utility>

namespace streamutils {
namespace {

std::span<std::byte> all_of(const Zeroed& memory) {
  return {memory.get(), memory.get_deleter().bytes};
}

bool holds_only(std::span<const std::byte> bytes, std::byte value) {
  return std::ranges::all_of(bytes, [value](std::byte b) { return b == value; });
}

TEST_CASE("memory of zeros is zeros, at every size") {
  for (const std::size_t bytes : {1, 64, 5000, 200'000, 3'000'000}) {
    CAPTURE(bytes);
    CHECK(holds_only(all_of(make_zeroed(bytes)), std::byte{0}));
  }
}

TEST_CASE("memory that grows keeps what it holds, and zeros follow") {
  constexpr std::byte kMark{7};
  Zeroed memory = make_zeroed(100);
  // Across what comes from the heap, grows in small pages, and in huge ones, with and without a
  // part of a page at the end.
  for (const std::size_t bytes : {4096, 100'000, 131'072, 131'073, 500'000, 2'000'000, 2'097'151,
                                  2'097'152, 5'000'001, 8'388'608, 8'388'608, 9'000'000}) {
    CAPTURE(bytes);
    const std::size_t old = memory.get_deleter().bytes;
    std::memset(memory.get(), static_cast<int>(kMark), old);
    memory = grow_zeroed(std::move(memory), bytes);
    REQUIRE(all_of(memory).size() == bytes);
    CHECK(holds_only(all_of(memory).first(old), kMark));
    CHECK(holds_only(all_of(memory).subspan(old), std::byte{0}));
  }
}

}  // namespace
}  // namespace streamutils
