// The operator of `sgroup FIELDS --top N EXPR`: the N events of each key with the largest EXPR.
//
// An event leaves as its bytes, with its rank behind its members, 1 for the largest.  Of equal
// values the event that happened first comes first, and of equal times the one that came first.
// Numbers are compared as exact decimals, strings by their characters, and any number is larger
// than any string; events for which EXPR gives anything else have no rank.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "expr/expr.h"
#include "json/path.h"
#include "ops/group_order.h"
#include "stream/operator.h"

namespace streamutils {

struct RankOptions {
  std::vector<Path> keys;
  std::uint64_t count;  // N
  Expr by;
  // Write each rank anew when another event takes it, in place of all at the end: an upsert log by
  // key and rank.
  bool changes = false;
  OrderOptions order;                                   // of the rows at the end
  std::size_t max_keys = static_cast<std::size_t>(-1);  // events of more are dropped
};

// REQUIRES: count > 0.
Result<OperatorPtr> make_rank(RankOptions options);

}  // namespace streamutils
