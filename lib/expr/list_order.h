// Sorting lists: by their elements, or by keys that an expression gives.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "expr/arena.h"
#include "expr/value.h"

namespace streamutils::expr {

// The values in the order of their keys, equal keys in the order given.  The keys must all be
// numbers, or all of one type that has an order; else no_overload.  NaN comes last.
Value sort_by_keys(Arena& arena, std::span<Entry> keyed);

}  // namespace streamutils::expr
