// From the tree of an expression to its program: names and macros are resolved, constants folded,
// and what must fail on every event is refused.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "expr/program.h"
#include "expr/tree.h"

namespace streamutils::expr {

// source: the text that the offsets of the tree refer to.
Result<std::shared_ptr<const Program>> compile_tree(const Node& tree, std::string_view source);

// The program of an argument that is a path.
Result<std::shared_ptr<const Program>> compile_path(std::string_view text);

// The type that a bare name means where there is no field of it.
std::optional<Kind> type_of_name(std::string_view name);

}  // namespace streamutils::expr
