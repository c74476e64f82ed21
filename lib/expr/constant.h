// Keeping values longer than the evaluation that made them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "expr/arena.h"
#include "expr/value.h"

namespace streamutils::expr {

// A copy of v with everything it refers to in `to`; nothing if it is an error or no small value
// (more than about a thousand elements or 64 KiB of text).  from: where v may decode itself.
std::optional<Value> copy_small(Arena& to, Arena& from, Value v);

}  // namespace streamutils::expr
