// Setting members in front of the event, as smap's assignments do.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "expr/context.h"
#include "expr/value.h"
#include "json/path.h"

namespace streamutils::expr {

// See Evaluator::assign.
bool assign(Context& context, const Path& path, Value value);

}  // namespace streamutils::expr
