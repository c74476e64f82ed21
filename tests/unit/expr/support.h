// What the tests of expressions share: one event, one expression, and what came out, as text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "../../event.h"
#include "expr/expr.h"

namespace streamutils::expr::test {

using streamutils::testing::Event;

// A value with its type, so that 1, 1u and 1.0 differ: "int 1", "list [int 1, string \"a\"]".
std::string show(Value v);

// What the expression gives on the event: show(value); "error KIND" for an error; "refused" if it
// does not compile.
std::string result_of(std::string_view text, std::string_view event = "{}");

// The same as JSON, as smap writes it; "error KIND", "refused", "unset" if the value has no JSON.
std::string json_of(std::string_view text, std::string_view event = "{}");

// The message of the error on the event, with its position; empty if there is none.
std::string message_of(std::string_view text, std::string_view event = "{}");

// The message of compile; empty if the expression is accepted.
std::string refusal_of(std::string_view text);

// A row of a table: the expression gives on the event what `expected` gives on it too, in value and
// type; or fails ("error"), or is refused or fails ("no").
struct Row {
  const char* text;
  const char* expected;
  const char* event = "{}";
};

// Empty if the row holds, else what came instead.
std::string complaint(const Row& row);

std::string_view name_of(ErrorKind kind);

}  // namespace streamutils::expr::test
