// Expressions as operators use them: the predicate of `sfilter -e`, and the account of what fails.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "expr/expr.h"
#include "ops/predicate.h"
#include "stream/operator.h"

namespace streamutils {

// An expression that has failed on events: every failure is counted by its kind and place, and the
// first of each is said.
class Failures {
 public:
  // name: of the expression, in messages.
  explicit Failures(std::string name) : name_(std::move(name)) {}

  // REQUIRES: value is an error, and evaluator still stands on its event.
  void report(const Expr& expr, const Evaluator& evaluator, expr::Value value, Emitter& out);

  // The same for a result that nobody can use; why does not depend on the event.
  void report(std::string_view why, Emitter& out) const;

  // "name: no such field 'amount' (at 1:14)".
  std::string describe(const Expr& expr, const Evaluator& evaluator, expr::Value value) const;
  std::string describe(std::string_view why) const;

 private:
  std::string name_;
  absl::flat_hash_map<std::uint64_t, std::string> reasons_;  // by Evaluator::error_key
};

// The events for which the expression is true.  One for which it is neither true nor false has
// failed.
PredicatePtr make_expression(Expr expr, std::string name);

}  // namespace streamutils
