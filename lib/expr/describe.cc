// SPDX-License-Identifier: Apache-2.0
#include "expr/describe.h"

#include <fmt/format.h>

#include "base/text.h"
#include "expr/error.h"
#include "expr/json_output.h"
#include "expr/number.h"

namespace streamutils::expr {
namespace {

std::string_view symbol(const Instruction& i) {
  static constexpr std::string_view kArithmetic[] = {"+", "-", "*", "/", "%"};
  static constexpr std::string_view kComparison[] = {"==", "!=", "<", "<=", ">", ">="};
  switch (i.code) {
    case Code::arithmetic:
      return kArithmetic[i.option];
    case Code::compare:
      return kComparison[i.option];
    case Code::in:
      return "in";
    case Code::all_of:
      return "&&";
    case Code::any_of:
      return "||";
    default:
      return "";
  }
}

// The name of the thing the error came out of: a field, an operator, a function.
std::string name_of(const Program& p, const Instruction& i) {
  switch (i.code) {
    case Code::field:
    case Code::has_field:
    case Code::optional_field:
      return std::string(p.names[i.a].text);
    case Code::select:
    case Code::optional_select:
    case Code::has_member:
      return std::string(p.names[i.b].text);
    case Code::chain:
    case Code::has_chain:
      return std::string(p.chains[i.a].prefixes.back());
    case Code::path:
      return p.paths[i.a].text();
    case Code::call:
      return std::string(p.functions[i.a]->name);
    case Code::matches:
      return "matches";
    default:
      return std::string(symbol(i));
  }
}

std::vector<std::string_view> operand_types(Value error) {
  std::vector<std::string_view> types;
  for (std::uint64_t packed = error.packed_kinds(); packed != 0; packed >>= 8) {
    types.push_back(short_type_name(static_cast<Kind>((packed & 0xff) - 1)));
  }
  return types;
}

// Of a dotted name, the second byte of the packed operands is the number of the step, from 1;
// without one it is the last.
std::string chain_text(const Chain& chain, Value error) {
  const auto kind = static_cast<Kind>((error.packed_kinds() & 0xff) - 1);
  const std::size_t step = error.packed_kinds() >> 8 & 0xff;
  const std::string_view name =
      step == 0 || step > chain.steps.size() ? chain.steps.back() : chain.steps[step - 1];
  return fmt::format("{} has no field '{}'", short_type_name(kind), name);
}

std::string overload_text(const Program& p, const Instruction& i, Value error) {
  if (i.code == Code::chain || i.code == Code::has_chain) return chain_text(p.chains[i.a], error);
  const auto types = operand_types(error);
  const std::string name = name_of(p, i);
  if (types.size() == 2 &&
      (i.code == Code::arithmetic || i.code == Code::compare || i.code == Code::in)) {
    return fmt::format("no such overload: {} {} {}", types[0], name, types[1]);
  }
  const std::string list = fmt::format("{}", fmt::join(types, ", "));
  switch (i.code) {
    case Code::call:
    case Code::matches:
      return fmt::format("no such overload: {}({})", name, list);
    case Code::logical_not:
      return "no such overload: !" + list;
    case Code::negate:
      return "no such overload: -" + list;
    case Code::all_of:
    case Code::any_of:
    case Code::conditional:
      return "not a bool but " + list;
    case Code::index:
    case Code::optional_index:
      if (types.size() == 2) return fmt::format("no such overload: {}[{}]", types[0], types[1]);
      break;
    case Code::select:
    case Code::optional_select:
    case Code::has_member:
      return fmt::format("{} has no field '{}'", list, name);
    default:
      break;
  }
  return "no such overload for " + list;
}

std::string_view general_text(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::no_such_field:
      return "no such field";
    case ErrorKind::no_such_key:
      return "no such key";
    case ErrorKind::out_of_range:
      return "out of range";
    case ErrorKind::no_overload:
      return "no such overload";
    case ErrorKind::division_by_zero:
      return "division by zero";
    case ErrorKind::overflow:
      return "the result is out of the range of its type";
    case ErrorKind::bad_value:
      return "bad value";
    case ErrorKind::too_large:
      return "the result is too large, or takes too long";
    case ErrorKind::damaged:
      return "the event holds no number there that a double can hold";
  }
  return "error";
}

}  // namespace

std::string error_text(const Program& program, Arena& arena, Value error) {
  const Instruction none;
  const bool known = error.node() < program.code.size();
  const Instruction& i = known ? program.code[error.node()] : none;
  const ErrorDetail* detail =
      error.error_kind() == ErrorKind::no_overload ? nullptr : error.detail();
  if (error.error_kind() == ErrorKind::no_overload) return overload_text(program, i, error);
  if (error.error_kind() == ErrorKind::no_such_field) {
    const bool own = detail != nullptr && detail->has_subject;
    const std::string name = own ? std::string(detail->subject.text()) : name_of(program, i);
    return fmt::format("no such field '{}'", name);
  }
  std::string text(general_text(error.error_kind()));
  if (detail != nullptr && !detail->text.empty()) text = detail->text;
  if (detail != nullptr && detail->has_subject) text += ": " + picture(arena, detail->subject);
  if (i.code == Code::call) text = fmt::format("{}: {}", name_of(program, i), text);
  return text;
}

std::string picture(Arena& arena, Value v) {
  if (v.is(Kind::string)) return quote(v.text());
  if (v.is(Kind::type)) return std::string(short_type_name(v.named_type()));
  std::string text;
  if (v.is_numeric()) {
    append_number(text, v);
  } else if (append_json(arena, text, v) != JsonTrouble::none) {
    text = short_type_name(v.kind());
  }
  constexpr std::size_t kLimit = 60;
  if (text.size() <= kLimit) return text;
  std::size_t end = kLimit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string_view short_type_name(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::timestamp:
      return "timestamp";
    case Kind::duration:
      return "duration";
    case Kind::optional:
      return "optional";
    case Kind::number:
      return "number";
    default:
      return type_name(kind);
  }
}

}  // namespace streamutils::expr
