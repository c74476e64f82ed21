// Program: a compiled expression, a flat array of instructions that refer to each other by number.
//
// Immutable once compiled, shared by every Expr that copies it; what an evaluation changes is in
// the Context.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/arena.h"
#include "expr/functions.h"
#include "expr/value.h"
#include "json/name.h"
#include "json/path.h"
#include "re2/re2.h"

namespace streamutils::expr {

// a, b, c, d are nodes unless said otherwise.
enum class Code : std::uint8_t {
  constant,         // a: constants[a]
  local,            // a: slot of a variable that a macro introduced
  field,            // a: names[a]
  chain,            // a: chains[a], a dotted name
  path,             // a: paths[a], an argument that is a path
  whole,            // this
  has_field,        // a: names[a]
  has_chain,        // a: chains[a]; the last step is the one in question
  optional_field,   // a: names[a]; this.?name
  has_member,       // a, b: names[b]
  select,           // a.names[b]
  optional_select,  // a.?names[b]
  index,            // a[b]
  optional_index,   // a[?b]
  call,             // functions[a], operands b and count
  matches,          // a, b: regexes[b]
  logical_not,      // a
  negate,           // a
  arithmetic,       // a, b; option: Arithmetic
  compare,          // a, b; option: Comparison
  in,               // a, b
  all_of,           // operands b and count
  any_of,           // operands b and count
  conditional,      // a ? b : c
  list,             // operands b and count; option: has optional elements, see optional_flags[c]
  map,              // the same, keys and values in turn
  loop,         // a: range, b: predicate or kNoNode, c: result or kNoNode, d: slots; option: Loop
  bind,         // a: value, b: body, d: slot
  optional_or,  // a, b
  optional_or_value,
  optional_map,  // a: optional, b: body, d: slot
  optional_flat_map,
};

enum class Comparison : std::uint8_t { equal, unequal, less, less_equal, greater, greater_equal };

enum class Loop : std::uint8_t {
  all,
  exists,
  exists_one,
  filter,
  collect,  // map, transformList
  transform_map,
  transform_entry,
  sort_by,
};

struct Instruction {
  Code code = Code::constant;
  std::uint8_t option = 0;
  std::uint16_t count = 0;
  std::uint32_t offset = 0;  // in the source
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t d = 0;
};

// Two slots in one number: of a loop with one variable the second is kNoSlot.
inline constexpr std::uint32_t kNoSlot = 0xffff;
constexpr std::uint32_t pack_slots(std::uint32_t first, std::uint32_t second) {
  return first | second << 16;
}

// A name of the event.
struct Name {
  Name(std::string_view the_text, std::optional<Kind> the_type)
      : text(the_text), wanted(WantedName::lasting(the_text)), type(the_type) {}

  std::string_view text;
  WantedName wanted;
  // The type of that name, which it means where the event lacks the field.
  std::optional<Kind> type;
};

// a.b.c: the longest prefix that is a name of the event counts.
struct Chain {
  std::vector<std::string_view> steps;     // a, b, c
  std::vector<std::string_view> prefixes;  // a, a.b, a.b.c
  std::optional<Kind> type;                // of the whole: google.protobuf.Timestamp
};

struct Program {
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string source;
  std::vector<Instruction> code;
  std::uint32_t root = 0;
  std::uint32_t slots = 0;
  std::vector<std::uint32_t> operands;
  std::vector<Value> constants;
  std::vector<Name> names;
  std::vector<Chain> chains;
  std::vector<Path> paths;
  std::vector<const Function*> functions;
  std::vector<std::unique_ptr<re2::RE2>> regexes;
  std::vector<std::vector<bool>> optional_flags;
  std::vector<std::string> reads;  // what it reads of the event, as paths, each once
  Arena arena;                     // of constants and names
};

}  // namespace streamutils::expr
