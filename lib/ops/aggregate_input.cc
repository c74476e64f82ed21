// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate_input.h"

#include "json/grammar.h"

namespace streamutils {

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

// Most members are short numbers, which are checked and read at once.
void AggregateArgument::read_member(const Record& record) {
  if (!path_->is_name()) {
    value_ = record.get(*path_);
    return read_number();
  }
  const std::string_view raw = record.raw(path_->name());
  is_short_ = !raw.starts_with('"') && read_padded_short(raw, number_);
  value_ = is_short_ ? Value(Kind::number, raw) : record.checked(raw);
}

void AggregateArgument::read_number() {
  is_short_ = value_.is(Kind::number) && read_short(value_.raw(), number_);
}

void AggregateArgument::compute(Evaluator& evaluator) {
  skip();
  computed_ = evaluator.eval(expr_);
  json_.clear();
  failed_ = computed_.is_error() || !evaluator.append_json(json_, computed_, &why_);
  if (failed_) return;
  value_ = {kind_by_first(json_[0]), json_};
  read_number();
}

void AggregateArgument::report_failure(const Evaluator& evaluator, Emitter& out) {
  if (computed_.is_error()) return failures_.report(expr_, evaluator, computed_, out);
  failures_.report(why_, out);
}

}  // namespace streamutils
