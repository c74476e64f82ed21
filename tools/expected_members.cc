// SPDX-License-Identifier: Apache-2.0
#include "tools/expected_members.h"

namespace streamutils {

void expect_members(std::span<const Path> paths, std::vector<ExpectedMember>& members) {
  for (const Path& path : paths) members.push_back({.path = path});
}

void expect_rare_members(std::span<const Path> paths, std::vector<ExpectedMember>& members) {
  for (const Path& path : paths) members.push_back({.path = path, .may_lack = true});
}

void expect_argument(const Expr& expr, std::vector<ExpectedMember>& members) {
  if (auto path = expr.as_path()) members.push_back({.path = std::move(*path)});
}

void expect_arguments(std::span<const AggregateSpec> aggregates,
                      std::vector<ExpectedMember>& members) {
  for (const AggregateSpec& aggregate : aggregates) {
    if (aggregate.argument) expect_argument(*aggregate.argument, members);
  }
}

}  // namespace streamutils
