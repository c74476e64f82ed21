// From the text of an expression to its tree.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "expr/tree.h"

namespace streamutils::expr {

// What an expression may at most be.  Far beyond what anyone writes, and small enough that neither
// the parser nor anything that walks the tree runs out of stack.
inline constexpr std::size_t kMaxText = std::size_t{1} << 20;
inline constexpr int kMaxNesting = 250;  // of brackets and conditionals
inline constexpr int kMaxDepth = 1000;   // of the tree: a + b + c + … nests to the left

// The tree of the whole text.  The message of an error shows the line, with a caret below the
// place.
Result<NodePtr> parse(std::string_view text);

// The tree of the expression at `at`, which ends where no token can continue it; `at` moves to the
// end of its last token.  For texts of several expressions.
Result<NodePtr> parse_prefix(std::string_view text, std::size_t& at);

// Line and column of an offset, both from 1; columns count code points.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};
Position position_of(std::string_view text, std::size_t offset);

// "1:14: what", the line and a caret under the offset.
Error error_at(std::string_view text, std::size_t offset, std::string_view what);

}  // namespace streamutils::expr
