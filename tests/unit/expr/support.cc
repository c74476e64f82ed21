// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "expr/arena.h"
#include "expr/container.h"
#include "expr/json_output.h"
#include "expr/number.h"

namespace streamutils::expr::test {
namespace {

std::string show_in(Arena& arena, Value v) {
  std::string text(type_name(v.kind()));
  text += ' ';
  if (v.is_error()) return text += name_of(v.error_kind());
  if (v.is_numeric()) {
    append_number(text, v);
  } else if (v.is(Kind::list)) {
    std::string inner;
    for (const Value& item : elements(arena, v)) {
      if (!inner.empty()) inner += ", ";
      inner += show_in(arena, item);
    }
    ((text += '[') += inner) += ']';
  } else if (v.is(Kind::map)) {
    std::string inner;
    for (const Entry& e : entries(arena, v)) {
      if (!inner.empty()) inner += ", ";
      inner += show_in(arena, e.key);
      (inner += ": ") += show_in(arena, e.value);
    }
    ((text += '{') += inner) += '}';
  } else if (v.is(Kind::optional)) {
    text += v.content() == nullptr ? "none" : "of ";
    if (v.content() != nullptr) text += show_in(arena, *v.content());
  } else {
    append_json(arena, text, v);
  }
  return text;
}

}  // namespace

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::no_such_field:
      return "no_such_field";
    case ErrorKind::no_such_key:
      return "no_such_key";
    case ErrorKind::out_of_range:
      return "out_of_range";
    case ErrorKind::no_overload:
      return "no_overload";
    case ErrorKind::division_by_zero:
      return "division_by_zero";
    case ErrorKind::overflow:
      return "overflow";
    case ErrorKind::bad_value:
      return "bad_value";
    case ErrorKind::too_large:
      return "too_large";
    case ErrorKind::damaged:
      return "damaged";
  }
  return "?";
}

std::string show(Value v) {
  Arena arena;
  return show_in(arena, v);
}

std::string result_of(std::string_view text, std::string_view event) {
  const auto expr = Expr::compile(text);
  if (!expr) return "refused";
  const Event e(event);
  Evaluator evaluator;
  evaluator.begin(e.record());
  return show(evaluator.eval(*expr));
}

std::string json_of(std::string_view text, std::string_view event) {
  const auto expr = Expr::compile(text);
  if (!expr) return "refused";
  const Event e(event);
  Evaluator evaluator;
  evaluator.begin(e.record());
  const Value v = evaluator.eval(*expr);
  if (v.is_error()) return show(v);
  std::string json;
  return evaluator.append_json(json, v) ? json : "unset";
}

std::string message_of(std::string_view text, std::string_view event) {
  const auto expr = Expr::compile(text);
  if (!expr) return expr.error().message;
  const Event e(event);
  Evaluator evaluator;
  evaluator.begin(e.record());
  const Value v = evaluator.eval(*expr);
  return v.is_error() ? evaluator.describe(*expr, v).text() : std::string();
}

std::string refusal_of(std::string_view text) {
  const auto expr = Expr::compile(text);
  return expr ? "" : expr.error().message;
}

std::string complaint(const Row& row) {
  const std::string got = result_of(row.text, row.event);
  const std::string_view expected = row.expected;
  const bool failed = got.starts_with("error") || got == "refused";
  if (expected == "no") return failed ? "" : got;
  if (expected.starts_with("error")) return got.starts_with(expected) ? "" : got;
  const std::string wanted = result_of(expected, row.event);
  if (got == wanted && !failed) return "";
  return got + " instead of " + wanted;
}

}  // namespace streamutils::expr::test
