// The functions of the language: one row each, with its help and an example that the tests run.
//
// A function gets values that are no errors, and checks their types itself: CEL overloads at run
// time. Macros (has, all, map…) and operators are the compiler's business; their rows are here for
// the docs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "expr/value.h"

namespace streamutils::expr {

class Context;

using Arguments = std::span<const Value>;
using FunctionBody = Value (*)(Context&, Arguments);

enum class CallStyle : std::uint8_t {
  global,  // f(x)
  method,  // x.f()
  either,
};

struct Function {
  std::string_view name;  // with its namespace: "math.abs"
  CallStyle style = CallStyle::global;
  std::uint8_t min_arguments = 0;  // the receiver of a method counts
  std::uint8_t max_arguments = 0;
  FunctionBody body = nullptr;
  std::string_view signature;  // "s.indexOf(t[, from])"
  std::string_view help;
  std::string_view example;  // an expression
  std::string_view result;   // what it is equal to; "error" if it fails
};

inline constexpr std::uint8_t kAnyNumber = 255;

// What the parser alone knows: shown in the manual, never called.
struct Macro {
  std::string_view signature;
  std::string_view help;
  std::string_view example;
  std::string_view result;
};

struct Library {
  std::string_view title;
  std::span<const Function> functions;
  std::span<const Macro> macros = {};
};

// All libraries in the order of the manual.
std::span<const Library> libraries();

// The function of that name and style, or nullptr.
const Function* find_function(std::string_view name, CallStyle style);

// The names of all functions, for suggestions; sorted.
const std::vector<std::string_view>& function_names();

// One per library_*.cc file.
Library core_library();
Library time_library();
Library string_library();
Library format_library();
Library math_library();
Library optional_library();
Library comprehension_library();
Library list_library();
Library set_library();
Library regex_library();
Library encoder_library();
Library network_library();

}  // namespace streamutils::expr
