// smap's operator: sets, renames and drops members of each event, and copies all others byte for
// byte.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "expr/expr.h"
#include "json/path.h"
#include "stream/operator.h"

namespace streamutils {

struct MapAssignment {
  Path target;
  Expr expr;
};

struct MapRename {
  Path from;
  Path to;
};

// In the order in which they apply.
struct MapOptions {
  std::optional<Path> each;                // --each: one event per element of this array
  std::vector<MapAssignment> assignments;  // each sees those before it
  bool only = false;                       // --only: drop all but what was assigned, and `keep`
  std::vector<MapRename> renames;          // -r, one after the other
  std::vector<Path> drop;                  // -d
  std::vector<Path> keep;                  // -k: drop all but these; empty: drop none
  bool strict = false;                     // an assignment that fails makes the record bad
};

OperatorPtr make_map(MapOptions options);

}  // namespace streamutils
