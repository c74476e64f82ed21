// The words that the operands of a tool can be, beside files: for its completions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "run/completions.h"
#include "run/tool.h"

namespace streamutils {

// Empty for a tool whose operands are terms, expressions, fields or files.
OperandWords operand_words(const Tool& tool);

}  // namespace streamutils
