// A walk over the flat program.  The common codes are handled in one switch; loops, optionals and
// builders of containers are called out of it, so that its frame stays small.
// SPDX-License-Identifier: Apache-2.0
#include "expr/interpreter.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "expr/compare.h"
#include "expr/container.h"
#include "expr/error.h"
#include "expr/list_order.h"
#include "expr/number.h"
#include "expr/time_value.h"

namespace streamutils::expr {
namespace {

template <typename T>
bool holds(Comparison op, const T& a, const T& b) {
  switch (op) {
    case Comparison::less:
      return a < b;
    case Comparison::less_equal:
      return a <= b;
    case Comparison::greater:
      return a > b;
    case Comparison::greater_equal:
      return a >= b;
    case Comparison::equal:
      return a == b;
    case Comparison::unequal:
      return a != b;
  }
  return false;
}

Value add(Arena& arena, Value a, Value b) {
  if (a.is(Kind::list) && b.is(Kind::list)) return concatenate(arena, a, b);
  if (a.kind() == b.kind() && (a.is(Kind::string) || a.is(Kind::bytes))) {
    const std::string_view x = a.text();
    const std::string_view y = b.text();
    if (!arena.room(x.size() + y.size())) return fail(ErrorKind::too_large);
    char* p = arena.allocate(x.size() + y.size());
    std::copy(x.begin(), x.end(), p);
    std::copy(y.begin(), y.end(), p + x.size());
    const std::string_view joined(p, x.size() + y.size());
    return a.is(Kind::string) ? Value::string(joined) : Value::bytes(joined);
  }
  return add_times(a, b);
}

}  // namespace

Value Interpreter::run(const Program& program, std::uint32_t node) {
  program_ = &program;
  context_.restart_steps();
  if (slots_.size() < program.slots) slots_.resize(program.slots);
  return eval(node);
}

Value Interpreter::eval(std::uint32_t node) {
  const Instruction& i = program_->code[node];
  switch (i.code) {
    case Code::constant:
      return program_->constants[i.a];
    case Code::local:
      return slots_[i.a];
    case Code::field:
      return placed(field(i), node);
    case Code::compare:
      return compare(i, node);
    case Code::arithmetic:
      return arithmetic(i, node);
    case Code::all_of:
      return all_of(i, node);
    case Code::any_of:
      return any_of(i, node);
    case Code::conditional:
      return conditional(i, node);
    case Code::call:
      return call(i, node);
    default:
      return placed(eval_rare(i, node), node);
  }
}

Value Interpreter::eval_rare(const Instruction& i, std::uint32_t node) {
  switch (i.code) {
    case Code::chain:
      return chain(i, program_->chains[i.a].steps.size());
    case Code::path:
      return path(i);
    case Code::whole:
      return context_.whole_event();
    case Code::has_field:
      return Value::boolean(context_.lookup(program_->names[i.a].text).has_value());
    case Code::has_chain:
      return has_chain(i);
    case Code::list:
      return list(i);
    case Code::map:
      return map(i);
    case Code::loop:
      return loop(i);
    case Code::bind:
      slots_[i.d] = eval(i.a);
      return eval(i.b);
    case Code::optional_or:
    case Code::optional_or_value:
      return optional_or(i);
    case Code::optional_map:
    case Code::optional_flat_map:
      return optional_map(i);
    case Code::optional_field: {
      const auto found = context_.lookup(program_->names[i.a].text);
      return Value::optional(found ? arena_.make(*found) : nullptr);
    }
    case Code::index:
    case Code::optional_index:
    case Code::in:
      return eval_binary(i, node);
    default:
      return eval_unary(i, node);
  }
}

Value Interpreter::eval_unary(const Instruction& i, std::uint32_t node) {
  const Value a = eval(i.a);
  if (a.is_error()) return a;
  switch (i.code) {
    case Code::has_member:
      return has_member(a, program_->names[i.b].text);
    case Code::select:
      return select(a, program_->names[i.b].text);
    case Code::optional_select:
      return optional_select(a, program_->names[i.b].text);
    case Code::logical_not:
      return a.is(Kind::boolean) ? Value::boolean(!a.as_bool()) : not_bool(a, node, i.a);
    case Code::negate:
      return blame(negate(a), node, {{i.a}});
    default:
      return matches(i, node, a);
  }
}

Value Interpreter::matches(const Instruction& i, std::uint32_t node, Value text) {
  if (!text.is(Kind::string)) return blame(no_overload({text, Value::string("")}), node, {{i.a}});
  const re2::StringPiece piece(text.text().data(), text.text().size());
  return Value::boolean(re2::RE2::PartialMatch(piece, *program_->regexes[i.b]));
}

Value Interpreter::eval_binary(const Instruction& i, std::uint32_t node) {
  const Value a = eval(i.a);
  if (a.is_error()) return a;
  const Value b = eval(i.b);
  if (b.is_error()) return b;
  if (i.code == Code::optional_index) return optional_index(a, b);
  return blame(i.code == Code::index ? index(a, b) : contains(a, b), node, {{i.a, i.b}});
}

Value Interpreter::blame(Value error, std::uint32_t node, std::span<const std::uint32_t> operands) {
  if (!error.is_error() || error.error_kind() != ErrorKind::no_overload) return error;
  for (const std::uint32_t operand : operands) {
    const Instruction& i = program_->code[operand];
    if (i.code != Code::field || !program_->names[i.a].type) continue;
    if (!context_.lookup(program_->names[i.a].text)) {
      return fail(ErrorKind::no_such_field).at(operand);
    }
  }
  return placed(error, node);
}

// An operand that had to be a bool.
Value Interpreter::not_bool(Value v, std::uint32_t node, std::uint32_t operand) {
  return blame(no_overload({v}), node, {&operand, 1});
}

// --- Names ---------------------------------------------------------------------------------------

Value Interpreter::field(const Instruction& i) {
  const Name& name = program_->names[i.a];
  const Value v = context_.field(name.wanted);
  if (!v.is_error()) return v;
  return name.type && v.error_kind() == ErrorKind::no_such_field ? Value::type(*name.type) : v;
}

// Selects, and says in the error which step it was: as a second operand, see describe.cc.
Value Interpreter::select_step(Value operand, std::string_view name, std::size_t step) {
  const Value v = select(operand, name);
  if (!v.is_error() || v.error_kind() != ErrorKind::no_overload) return v;
  const std::uint64_t number = std::min<std::uint64_t>(step, 0xfe) + 1;
  return Value::overload_error(kNoNode, v.packed_kinds() | number << 8);
}

// The value of the first `steps_used` steps.
Value Interpreter::chain(const Instruction& i, std::size_t steps_used) {
  const Chain& c = program_->chains[i.a];
  for (std::size_t n = steps_used; n > 0; --n) {
    auto value = context_.lookup(c.prefixes[n - 1]);
    if (!value) continue;
    for (std::size_t k = n; k < steps_used && !value->is_error(); ++k) {
      value = select_step(*value, c.steps[k], k);
    }
    return *value;
  }
  if (c.type && steps_used == c.steps.size()) return Value::type(*c.type);
  return fail(arena_, ErrorKind::no_such_field, {}, Value::string(c.steps[0]));
}

Value Interpreter::path(const Instruction& i) {
  const auto found = context_.at_path(program_->paths[i.a]);
  return found ? *found : fail(ErrorKind::no_such_field);
}

Value Interpreter::has_chain(const Instruction& i) {
  const Chain& c = program_->chains[i.a];
  if (context_.lookup(c.prefixes.back())) return Value::boolean(true);
  const Value operand = chain(i, c.steps.size() - 1);
  return operand.is_error() ? operand : has_member(operand, c.steps.back());
}

Value Interpreter::has_member(Value operand, std::string_view name) {
  if (operand.is(Kind::optional)) {
    if (operand.content() == nullptr) return Value::boolean(false);
    return has_member(*operand.content(), name);
  }
  if (!operand.is(Kind::map)) return no_overload({operand});
  return Value::boolean(find_member(arena_, operand, name).has_value());
}

Value Interpreter::select(Value operand, std::string_view name) {
  if (operand.is(Kind::map)) {
    const auto found = find_member(arena_, operand, name);
    return found ? *found : fail(arena_, ErrorKind::no_such_field, {}, Value::string(name));
  }
  if (operand.is(Kind::optional)) return optional_select(operand, name);
  return no_overload({operand});
}

Value Interpreter::optional_select(Value operand, std::string_view name) {
  if (operand.is(Kind::optional)) {
    if (operand.content() == nullptr) return operand;
    operand = *operand.content();
  }
  if (!operand.is(Kind::map)) return no_overload({operand});
  const auto found = find_member(arena_, operand, name);
  return Value::optional(found ? arena_.make(*found) : nullptr);
}

Value Interpreter::index(Value operand, Value key) {
  if (operand.is(Kind::list)) {
    const auto i = whole_index(key);
    if (!i)
      return key.is_numeric() ? fail(arena_, ErrorKind::out_of_range, "no index", key)
                              : no_overload({operand, key});
    const auto found = element_at(arena_, operand, *i);
    return found ? *found : fail(arena_, ErrorKind::out_of_range, "no index", key);
  }
  if (operand.is(Kind::map)) {
    const auto found = find(arena_, operand, key);
    return found ? *found : fail(arena_, ErrorKind::no_such_key, {}, key);
  }
  if (operand.is(Kind::optional)) return optional_index(operand, key);
  return no_overload({operand, key});
}

Value Interpreter::optional_index(Value operand, Value key) {
  if (operand.is(Kind::optional)) {
    if (operand.content() == nullptr) return operand;
    operand = *operand.content();
  }
  std::optional<Value> found;
  if (operand.is(Kind::list)) {
    const auto i = whole_index(key);
    if (!i) return no_overload({operand, key});
    found = element_at(arena_, operand, *i);
  } else if (operand.is(Kind::map)) {
    found = find(arena_, operand, key);
  } else {
    return no_overload({operand, key});
  }
  return Value::optional(found ? arena_.make(*found) : nullptr);
}

// --- Operators -----------------------------------------------------------------------------------

Value Interpreter::call(const Instruction& i, std::uint32_t node) {
  constexpr std::size_t kFew = 4;
  std::array<Value, kFew> few;
  Value* arguments = i.count <= kFew ? few.data() : arena_.allocate_array<Value>(i.count);
  const std::span<const std::uint32_t> operands(program_->operands.data() + i.b, i.count);
  for (std::size_t k = 0; k < i.count; ++k) {
    arguments[k] = eval(operands[k]);
    if (arguments[k].is_error()) return arguments[k];
  }
  const Value result = program_->functions[i.a]->body(context_, {arguments, i.count});
  if (!result.is_error()) return result;
  return placed(blame(result, node, operands), node);
}

Value Interpreter::compare(const Instruction& i, std::uint32_t node) {
  const Value a = eval(i.a);
  if (a.is_error()) return a;
  const Value b = eval(i.b);
  if (b.is_error()) return b;
  const auto op = static_cast<Comparison>(i.option);
  if (a.is(Kind::string) && b.is(Kind::string))
    return Value::boolean(holds(op, a.text(), b.text()));
  if (a.is_numeric() && b.is_numeric()) {
    double x = 0;
    double y = 0;
    if (is_exact_double(a, x) && is_exact_double(b, y)) return Value::boolean(holds(op, x, y));
  }
  return compare_others(i, node, a, b);
}

Value Interpreter::compare_others(const Instruction& i, std::uint32_t node, Value a, Value b) {
  const auto op = static_cast<Comparison>(i.option);
  if (op == Comparison::equal || op == Comparison::unequal) {
    const auto same = equals(arena_, a, b);
    if (!same) return fail(ErrorKind::too_large).at(node);
    return Value::boolean(*same == (op == Comparison::equal));
  }
  const auto o = a.is_numeric() && b.is_numeric() ? order_numeric(a, b) : order(a, b);
  if (!o) return blame(no_overload({a, b}), node, {{i.a, i.b}});
  return Value::boolean(holds<int>(op,
                                   *o < 0   ? -1
                                   : *o > 0 ? 1
                                            : 0,
                                   0) &&
                        *o != std::partial_ordering::unordered);
}

bool Interpreter::short_operand(const Instruction& i, double& number) const {
  if (i.code == Code::field) return context_.short_number(program_->names[i.a].wanted, number);
  if (i.code != Code::constant || !program_->constants[i.a].is_numeric()) return false;
  return is_exact_double(program_->constants[i.a], number);
}

// Most operands are short numbers of the event, or those and a constant.  Where the result of
// doubles is below 2^53, it is what calculate() gives: exact if both are whole, and rounded the
// same way if not.  0 is left to it, for its sign.
Value Interpreter::arithmetic(const Instruction& i, std::uint32_t node) {
  const Instruction& left = program_->code[i.a];
  const Instruction& right = program_->code[i.b];
  double x;
  double y;
  if ((left.code == Code::field || right.code == Code::field) && short_operand(left, x) &&
      short_operand(right, y)) {
    const double result = calculate_reals(static_cast<Arithmetic>(i.option), x, y);
    if (result != 0 && std::fabs(result) < 0x1p53) return Value::number(result);
  }
  const Value a = eval(i.a);
  if (a.is_error()) return a;
  const Value b = eval(i.b);
  if (b.is_error()) return b;
  if (a.is_numeric() && b.is_numeric()) {
    return placed(calculate(static_cast<Arithmetic>(i.option), a, b), node);
  }
  return calculate_others(i, node, a, b);
}

Value Interpreter::calculate_others(const Instruction& i, std::uint32_t node, Value a, Value b) {
  const auto op = static_cast<Arithmetic>(i.option);
  if (op == Arithmetic::add) return blame(placed(add(arena_, a, b), node), node, {{i.a, i.b}});
  if (op == Arithmetic::subtract)
    return blame(placed(subtract_times(a, b), node), node, {{i.a, i.b}});
  return blame(no_overload({a, b}), node, {{i.a, i.b}});
}

Value Interpreter::contains(Value item, Value container) {
  if (container.is(Kind::map)) return Value::boolean(find(arena_, container, item).has_value());
  if (!container.is(Kind::list)) return no_overload({item, container});
  for (const Value& element : elements(arena_, container)) {
    const auto same = equals(arena_, element, item);
    if (!same) return fail(ErrorKind::too_large);
    if (*same) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value Interpreter::all_of(const Instruction& i, std::uint32_t node) {
  Value pending = Value::boolean(true);
  for (std::size_t k = 0; k < i.count; ++k) {
    const std::uint32_t operand = program_->operands[i.b + k];
    const Value v = eval(operand);
    if (v.is_false()) return v;
    if (v.is_true() || pending.is_error()) continue;
    pending = v.is_error() ? v : not_bool(v, node, operand);
  }
  return pending;
}

Value Interpreter::any_of(const Instruction& i, std::uint32_t node) {
  Value pending = Value::boolean(false);
  for (std::size_t k = 0; k < i.count; ++k) {
    const std::uint32_t operand = program_->operands[i.b + k];
    const Value v = eval(operand);
    if (v.is_true()) return v;
    if (v.is_false() || pending.is_error()) continue;
    pending = v.is_error() ? v : not_bool(v, node, operand);
  }
  return pending;
}

Value Interpreter::conditional(const Instruction& i, std::uint32_t node) {
  const Value condition = eval(i.a);
  if (condition.is(Kind::boolean)) return eval(condition.as_bool() ? i.b : i.c);
  return condition.is_error() ? condition : not_bool(condition, node, i.a);
}

// --- Literals of containers ----------------------------------------------------------------------

Value Interpreter::list(const Instruction& i) {
  std::vector<Value> items;
  items.reserve(i.count);
  for (std::size_t k = 0; k < i.count; ++k) {
    const Value v = eval(program_->operands[i.b + k]);
    if (v.is_error()) return v;
    if (i.option == 0 || !program_->optional_flags[i.c][k]) {
      items.push_back(v);
    } else if (!v.is(Kind::optional)) {
      return no_overload({v});
    } else if (v.content() != nullptr) {
      items.push_back(*v.content());
    }
  }
  return make_list(arena_, items);
}

Value Interpreter::map(const Instruction& i) {
  MapBuilder builder(arena_);
  for (std::size_t k = 0; k < i.count; k += 2) {
    const Value key = eval(program_->operands[i.b + k]);
    if (key.is_error()) return key;
    Value value = eval(program_->operands[i.b + k + 1]);
    if (value.is_error()) return value;
    if (!is_map_key(key)) return fail(arena_, ErrorKind::bad_value, "no key of a map", key);
    if (i.option != 0 && program_->optional_flags[i.c][k / 2]) {
      if (!value.is(Kind::optional)) return no_overload({value});
      if (value.content() == nullptr) continue;
      value = *value.content();
    }
    if (!builder.add(key, value))
      return fail(arena_, ErrorKind::bad_value, "the key is there twice", key);
  }
  return builder.finish();
}

// --- Optionals -----------------------------------------------------------------------------------

Value Interpreter::optional_or(const Instruction& i) {
  const Value a = eval(i.a);
  if (a.is_error()) return a;
  if (!a.is(Kind::optional)) return no_overload({a});
  const bool unwrap = i.code == Code::optional_or_value;
  if (a.content() != nullptr) return unwrap ? *a.content() : a;
  const Value b = eval(i.b);
  if (unwrap || b.is_error() || b.is(Kind::optional)) return b;
  return no_overload({a, b});
}

Value Interpreter::optional_map(const Instruction& i) {
  const Value a = eval(i.a);
  if (a.is_error()) return a;
  if (!a.is(Kind::optional)) return no_overload({a});
  if (a.content() == nullptr) return a;
  slots_[i.d] = *a.content();
  const Value result = eval(i.b);
  if (result.is_error() || i.code == Code::optional_flat_map) return result;
  return Value::optional(arena_.make(result));
}

}  // namespace streamutils::expr
