// TextMap: a hash map by text, in which a view is enough to look for.
//
// Abseil's own maps by std::string take a std::string_view only where Abseil is built for C++17.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"

namespace streamutils {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return absl::HashOf(text); }
};

template <typename Value>
using TextMap = absl::flat_hash_map<std::string, Value, TextHash, std::equal_to<>>;

}  // namespace streamutils
