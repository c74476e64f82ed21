// SPDX-License-Identifier: Apache-2.0
#include "expr/compiler_tables.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "expr/compiler.h"

namespace streamutils::expr {
namespace {

constexpr std::array<std::pair<std::string_view, Kind>, 15> kTypeNames = {{
    {"bool", Kind::boolean},
    {"bytes", Kind::bytes},
    {"double", Kind::real},
    {"google.protobuf.Duration", Kind::duration},
    {"google.protobuf.Timestamp", Kind::timestamp},
    {"int", Kind::integer},
    {"list", Kind::list},
    {"map", Kind::map},
    {"net.CIDR", Kind::cidr},
    {"net.IP", Kind::ip},
    {"null_type", Kind::null},
    {"optional_type", Kind::optional},
    {"string", Kind::string},
    {"type", Kind::type},
    {"uint", Kind::uinteger},
}};

constexpr LoopMacro kLoops[] = {
    {"all", 2, Loop::all, 1, true, false},
    {"all", 3, Loop::all, 2, true, false},
    {"exists", 2, Loop::exists, 1, true, false},
    {"exists", 3, Loop::exists, 2, true, false},
    {"exists_one", 2, Loop::exists_one, 1, true, false},
    {"exists_one", 3, Loop::exists_one, 2, true, false},
    {"existsOne", 2, Loop::exists_one, 1, true, false},
    {"existsOne", 3, Loop::exists_one, 2, true, false},
    {"filter", 2, Loop::filter, 1, true, false},
    {"map", 2, Loop::collect, 1, false, true},
    {"map", 3, Loop::collect, 1, true, true},
    {"transformList", 3, Loop::collect, 2, false, true},
    {"transformList", 4, Loop::collect, 2, true, true},
    {"transformMap", 3, Loop::transform_map, 2, false, true},
    {"transformMap", 4, Loop::transform_map, 2, true, true},
    {"transformMapEntry", 3, Loop::transform_entry, 2, false, true},
    {"transformMapEntry", 4, Loop::transform_entry, 2, true, true},
    {"sortBy", 2, Loop::sort_by, 1, false, true},
};

}  // namespace

const LoopMacro* find_loop(std::string_view name, std::size_t arguments) {
  for (const LoopMacro& macro : kLoops) {
    if (macro.name == name && macro.arguments == arguments) return &macro;
  }
  return nullptr;
}

bool is_macro_name(std::string_view name) {
  if (name == "optMap" || name == "optFlatMap") return true;
  return std::any_of(std::begin(kLoops), std::end(kLoops),
                     [&](const LoopMacro& m) { return m.name == name; });
}

std::optional<Comparison> comparison_of(std::string_view op) {
  static constexpr std::pair<std::string_view, Comparison> kOps[] = {
      {"==", Comparison::equal},  {"!=", Comparison::unequal},
      {"<", Comparison::less},    {"<=", Comparison::less_equal},
      {">", Comparison::greater}, {">=", Comparison::greater_equal}};
  for (const auto& [text, value] : kOps) {
    if (op == text) return value;
  }
  return std::nullopt;
}

Arithmetic arithmetic_of(std::string_view op) {
  switch (op[0]) {
    case '+':
      return Arithmetic::add;
    case '-':
      return Arithmetic::subtract;
    case '*':
      return Arithmetic::multiply;
    case '/':
      return Arithmetic::divide;
    default:
      return Arithmetic::remainder;
  }
}

std::optional<Kind> type_of_name(std::string_view name) {
  for (const auto& [text, kind] : kTypeNames) {
    if (name == text) return kind;
  }
  return std::nullopt;
}

}  // namespace streamutils::expr
