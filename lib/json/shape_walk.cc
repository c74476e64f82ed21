// Compiled once for every instruction set by foreach_target.h; walk_shape() picks one of them.
// SPDX-License-Identifier: Apache-2.0
#include "json/shape_walk.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "json/structure.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "json/shape_walk.cc"
#include <hwy/foreach_target.h>
// Highway wants to stand behind foreach_target.
#include <hwy/highway.h>

#ifndef STREAMUTILS_JSON_SHAPE_WALK_ONCE
#define STREAMUTILS_JSON_SHAPE_WALK_ONCE
namespace streamutils {

// What the walk compares with.  Not const: a compiler that knew the bytes would build each row
// anew with three instructions at every step, where it now compares with memory.
using ByteRow = std::array<std::int8_t, 32>;
enum Row : std::uint8_t { kQuotes, kBackslashes, kSpaces, kZs, kMinuses, kColons, kByteRows };
extern ByteRow shape_walk_bytes[kByteRows];

}  // namespace streamutils
#endif

HWY_BEFORE_NAMESPACE();
namespace streamutils {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
// Most strings, and most numbers, are shorter.
using Bytes = hn::CappedTag<std::int8_t, 32>;
using Few = hn::CappedTag<std::int8_t, 16>;

template <class D>
HWY_INLINE hn::Vec<D> load_bytes(D d, const char* at) {
  return hn::LoadU(d, reinterpret_cast<const std::int8_t*>(at));
}

// A row of shape_walk_bytes.
template <class D>
HWY_INLINE hn::Vec<D> all(D d, Row row) {
  return hn::Load(d, shape_walk_bytes[row].data());
}

HWY_INLINE hn::Vec<Bytes> fill(char c) { return hn::Set(Bytes(), static_cast<std::int8_t>(c)); }

// Goes behind a string; nullptr if it does not end before `end`.
HWY_INLINE const char* skip_string(const char* quote, const char* end) {
  const char* at = quote + 1;
  do {
    const auto bytes = load_bytes(Bytes(), at);
    const auto stops =
        hn::Or(hn::Eq(bytes, all(Bytes(), kQuotes)), hn::Eq(bytes, all(Bytes(), kBackslashes)));
    const auto stop = hn::FindFirstTrue(Bytes(), stops);
    if (stop < 0) {
      at += hn::Lanes(Bytes());
      continue;
    }
    at += stop;
    if (at >= end) break;
    if (HWY_LIKELY(*at == '"')) return at + 1;
    at += 2;
  } while (at < end);
  return nullptr;
}

// Goes behind a number or literal, or what stands in place of one: bytes that no string, bracket or
// separator can begin with.  nullptr if there are none, or nothing follows before `end`.
HWY_INLINE const char* skip_bare(const char* begin, const char* end) {
  const char* at = begin;
  do {
    const auto bytes = load_bytes(Few(), at);
    // Below '-' stand spaces, '"', ',' and (negative) what is not ASCII; the brackets and the
    // backslash are behind the letters.
    const auto high = hn::Gt(hn::Or(bytes, all(Few(), kSpaces)), all(Few(), kZs));
    const auto low = hn::Gt(all(Few(), kMinuses), bytes);
    const auto stops = hn::Or(hn::Or(low, high), hn::Eq(bytes, all(Few(), kColons)));
    const auto stop = hn::FindFirstTrue(Few(), stops);
    if (stop >= 0) {
      at += stop;
      return at > begin && at < end ? at : nullptr;
    }
    at += hn::Lanes(Few());
  } while (at < end);
  return nullptr;
}

HWY_INLINE const char* skip(const char* begin, const char* end) {
  return *begin == '"' ? skip_string(begin, end) : skip_bare(begin, end);
}

HWY_INLINE bool has_head(const ShapeNode& node, const char* at) {
  return (node.heads[0].difference(at) | node.heads[1].difference(at + 8)) == 0;
}

HWY_INLINE bool matches(const ShapeNode& node, const char* at, const char* end) {
  if (!has_head(node, at)) return false;
  if (HWY_LIKELY(node.size <= 8 * ShapeNode::kHeads)) return true;
  return node.size <= static_cast<std::size_t>(end - at) &&
         std::memcmp(at, node.rest->literal.data(), node.size) == 0;
}

// Behind the node's literal, which stands at `at`, and its scalar; nullptr if they do not fit.
HWY_INLINE const char* pass(const ShapeNode& node, const char* at, const char* end) {
  if (!matches(node, at, end)) return nullptr;
  const char* const scalar = at + node.size;
  if (HWY_UNLIKELY(node.last)) return scalar == end ? end : nullptr;
  return skip(scalar, end);
}

// Where an object or array of the top level begins or ends in the literal.
HWY_INLINE void note_marks(ShapeWalk& walk, const ShapeRest& rest, const char* literal) {
  for (const ShapeRest::Mark& mark : rest.marks) {
    ShapeValue& value = walk.values[mark.name];
    if (mark.begins) {
      if (value.line == walk.line_number) continue;
      value = {walk.line_number, literal + mark.offset, nullptr};
    } else if (value.line == walk.line_number && value.end == nullptr) {
      value.end = literal + mark.offset;
    }
  }
  walk.members_end = static_cast<std::size_t>(literal - walk.begin) + rest.members_end;
}

// What follows the scalar of the node is no ',': true if the walk goes on there, so that it was all
// of the value.
HWY_INLINE bool goes_on(const ShapeNode& node, const char* at, const char* end) {
  for (const ShapeNode* next = node.child; next != nullptr; next = next->sibling) {
    if (pass(*next, at, end) != nullptr) return true;
  }
  return false;
}

// True if a member of the top level is seen to end here.
HWY_INLINE bool ends_member(const ShapeNode& node, const char* at, const char* end) {
  return HWY_LIKELY(*at == ',') || (*at == '}' && at + 1 == end) || goes_on(node, at, end);
}

// What is used in each step is kept in local variables, which nothing aliases.
bool walk_here(ShapeWalk& walk, std::uint16_t name) {
  ShapeValue* const values = walk.values;
  const std::uint64_t line = walk.line_number;
  const char* const end = walk.end;
  const char* at = walk.at;
  const ShapeNode* node = walk.node;
  bool found = node->last;
  while (!found) {
    const char* behind = nullptr;
    const ShapeNode* next = node->child;
    // Most steps: the first child, and a ',' behind its scalar.
    if (HWY_LIKELY(next != nullptr && next->usual && has_head(*next, at))) {
      const char* const scalar = at + next->size;
      behind = skip(scalar, end);
      if (HWY_LIKELY(behind != nullptr && *behind == ',')) {
        values[next->name] = {line, scalar, behind};
        found = next->name == name;
        node = next;
        at = behind;
        continue;
      }
    }
    for (; next != nullptr; next = next->sibling) {
      behind = pass(*next, at, end);
      if (HWY_LIKELY(behind != nullptr)) break;
    }
    if (next == nullptr) break;
    const char* const literal = at;
    node = next;
    at = behind;
    const std::uint16_t number = node->name;
    if (number != ShapeNode::kNoName && ends_member(*node, at, end)) {
      values[number] = {line, literal + node->size, at};
      found = number == name;
    }
    if (HWY_UNLIKELY(node->more)) {
      note_marks(walk, *node->rest, literal);
      found = node->last || walk.has(name);
    }
  }
  walk.at = at;
  walk.node = node;
  return found;
}

std::uint8_t facts_here(const char* begin, const char* end) {
  for (const char* at = begin; at < end; at += hn::Lanes(Bytes())) {
    const auto bytes = load_bytes(Bytes(), at);
    const auto unusual = hn::Or(hn::Lt(bytes, fill(' ')), hn::Eq(bytes, fill('\\')));
    const auto first = hn::FindFirstTrue(Bytes(), unusual);
    // Which facts hold is left to whoever reads the bytes one by one.
    if (first >= 0 && at + first < end) return kBackslash | kNotAscii | kControlInString;
  }
  return 0;
}

const char* skip_here(const char* begin, const char* end) { return skip(begin, end); }

}  // namespace

