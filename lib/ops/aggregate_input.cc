// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate_input.h"

namespace streamutils {
namespace {

// The kind of value that well-formed JSON text is.
Kind kind_of(std::string_view json) {
  switch (json[0]) {
    case '{':
      return Kind::object;
    case '[':
      return Kind::array;
    case '"':
      return Kind::string;
    case 't':
    case 'f':
      return Kind::boolean;
    case 'n':
      return Kind::null;
    default:
      return Kind::number;
  }
}

}  // namespace

AggregateClause::AggregateClause(const Expr& expr)
    : expr_(expr), failures_("where " + expr.text()) {}

void AggregateClause::read(Evaluator& evaluator) { value_ = evaluator.eval(expr_); }

void AggregateClause::report_failure(const Evaluator& evaluator, Emitter& out) {
  if (value_.is_error()) return failures_.report(expr_, evaluator, value_, out);
  failures_.report(Evaluator::describe_not_bool(value_), out);
}

AggregateArgument::AggregateArgument(const Expr& expr)
    : expr_(expr), path_(expr.as_path()), failures_("'" + expr.text() + "'") {}

std::string AggregateArgument::subject() const {
  return (path_ ? "field '" : "'") + expr_.text() + "'";
}

void AggregateArgument::read(const Record& record, Evaluator& evaluator) {
  if (path_) {
    value_ = record.get(*path_);
  } else {
    compute(evaluator);
  }
}

void AggregateArgument::compute(Evaluator& evaluator) {
  skip();
  computed_ = evaluator.eval(expr_);
  json_.clear();
  failed_ = computed_.is_error() || !evaluator.append_json(json_, computed_, &why_);
  if (!failed_) value_ = {kind_of(json_), json_};
}

void AggregateArgument::report_failure(const Evaluator& evaluator, Emitter& out) {
  if (computed_.is_error()) return failures_.report(expr_, evaluator, computed_, out);
  failures_.report(why_, out);
}

}  // namespace streamutils
