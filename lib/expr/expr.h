// Expr: an expression of the language "CEL for events" (streamutils-expr(7)), compiled once; and
// Evaluator: what computes it, event by event.
//
//     auto expr = Expr::compile("type == \"purchase\" && amount > 100");
//     Evaluator evaluator;
//     evaluator.begin(record);
//     if (evaluator.eval(*expr).is_true()) …
//
// What can be known before the first event is refused by compile: syntax, unknown functions, wrong
// argument counts, bad regular expressions, type errors between literals.  What depends on the
// event is an error value, never an exception, and costs no more than any other value.
//
// An Expr is immutable and cheap to copy.  An Evaluator belongs to one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "expr/value.h"
#include "json/path.h"
#include "json/record.h"

namespace streamutils {

namespace expr {
struct Program;
}  // namespace expr

class Expr {
 public:
  // A member of the event compared with a literal, as in amount > 100.
  struct Term {
    enum class Op : std::uint8_t { equal, unequal, less, less_equal, greater, greater_equal };
    std::string path;     // "amount", "user.id", "this.odd": as Path reads it
    Op op = Op::equal;    // with the member on the left
    expr::Value literal;  // valid as long as the Expr
  };

  // The message of an error shows line, column, the line and a caret.
  static Result<Expr> compile(std::string_view text);

  // An argument of a tool that takes an expression: one without spaces that reads as a path is that
  // path (`response-time`, `items.0.price`), anything else is compiled.
  static Result<Expr> compile_argument(std::string_view text);

  // True if compile_argument takes text as a path.
  static bool is_path(std::string_view text);

  const std::string& text() const;

  // The members that it reads, each once, as paths; "this" where it looks at the whole event.
  // Variables that the tool sets (acc of fold) are among them.
  const std::vector<std::string>& reads() const;

  // The path, if the expression is nothing but one: `amount`, `user.id`, `items.0.price`.
  std::optional<Path> as_path() const;

  // The terms, if the expression is nothing but terms joined by &&; else nothing.
  std::optional<std::vector<Term>> as_terms() const;

  // The terms that must hold for the result to be true, whatever else the expression says: those
  // joined by && at its top.
  std::vector<Term> required_terms() const;

 private:
  friend class Evaluator;
  explicit Expr(std::shared_ptr<const expr::Program> program) : program_(std::move(program)) {}

  std::shared_ptr<const expr::Program> program_;
};

// Why an expression failed on an event.
struct EvalError {
  expr::ErrorKind kind = expr::ErrorKind::no_overload;
  std::uint32_t line = 1;  // where in the expression, both from 1
  std::uint32_t column = 1;
  std::string message;  // "no such field 'amount'"

  // "no such field 'amount' (at 1:14)": one line, without the event.
  std::string text() const;
};

class Evaluator {
 public:
  Evaluator();
  ~Evaluator();
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;

  // Starts on another event.  The record must outlive what eval returns; every value of the last
  // event is invalid from here on, and the variables are gone.
  void begin(const Record& record);
  // The same without an event: every name is missing.
  void begin_empty();

  // Computes it on the event.  The value is valid until the next begin, and no longer than the
  // Expr, whose literals it may refer to.
  expr::Value eval(const Expr& expr);

  // --- Names in front of the event
  // -----------------------------------------------------------------

  // From now on `name` means value, whatever the event has.
  void set(std::string_view name, expr::Value value);

  // What smap's assignments do: sets the member at the path, making objects on the way where there
  // are none.  A member with that literal dotted name wins.  An array index must exist, or be the
  // length. False if the path cannot be set: it leads through a value that has no members.
  bool assign(const Path& path, expr::Value value);

  // From now on the event has no member of that name at its top level.
  void remove(std::string_view name);

  // The value of JSON text, to be set as a variable.  REQUIRES: well-formed JSON without spaces
  // around; valid until the next begin.
  expr::Value from_json(std::string_view json);

  // --- What to make of a value
  // ---------------------------------------------------------------------

  // Says why eval(expr) gave value.  REQUIRES: value.is_error().  Slow: for the first of each
  // error_key.
  EvalError describe(const Expr& expr, expr::Value value) const;

  // The same for errors of one kind at one place of the expression: what to count by.
  static std::uint64_t error_key(expr::Value value) {
    return std::uint64_t{value.node()} << 8 | static_cast<std::uint64_t>(value.error_kind());
  }

  // Describes a result that is no bool where one is wanted: "not a bool but a string".
  static std::string describe_not_bool(expr::Value value);

  // Appends the value as smap writes it.  False, with out unchanged, if it has no JSON: an error,
  // NaN, an infinity, an empty optional, or something nested too deeply; `why` says which.
  bool append_json(std::string& out, expr::Value value, std::string* why = nullptr);

  // The value as a time of the stream: a timestamp, or a number or string as TimeParser reads it.
  static std::optional<Timestamp> to_time(expr::Value value, TimeParser& parser);

 private:
  struct Machine;

  std::unique_ptr<Machine> machine_;
};

}  // namespace streamutils
