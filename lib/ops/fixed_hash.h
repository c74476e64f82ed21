// A hash that is the same in every run and on every machine, for what is seen from outside: which
// copy of a command gets a key, and how a file name is cut.  It is XXH3-64 with seed 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace streamutils {

std::uint64_t fixed_hash(std::string_view bytes);

}  // namespace streamutils
