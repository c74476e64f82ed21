// SPDX-License-Identifier: Apache-2.0
#include "expr/expr.h"

#include <fmt/format.h>

#include <algorithm>

#include "expr/assign.h"
#include "expr/compiler.h"
#include "expr/container.h"
#include "expr/context.h"
#include "expr/describe.h"
#include "expr/interpreter.h"
#include "expr/json_output.h"
#include "expr/number.h"
#include "expr/parser.h"
#include "expr/program.h"
#include "expr/time_value.h"

namespace streamutils {
namespace {

using expr::Code;
using expr::Instruction;
using expr::Program;

// --- Plain comparisons ---------------------------------------------------------------------------

Expr::Term::Op op_of(expr::Comparison c) { return static_cast<Expr::Term::Op>(c); }

// 7 < a is a > 7.
Expr::Term::Op mirrored(Expr::Term::Op op) {
  using Op = Expr::Term::Op;
  switch (op) {
    case Op::less:
      return Op::greater;
    case Op::less_equal:
      return Op::greater_equal;
    case Op::greater:
      return Op::less;
    case Op::greater_equal:
      return Op::less_equal;
    default:
      return op;
  }
}

std::optional<std::string> path_of(const Program& p, const Instruction& i) {
  switch (i.code) {
    case Code::field:
      return std::string(p.names[i.a].text);
    case Code::chain:
      return std::string(p.chains[i.a].prefixes.back());
    case Code::path:
      return p.paths[i.a].text();
    default:
      return std::nullopt;
  }
}

std::optional<Expr::Term> term_of(const Program& p, std::uint32_t node) {
  const Instruction& i = p.code[node];
  if (i.code != Code::compare) return std::nullopt;
  const Instruction* left = &p.code[i.a];
  const Instruction* right = &p.code[i.b];
  auto op = op_of(static_cast<expr::Comparison>(i.option));
  if (left->code == Code::constant) {
    std::swap(left, right);
    op = mirrored(op);
  }
  auto path = path_of(p, *left);
  if (!path || right->code != Code::constant) return std::nullopt;
  return Expr::Term{std::move(*path), op, p.constants[right->a]};
}

// The operands of && at the top, or the whole expression.
std::vector<std::uint32_t> conjuncts(const Program& p) {
  const Instruction& root = p.code[p.root];
  if (root.code != Code::all_of) return {p.root};
  const auto first = p.operands.begin() + root.b;
  return {first, first + root.count};
}

// --- Arguments that are paths --------------------------------------------------------------------

bool is_path_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '@' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

// --- Expr ----------------------------------------------------------------------------------------

Result<Expr> Expr::compile(std::string_view text) {
  auto tree = expr::parse(text);
  if (!tree) return tree.error();
  auto program = expr::compile_tree(**tree, text);
  if (!program) return program.error();
  return Expr(std::move(*program));
}

Result<Expr> Expr::compile_argument(std::string_view text) {
  if (!is_path(text)) return compile(text);
  auto program = expr::compile_path(text);
  if (!program) return program.error();
  return Expr(std::move(*program));
}

bool Expr::is_path(std::string_view text) {
  if (text.empty() || text == "true" || text == "false" || text == "null") return false;
  if (text[0] == '/') return text.find_first_of(" \t\n") == std::string_view::npos;
  const bool starts_as_number =
      (text[0] >= '0' && text[0] <= '9') || text[0] == '-' || text[0] == '.';
  return !starts_as_number && text.back() != '.' && text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), is_path_byte);
}

const std::string& Expr::text() const { return program_->source; }

const std::vector<std::string>& Expr::reads() const { return program_->reads; }

std::optional<Path> Expr::as_path() const {
  const Instruction& root = program_->code[program_->root];
  if (root.code == Code::whole) return *Path::parse("this");
  const auto text = path_of(*program_, root);
  if (!text) return std::nullopt;
  auto path = Path::parse(*text);
  return path ? std::optional(std::move(*path)) : std::nullopt;
}

std::optional<std::vector<Expr::Term>> Expr::as_terms() const {
  auto terms = required_terms();
  if (terms.size() != conjuncts(*program_).size()) return std::nullopt;
  return terms;
}

std::vector<Expr::Term> Expr::required_terms() const {
  std::vector<Term> terms;
  for (const std::uint32_t node : conjuncts(*program_)) {
    if (auto term = term_of(*program_, node)) terms.push_back(std::move(*term));
  }
  return terms;
}

std::string EvalError::text() const { return fmt::format("{} (at {}:{})", message, line, column); }

// --- Evaluator -----------------------------------------------------------------------------------

struct Evaluator::Machine {
  expr::Context context;
  expr::Interpreter interpreter{context};
};

Evaluator::Evaluator() : machine_(std::make_unique<Machine>()) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

void Evaluator::begin(const Record& record) { machine_->context.begin(&record); }
void Evaluator::begin_empty() { machine_->context.begin(nullptr); }

expr::Value Evaluator::eval(const Expr& expr) { return machine_->interpreter.run(*expr.program_); }

void Evaluator::set(std::string_view name, expr::Value value) {
  machine_->context.set_variable(name, value);
}

bool Evaluator::assign(const Path& path, expr::Value value) {
  return expr::assign(machine_->context, path, value);
}

void Evaluator::remove(std::string_view name) { machine_->context.hide_field(name); }

expr::Value Evaluator::from_json(std::string_view json) {
  return expr::from_json_text(machine_->context.arena(), machine_->context.arena().copy(json));
}

EvalError Evaluator::describe(const Expr& expr, expr::Value value) const {
  const Program& p = *expr.program_;
  EvalError e;
  e.kind = value.error_kind();
  if (value.node() < p.code.size()) {
    const auto position = expr::position_of(p.source, p.code[value.node()].offset);
    e.line = position.line;
    e.column = position.column;
  }
  e.message = expr::error_text(p, machine_->context.arena(), value);
  return e;
}

std::string Evaluator::describe_not_bool(expr::Value value) {
  return fmt::format("not a bool but {}", expr::short_type_name(value.kind()));
}

bool Evaluator::append_json(std::string& out, expr::Value value, std::string* why) {
  using expr::JsonTrouble;
  const JsonTrouble trouble = expr::append_json(machine_->context.arena(), out, value);
  if (why != nullptr && trouble != JsonTrouble::none) {
    *why = trouble == JsonTrouble::not_finite ? "NaN and infinities have no JSON"
           : trouble == JsonTrouble::empty    ? "the optional is empty"
           : trouble == JsonTrouble::too_deep ? "nested too deeply"
                                              : "an error";
  }
  return trouble == JsonTrouble::none;
}

std::optional<Timestamp> Evaluator::to_time(expr::Value value, TimeParser& parser) {
  if (value.is(expr::Kind::string)) return parser.parse_string(value.text());
  if (value.is_numeric()) {
    std::string text;
    expr::append_number(text, value);
    return parser.parse_number(text);
  }
  if (!value.is(expr::Kind::timestamp)) return std::nullopt;
  __extension__ typedef __int128 Int128;
  const Int128 wide = Int128{value.seconds()} * expr::kSecond + value.nanos();
  const auto nanos = static_cast<std::int64_t>(wide);
  if (nanos != wide) return std::nullopt;
  return from_nanos(nanos);
}

}  // namespace streamutils
