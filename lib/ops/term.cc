// Terms: finding the operator, and the predicate that a term becomes.
// SPDX-License-Identifier: Apache-2.0
#include "ops/term.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "json/path.h"
#include "ops/term_check.h"

namespace streamutils {
namespace {

struct OperatorRow {
  std::string_view text;
  TermOp op;
};

// Longer ones first: the first that fits is the longest.
constexpr std::array kOperators = {
    OperatorRow{"==", TermOp::equal},         OperatorRow{"!=", TermOp::not_equal},
    OperatorRow{"<=", TermOp::less_or_equal}, OperatorRow{">=", TermOp::greater_or_equal},
    OperatorRow{"!~", TermOp::not_matches},   OperatorRow{"=~", TermOp::refused},
    OperatorRow{"=>", TermOp::refused},       OperatorRow{"=<", TermOp::refused},
    OperatorRow{"=", TermOp::equal},          OperatorRow{"<", TermOp::less},
    OperatorRow{">", TermOp::greater},        OperatorRow{"~", TermOp::matches},
};

const OperatorRow* operator_at(std::string_view text) {
  for (const OperatorRow& row : kOperators) {
    if (text.starts_with(row.text)) return &row;
  }
  return nullptr;
}

class Term final : public Predicate {
 public:
  Term(std::string_view text, Path path, bool negated, CheckPtr check)
      : text_(text), path_(std::move(path)), negated_(negated), check_(std::move(check)) {
    reason_ = "field '" + path_.text() + "' is not " + std::string(check_->wanted());
  }

  bool matches(const Record& record, Emitter& out) override {
    if (!path_.is_name()) return matches(record.get(path_), out);
    const std::string_view raw = record.raw(path_.name());
    if (const auto answer = check_->check_raw(raw)) return (*answer == Answer::yes) != negated_;
    return matches(record.checked(raw), out);
  }

  RequiredText required_text() const override {
    if (negated_) return {};
    return {.text = check_->required_text().substr(0, RequiredText::kMaxSize), .member = {}};
  }

 private:
  bool matches(Value value, Emitter& out) const {
    if (!value.exists()) return negated_;
    const Answer answer = check_->check(value);
    if (answer == Answer::wrong_type) complain(value, out);
    return (answer == Answer::yes) != negated_;
  }

  void complain(Value value, Emitter& out) const {
    if (!out.count(reason_)) return;
    out.say(reason_ + ": " + describe(value) + " (so " + (negated_ ? "passes" : "fails") +
            " the term " + text_ + ")");
  }

  // A string in quotes, what is long by its beginning.
  static std::string describe(Value value) {
    const std::string_view raw = value.raw();
    if (value.is(Kind::string)) return quote(raw.substr(1, raw.size() - 2));
    const bool simple = !value.is(Kind::array) && !value.is(Kind::object) && raw.size() <= 40;
    return simple ? std::string(raw) : std::string(to_string(value.kind())) + ' ' + quote(raw);
  }

  std::string text_;
  Path path_;
  bool negated_;
  CheckPtr check_;
  std::string reason_;
};

// "a,b\,c" -> "a", "b,c".  No other escape exists: a backslash before anything else is itself.
std::vector<std::string> split_list(std::string_view value) {
  std::vector<std::string> values(1);
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == ',') {
      values.emplace_back();
    } else if (value.substr(i, 2) == "\\,") {
      values.back() += value[++i];
    } else {
      values.back() += value[i];
    }
  }
  return values;
}

OrderSet accepted_by(TermOp op) {
  const bool less = op == TermOp::less || op == TermOp::less_or_equal;
  const bool equal = op == TermOp::less_or_equal || op == TermOp::greater_or_equal;
  return {.less = less, .equal = equal, .greater = !less};
}

Result<CheckPtr> make_check(const TermParts& parts, const TimeSyntax& times) {
  switch (parts.kind) {
    case TermOp::equal:
    case TermOp::not_equal:
      return make_equal_check(split_list(parts.value));
    case TermOp::matches:
    case TermOp::not_matches:
      return make_regex_check(std::string(parts.value));
    default:
      return make_order_check(accepted_by(parts.kind), std::string(parts.value), times);
  }
}

Error refuse_operator(std::string_view text, const TermParts& parts) {
  const std::string_view right = parts.op == "=~" ? "~" : parts.op == "=>" ? ">=" : "<=";
  const std::string field(parts.field);
  const std::string rest(parts.value);
  return Error{"'" + std::string(text) + "': there is no operator '" + std::string(parts.op) +
               "': write " + field + std::string(right) + rest + ", or " + field +
               "==" + std::string(parts.op.substr(1)) + rest + " for a value that begins with '" +
               std::string(parts.op.substr(1)) + "'"};
}

bool has_space_around(const TermParts& parts) {
  return parts.field.ends_with(' ') || parts.value.starts_with(' ');
}

Error in_term(std::string_view text, const std::string& message) {
  return Error{"'" + std::string(text) + "': " + message};
}

}  // namespace

std::optional<TermParts> split_term(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const OperatorRow* row = operator_at(text.substr(i))) {
      return TermParts{text.substr(0, i), row->text, text.substr(i + row->text.size()), row->op};
    }
  }
  return std::nullopt;
}

Result<PredicatePtr> make_term(std::string_view text, const TimeSyntax& times) {
  const auto parts = split_term(text);
  if (!parts) return in_term(text, "no operator (one of = != < <= > >= ~ !~)");
  if (has_space_around(*parts)) {
    return in_term(text, "a term has no spaces around its operator; for an expression use -e");
  }
  if (parts->kind == TermOp::refused) return refuse_operator(text, *parts);
  if (parts->field.empty()) {
    return in_term(text, "no field before '" + std::string(parts->op) + "'");
  }
  auto path = Path::parse(parts->field);
  if (!path) return in_term(text, path.error().message);
  auto check = make_check(*parts, times);
  if (!check) return in_term(text, check.error().message);
  const bool negated = parts->kind == TermOp::not_equal || parts->kind == TermOp::not_matches;
  return PredicatePtr(std::make_unique<Term>(text, std::move(*path), negated, std::move(*check)));
}

}  // namespace streamutils
