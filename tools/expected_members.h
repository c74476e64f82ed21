// The members that the words of a command line name, for who tells when no event had one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "json/path.h"
#include "ops/aggregate_args.h"
#include "run/absent_members.h"

namespace streamutils {

// Keys, and whatever else is of no use in an event that lacks it.
void expect_members(std::span<const Path> paths, std::vector<ExpectedMember>& members);

// The same for what may well be rare: see ExpectedMember::may_lack.
void expect_rare_members(std::span<const Path> paths, std::vector<ExpectedMember>& members);

// The arguments that are members, not computed from any: what fails in an expression is told there.
void expect_arguments(std::span<const AggregateSpec> aggregates,
                      std::vector<ExpectedMember>& members);
void expect_argument(const Expr& expr, std::vector<ExpectedMember>& members);

}  // namespace streamutils
