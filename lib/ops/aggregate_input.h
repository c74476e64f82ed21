// What aggregates see of an event: the values of their arguments, and which `where` clauses hold.
//
// Arguments and clauses are expressions.  Each is computed once for an event, however often it is
// named, and so is a number read; a member of the event keeps its bytes, and what is computed
// becomes JSON text.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/short_decimal.h"
#include "expr/expr.h"
#include "json/path.h"
#include "json/record.h"
#include "json/value.h"
#include "ops/expression.h"
#include "stream/operator.h"

namespace streamutils {

// A `where`.
class AggregateClause {
 public:
  explicit AggregateClause(const Expr& expr);

  const Expr& expr() const { return expr_; }

  // REQUIRES: the evaluator stands on the event.
  void read(Evaluator& evaluator);
  bool holds() const { return value_.is_true(); }
  bool has_failed() const { return !value_.is(expr::Kind::boolean); }
  void report_failure(const Evaluator& evaluator, Emitter& out);

 private:
  Expr expr_;
  expr::Value value_;
  Failures failures_;
};

// An argument.
class AggregateArgument {
 public:
  explicit AggregateArgument(const Expr& expr);

  const Expr& expr() const { return expr_; }
  bool needs_evaluator() const { return !path_; }
  // For messages: "field 'amount'", or "'price * qty'".
  std::string subject() const;

  void read(const Record& record, Evaluator& evaluator) {
    path_ ? read_member(record) : compute(evaluator);
  }
  void skip() { value_ = {}, is_short_ = failed_ = false; }

  // Missing also if it has failed.  Valid until the record is gone, or read() is called again.
  const Value& value() const { return value_; }
  // The value, if it is a number that is so short, or null.  Valid until read() is called again.
  const ShortDecimal* number() const { return is_short_ ? &number_ : nullptr; }
  bool has_failed() const { return failed_; }
  void report_failure(const Evaluator& evaluator, Emitter& out);

 private:
  void read_member(const Record& record);
  void compute(Evaluator& evaluator);
  void read_number();

  Expr expr_;
  std::optional<Path> path_;  // if it is nothing but one
  Value value_;
  ShortDecimal number_;    // the same
  bool is_short_ = false;  // if it can be
  expr::Value computed_;
  std::string json_;  // what value_ shows of computed_
  std::string why_;   // it has no JSON
  bool failed_ = false;
  Failures failures_;
};

}  // namespace streamutils
