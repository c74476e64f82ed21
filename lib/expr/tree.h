// The syntax tree of an expression, as the parser finds it: macros and operators are not
// interpreted.
//
// A tree has a printed form that parses back to the same tree; the tests live on that.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace streamutils::expr {

struct Bytes {
  std::string text;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

// null, bool, int, uint, double, string, bytes.
using Literal =
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Bytes>;

struct Node;
using NodePtr = std::unique_ptr<Node>;

struct Node {
  enum class Type : std::uint8_t {
    literal,
    name,         // text; a leading '.' is part of it
    select,       // children[0].text, or with optional children[0].?text
    index,        // children[0][children[1]], or with optional [?
    call,         // text(children...)
    method,       // children[0].text(children[1...])
    unary,        // text children[0]: ! or -
    binary,       // children[0] text children[1]
    all_of,       // children joined by &&; two or more
    any_of,       // children joined by ||
    conditional,  // children[0] ? children[1] : children[2]
    list,         // children
    map,          // keys and values in turn
  };

  Type type = Type::literal;
  bool optional = false;
  bool grouped = false;      // of a selection: stands in parentheses, which end a dotted name
  std::uint16_t depth = 1;   // levels of nodes, this one included
  std::uint32_t offset = 0;  // in the source: the operator, the name, the bracket
  std::string text;
  Literal literal;
  std::vector<NodePtr> children;
  // Of list and map: which elements or entries are written [?x], {?k: v}.  Empty if none is.
  std::vector<bool> optional_items;
};

// The tree as an expression, with parentheses around every operator.
std::string to_string(const Node& node);

// True for [_a-zA-Z][_a-zA-Z0-9]*, reserved words included.
bool is_identifier(std::string_view text);

// text as a string literal in double quotes, or as a bytes literal: control characters, and what is
// no ASCII in bytes, as escapes.
std::string quote_literal(std::string_view text, bool bytes);

}  // namespace streamutils::expr
