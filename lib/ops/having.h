// Having: which rows leave, by an expression over the row itself (`having 'count > 100'`).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "expr/expr.h"
#include "json/record.h"
#include "ops/expression.h"
#include "stream/operator.h"

namespace streamutils {

class Having {
 public:
  // nullopt: all rows leave.
  explicit Having(std::optional<Expr> expr) : expr_(std::move(expr)) {}

  bool is_needed() const { return expr_.has_value(); }

  // True if the row, a JSON object, is to leave.  One for which the expression is neither true nor
  // false stays; that is counted, and the first is said.  Appends padding to the row while it
  // looks.
  bool lets_through(std::string& row, Emitter& out);

 private:
  std::optional<Expr> expr_;
  Evaluator evaluator_;
  Record record_;
  Failures failures_{"having"};
};

}  // namespace streamutils
