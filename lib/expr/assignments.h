// The text of several assignments, as in the file of `smap -f`.
//
//     # not a comment; // is one
//     total = price * qty          line breaks or ; separate,
//     user.name = this.?name       and an expression may span lines:
//         .orValue("unknown")
//
// An expression ends where no token can continue it, so a name at the start of a line begins the
// next assignment.  A target that is a JSON Pointer (/a/b) stands behind a ';' or at the very
// start, since a
// '/' would continue the expression before it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace streamutils {

struct Assignment {
  std::string target;      // a path
  std::string expression;  // its text
  std::size_t offset = 0;  // of the expression in the whole
  std::size_t line = 1;    // of the target, from 1
};

// The assignments in their order.  Any byte may stand in the text, NUL too.  Refuses what is no
// assignment, with line, column and a caret.
Result<std::vector<Assignment>> parse_assignments(std::string_view text);

// One assignment as an argument, NAME=EXPR: the first '=' separates.  Refuses an empty name or
// expression.
Result<Assignment> parse_assignment(std::string_view text);

}  // namespace streamutils
