// The walk down a ShapeTree, compiled for every instruction set.
//
// An inside header of json.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "json/name.h"

namespace streamutils {

struct ShapeRest;

// A literal, and behind it a scalar of any length.
struct ShapeNode {
  static constexpr std::uint16_t kNoName = 0xFFFF;

  static constexpr std::size_t kHeads = 2;

  TextHead heads[kHeads];  // the first bytes of the literal, eight each
  ShapeNode* child = nullptr;
  ShapeNode* sibling = nullptr;
  const ShapeRest* rest = nullptr;
  std::uint32_t size = 0;        // of the literal
  std::uint16_t name = kNoName;  // of the scalar, in the top level, if it is the first of that name
  bool last = false;             // the line ends here, and no scalar stands behind
  bool more = false;             // `rest` says more than the literal
  bool usual = false;  // heads are all of the literal, the scalar has a name, nothing more
};

// What is seldom needed of a node.
struct ShapeRest {
  // Where an object or array of the top level begins or ends, as an offset in the literal.
  struct Mark {
    std::uint16_t name;
    bool begins;
    std::uint32_t offset;
  };
  std::string literal;
  std::vector<Mark> marks;
  std::uint32_t members_end = 0;  // of the last: an offset in the literal
  bool has_members = false;       // of the last: the object is not empty
};

// Where the value of a name stands in the line of that number.
struct ShapeValue {
  std::uint64_t line = 0;
  const char* begin = nullptr;
  const char* end = nullptr;  // nullptr: of an object or array that goes on
};

// How far the walk through a line has come.
struct ShapeWalk {
  bool has(std::uint16_t name) const {
    return values[name].line == line_number && values[name].end != nullptr;
  }

  ShapeValue* values = nullptr;  // by the number of a name
  const char* begin = nullptr;   // of the line
  const char* end = nullptr;
  std::uint64_t line_number = 0;
  const char* at = nullptr;         // behind what was passed
  const ShapeNode* node = nullptr;  // the last that was passed; first the root, without a literal
  std::size_t members_end = 0;      // behind the last node: where the last value ends
};

// Goes on until the name has a value, or to the end of the line.  False where the line leaves the
// tree.  REQUIRES: 64 readable bytes behind the line.
using WalkShape = bool (*)(ShapeWalk& walk, std::uint16_t name);

// The fastest one for this machine.
WalkShape walk_shape();

// What a string holds (Facts of structure.h); begin and end stand inside its quotes.  REQUIRES: 64
// readable bytes behind it.
using StringFacts = std::uint8_t (*)(const char* begin, const char* end);

// The fastest one for this machine.
StringFacts string_facts();

// The place behind the scalar that the walk would pass here, or nullptr.
const char* skip_scalar(const char* begin, const char* end);

}  // namespace streamutils
