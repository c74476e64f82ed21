// Runs a program on the event of a context.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "expr/context.h"
#include "expr/program.h"
#include "expr/value.h"

namespace streamutils::expr {

class Interpreter {
 public:
  explicit Interpreter(Context& context) : context_(context), arena_(context.arena()) {}

  // The value of a program; an error carries the node where it arose.
  Value run(const Program& program) { return run(program, program.root); }

  // The value of one of its nodes.
  Value run(const Program& program, std::uint32_t node);

 private:
  Value eval(std::uint32_t node);
  Value eval_rare(const Instruction& i, std::uint32_t node);
  Value eval_unary(const Instruction& i, std::uint32_t node);
  Value eval_binary(const Instruction& i, std::uint32_t node);
  Value matches(const Instruction& i, std::uint32_t node, Value text);

  Value field(const Instruction& i);
  Value chain(const Instruction& i, std::size_t steps_used);
  Value path(const Instruction& i);
  Value has_chain(const Instruction& i);
  Value has_member(Value operand, std::string_view name);
  Value select(Value operand, std::string_view name);
  Value select_step(Value operand, std::string_view name, std::size_t step);
  Value optional_select(Value operand, std::string_view name);
  Value index(Value operand, Value key);
  Value optional_index(Value operand, Value key);
  Value call(const Instruction& i, std::uint32_t node);
  Value compare(const Instruction& i, std::uint32_t node);
  Value compare_others(const Instruction& i, std::uint32_t node, Value a, Value b);
  Value arithmetic(const Instruction& i, std::uint32_t node);
  bool short_operand(const Instruction& i, double& number) const;
  Value calculate_others(const Instruction& i, std::uint32_t node, Value a, Value b);
  Value contains(Value item, Value container);
  Value all_of(const Instruction& i, std::uint32_t node);
  Value any_of(const Instruction& i, std::uint32_t node);
  Value conditional(const Instruction& i, std::uint32_t node);
  Value list(const Instruction& i);
  Value map(const Instruction& i);
  Value optional_or(const Instruction& i);
  Value optional_map(const Instruction& i);

  Value loop(const Instruction& i);
  Value quantifier(const Instruction& i, std::size_t n, bool decisive);
  Value exists_one(const Instruction& i, std::size_t n);
  Value filter(const Instruction& i, std::size_t n);
  Value collect(const Instruction& i, std::size_t n);
  Value transform(const Instruction& i, std::size_t n);
  Value sort_by(const Instruction& i, std::size_t n);
  // Gives the variables of a loop their values for step k; false once the evaluation takes too
  // long.
  bool enter_step(const Instruction& i, std::size_t k);
  // The predicate of a filter at this step; anything but a bool is an error.
  Value predicate(const Instruction& i);

  // An error that has no place yet happened at the node.
  static Value placed(Value v, std::uint32_t node) {
    return v.is_error() && v.node() == 0xffffffff ? v.at(node) : v;
  }
  Value not_bool(Value v, std::uint32_t node, std::uint32_t operand);
  // A type name among the operands of a failed operation was meant to be a field that is missing.
  Value blame(Value error, std::uint32_t node, std::span<const std::uint32_t> operands);

  // What the loops walk on, innermost last.
  struct Range {
    std::span<const Value> items;
    std::span<const Entry> entries;
    bool is_map = false;
  };

  const Program* program_ = nullptr;  // the one that runs
  Context& context_;
  Arena& arena_;
  std::vector<Value> slots_;
  std::vector<Range> ranges_;
};

}  // namespace streamutils::expr
