// Equality and order of values.
//
// Equality takes anything: values of different types are unequal, numbers are points of one number
// line whatever their types, lists and maps are equal by their elements.  Order is defined for
// numbers, strings, bytes, bools, timestamps and durations, each among themselves.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <optional>

#include "expr/arena.h"
#include "expr/value.h"

namespace streamutils::expr {

// Lists and maps nested deeper than this are not compared or written.
inline constexpr int kMaxValueDepth = 500;

// Nothing if the values are nested too deeply.  NaN equals nothing.
std::optional<bool> equals(Arena& arena, Value a, Value b, int depth = 0);

// Nothing if there is no order between values of these types.
std::optional<std::partial_ordering> order(Value a, Value b);

// Equal values have equal hashes.
std::size_t hash_value(Arena& arena, Value v, int depth = 0);

}  // namespace streamutils::expr
