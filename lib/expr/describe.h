// Errors in words.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "expr/arena.h"
#include "expr/program.h"
#include "expr/value.h"

namespace streamutils::expr {

// "no such field 'amount'", "no such overload: string + int".  REQUIRES: error.is_error(), and it
// came out of the program.
std::string error_text(const Program& program, Arena& arena, Value error);

// A short picture of a value for messages: 7, "text", [1, 2…; at most about 60 bytes.
std::string picture(Arena& arena, Value v);

// "string", "int", "list": the type as messages name it.
std::string_view short_type_name(Kind kind);

}  // namespace streamutils::expr
