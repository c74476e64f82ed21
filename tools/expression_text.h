// The text of expressions as tools are given it: in arguments, and in files.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "expr/expr.h"
#include "ops/map.h"

namespace streamutils {

// The content of a file that an option names.
Result<std::string> read_text_file(const std::string& name);

// The one expression that a file holds.
Result<Expr> expression_in_file(const std::string& name);

// NAME=EXPR, an operand of smap.
Result<MapAssignment> assignment_of(const std::string& operand);

// The assignments that a file holds.  Positions in messages are those in the file.
Result<std::vector<MapAssignment>> assignments_in_file(const std::string& name);

}  // namespace streamutils
