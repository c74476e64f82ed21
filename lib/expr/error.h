// Making error values.
//
// They are made where something fails, without knowing where in the expression that is: the node is
// kNoNode until the interpreter, which knows, fills it in.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string_view>

#include "expr/arena.h"
#include "expr/value.h"

namespace streamutils::expr {

inline constexpr std::uint32_t kNoNode = 0xffffffff;

inline Value fail(ErrorKind kind) { return Value::error(kind, kNoNode, nullptr); }

// text: what is wrong, "not an int"; it must outlive the value (a literal, or in the arena).
inline Value fail(Arena& arena, ErrorKind kind, std::string_view text) {
  return Value::error(kind, kNoNode, arena.make(ErrorDetail{text, Value::null(), false}));
}

// subject: what was refused; it is shown after the text.
inline Value fail(Arena& arena, ErrorKind kind, std::string_view text, Value subject) {
  return Value::error(kind, kNoNode, arena.make(ErrorDetail{text, subject, true}));
}

// Kinds of operands, a byte each from the lowest, one more than the kind; 0 ends.
inline Value no_overload(std::initializer_list<Value> operands) {
  std::uint64_t packed = 0;
  int shift = 0;
  for (const Value& v : operands) {
    if (shift == 56) break;
    packed |= (static_cast<std::uint64_t>(v.kind()) + 1) << shift;
    shift += 8;
  }
  return Value::overload_error(kNoNode, packed);
}

}  // namespace streamutils::expr
