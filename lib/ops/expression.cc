// SPDX-License-Identifier: Apache-2.0
#include "ops/expression.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include "ops/fixed_text.h"

namespace streamutils {
namespace {

// What to count by: unlike the message it never holds anything of the event.
std::string_view name_of(expr::ErrorKind kind) {
  switch (kind) {
    case expr::ErrorKind::no_such_field:
      return "no such field";
    case expr::ErrorKind::no_such_key:
      return "no such key";
    case expr::ErrorKind::out_of_range:
      return "out of range";
    case expr::ErrorKind::no_overload:
      return "wrong type";
    case expr::ErrorKind::division_by_zero:
      return "division by zero";
    case expr::ErrorKind::overflow:
      return "overflow";
    case expr::ErrorKind::bad_value:
      return "bad value";
    case expr::ErrorKind::too_large:
      return "too large";
    case expr::ErrorKind::damaged:
      return "not a number";
  }
  return "error";
}

bool is_plain_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c == '_' || (c < 0x80 && std::isalnum(c) != 0);
  });
}

// What `name == "text"`, joined by && at the top, says of a line without the text: where a string
// is in the member the comparison is false, and so is the whole, whatever else fails.  Nothing in
// the member, or a number that is none, may be an error, which counts.
RequiredText required_text_of(const Expr& expr) {
  RequiredText longest;
  for (const Expr::Term& term : expr.required_terms()) {
    if (term.op != Expr::Term::Op::equal || !term.literal.is(expr::Kind::string)) continue;
    if (term.path.size() > RequiredText::kMaxSize || !is_plain_name(term.path)) continue;
    std::string text = fixed_stretch_of_string(term.literal.text());
    if (text.size() > RequiredText::kMaxSize) text.resize(RequiredText::kMaxSize);
    if (text.size() > longest.text.size()) longest = {std::move(text), term.path};
  }
  return longest;
}

class Expression final : public Predicate {
 public:
  Expression(Expr expr, std::string name) : expr_(std::move(expr)), failures_(std::move(name)) {}

  bool matches(const Record& record, Emitter&) override {
    evaluator_.begin(record);
    result_ = evaluator_.eval(expr_);
    return result_.is(expr::Kind::boolean) && result_.as_bool();
  }

  bool has_failed() const override { return !result_.is(expr::Kind::boolean); }

  RequiredText required_text() const override { return required_text_of(expr_); }

  void report_failure(Emitter& out) override {
    if (result_.is_error()) return failures_.report(expr_, evaluator_, result_, out);
    failures_.report(Evaluator::describe_not_bool(result_), out);
  }

 private:
  Expr expr_;
  Evaluator evaluator_;
  expr::Value result_;
  Failures failures_;
};

}  // namespace

void Failures::report(const Expr& expr, const Evaluator& evaluator, expr::Value value,
                      Emitter& out) {
  std::string& reason = reasons_[Evaluator::error_key(value)];
  if (reason.empty()) {
    const EvalError error = evaluator.describe(expr, value);
    reason = name_ + ": " + std::string(name_of(error.kind)) + " at " + std::to_string(error.line) +
             ":" + std::to_string(error.column);
  }
  if (out.count_failure(reason)) out.say(describe(expr, evaluator, value));
}

void Failures::report(std::string_view why, Emitter& out) const {
  const std::string reason = describe(why);
  if (out.count_failure(reason)) out.say(reason);
}

std::string Failures::describe(const Expr& expr, const Evaluator& evaluator,
                               expr::Value value) const {
  return describe(evaluator.describe(expr, value).text());
}

std::string Failures::describe(std::string_view why) const {
  return name_ + ": " + std::string(why);
}

PredicatePtr make_expression(Expr expr, std::string name) {
  return std::make_unique<Expression>(std::move(expr), std::move(name));
}

}  // namespace streamutils
