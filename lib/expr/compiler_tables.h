// What words and signs mean to the compiler: types, operators, macros with variables.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "expr/number.h"
#include "expr/program.h"

namespace streamutils::expr {

// A macro with variables: how many names come first, then a predicate and a result.
struct LoopMacro {
  std::string_view name;
  std::size_t arguments;
  Loop loop;
  std::size_t variables;
  bool predicate;
  bool result;
};

// The macro of that name with so many arguments, or null.
const LoopMacro* find_loop(std::string_view name, std::size_t arguments);

// True for the names of macros that are methods, for messages.
bool is_macro_name(std::string_view name);

std::optional<Comparison> comparison_of(std::string_view op);

// REQUIRES: op is one of + - * / %.
Arithmetic arithmetic_of(std::string_view op);

}  // namespace streamutils::expr