WalkShape walk_shape_here() { return walk_here; }
StringFacts string_facts_here() { return facts_here; }
auto skip_scalar_here() { return &skip_here; }

}  // namespace HWY_NAMESPACE
}  // namespace streamutils
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace streamutils {

namespace {

constexpr ByteRow row_of(char c) {
  ByteRow row{};
  row.fill(static_cast<std::int8_t>(c));
  return row;
}

}  // namespace

alignas(32) ByteRow shape_walk_bytes[kByteRows] = {row_of('"'), row_of('\\'), row_of(' '),
                                                   row_of('z'), row_of('-'),  row_of(':')};

HWY_EXPORT(walk_shape_here);
HWY_EXPORT(string_facts_here);
HWY_EXPORT(skip_scalar_here);

WalkShape walk_shape() {
  static const WalkShape walk = HWY_DYNAMIC_DISPATCH(walk_shape_here)();
  return walk;
}

StringFacts string_facts() {
  static const StringFacts facts = HWY_DYNAMIC_DISPATCH(string_facts_here)();
  return facts;
}

const char* skip_scalar(const char* begin, const char* end) {
  static const auto skip = HWY_DYNAMIC_DISPATCH(skip_scalar_here)();
  return skip(begin, end);
}

}  // namespace streamutils
#endif  // HWY_ONCE
