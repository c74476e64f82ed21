// SPDX-License-Identifier: Apache-2.0
#include "ops/fixed_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace streamutils {

std::uint64_t fixed_hash(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace streamutils
