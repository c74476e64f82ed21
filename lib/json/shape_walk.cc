// Compiled once for every instruction set by foreach_target.h; walk_shape() picks one of them.
// SPDX-License-Identifier: Apache-2.0
#include "json/shape_walk.h"

#include <array>
#include <bit>
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

// Bit i is set if lane i is.
template <class D, class Mask>
HWY_INLINE std::uint64_t bits_of(D d, Mask mask) {
  std::uint64_t bits = 0;
  hn::StoreMaskBits(d, mask, reinterpret_cast<std::uint8_t*>(&bits));
  return bits;
}

HWY_INLINE hn::Vec<Bytes> fill(char c) { return hn::Set(Bytes(), static_cast<std::int8_t>(c)); }

// Rows that a walk keeps at hand: what it writes might change them, as far as the compiler knows.
struct StringRows {
  hn::Vec<Bytes> quotes;
  hn::Vec<Bytes> backslashes;
};

HWY_INLINE StringRows string_rows() { return {all(Bytes(), kQuotes), all(Bytes(), kBackslashes)}; }

// Where a string may end among the bytes at `at`: quotes and backslashes.
HWY_INLINE std::uint64_t string_stops(const StringRows& rows, const char* at) {
  const auto bytes = load_bytes(Bytes(), at);
  const auto stops = hn::Or(hn::Eq(bytes, rows.quotes), hn::Eq(bytes, rows.backslashes));
  return bits_of(Bytes(), stops);
}

// Goes behind a string; nullptr if it does not end before `end`.
HWY_NOINLINE const char* skip_any_string(const char* quote, const char* end) {
  const StringRows rows = string_rows();
  const char* at = quote + 1;
  do {
    const std::uint64_t stops = string_stops(rows, at);
    if (stops == 0) {
      at += hn::Lanes(Bytes());
      continue;
    }
    at += std::countr_zero(stops);
    if (at >= end) break;
    if (*at == '"') return at + 1;
    at += 2;
  } while (at < end);
  return nullptr;
}

// The same, quick for a short one without escapes.  Sets `size` to the bytes in its quotes then.
HWY_INLINE const char* skip_string(const StringRows& rows, const char* quote, const char* end,
                                   std::size_t& size) {
  const std::uint64_t stops = string_stops(rows, quote + 1);
  if (HWY_UNLIKELY(stops == 0)) return skip_any_string(quote, end);
  const auto first = static_cast<std::size_t>(std::countr_zero(stops));
  const char* const stop = quote + 1 + first;
  if (HWY_UNLIKELY(*stop != '"')) return skip_any_string(quote, end);
  size = first;
  return HWY_LIKELY(stop < end) ? stop + 1 : nullptr;
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
    const std::uint64_t bits = bits_of(Few(), stops);
    if (HWY_LIKELY(bits != 0)) {
      at += std::countr_zero(bits);
      return at > begin && at < end ? at : nullptr;
    }
    at += hn::Lanes(Few());
  } while (at < end);
  return nullptr;
}

HWY_INLINE const char* skip(const char* begin, const char* end) {
  std::size_t size;
  return *begin == '"' ? skip_string(string_rows(), begin, end, size) : skip_bare(begin, end);
}

// The string behind the literal has that size now, and had another one before.  Two changes in few
// lines: it varies.
HWY_NOINLINE void note_size(ShapeNode& node, std::size_t size, std::uint64_t line) {
  const auto now = static_cast<std::uint32_t>(line);
  const bool is_steady = now - node.changed > ShapeNode::kFewLines && size < ShapeNode::kVaries;
  node.steady = is_steady ? static_cast<std::uint8_t>(size) : ShapeNode::kVaries;
  node.changed = now;
}

// The same number, of which the compiler does not know that.
HWY_INLINE std::size_t as_unknown(std::size_t n) {
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
  asm("" : "+r"(n));
#endif
  return n;
}

// Goes behind the scalar of the node.  Where a string is as long as in the lines before, the place
// behind it is known before its bytes are: the next step need not wait for them.
HWY_INLINE const char* skip_of(const StringRows& rows, ShapeNode& node, const char* begin,
                               const char* end, std::uint64_t line) {
  if (*begin != '"') return skip_bare(begin, end);
  const std::size_t steady = node.steady;
  std::size_t size = ShapeNode::kVaries + 1U;
  const char* const behind = skip_string(rows, begin, end, size);
  if (size == steady) return behind != nullptr ? begin + 2 + as_unknown(steady) : nullptr;
  if (HWY_UNLIKELY(steady != ShapeNode::kVaries)) note_size(node, size, line);
  return behind;
}

// True if the head of the literal stands here.
HWY_INLINE bool has_head(const ShapeNode& node, const char* at) {
  constexpr std::size_t kLanes = hn::MaxLanes(Bytes());
  std::uint64_t same = 0;
  for (std::size_t i = 0; i < ShapeNode::kHead; i += kLanes) {
    const auto equal = hn::Eq(load_bytes(Bytes(), at + i), load_bytes(Bytes(), &node.head[i]));
    same |= bits_of(Bytes(), equal) << i;
  }
  return (node.compared & ~static_cast<std::uint32_t>(same)) == 0;
}

HWY_INLINE bool matches(const ShapeNode& node, const char* at, const char* end) {
  if (!has_head(node, at)) return false;
  const std::string& literal = node.rest->literal;
  if (literal.size() > static_cast<std::size_t>(end - at)) return false;
  return literal.size() <= ShapeNode::kHead || std::memcmp(at, literal.data(), literal.size()) == 0;
}

// Behind the node's literal, which stands at `at`, and its scalar; nullptr if they do not fit.
HWY_INLINE const char* pass(const ShapeNode& node, const char* at, const char* end) {
  if (!matches(node, at, end)) return nullptr;
  const char* const scalar = at + node.rest->literal.size();
  if (node.rest->last) return scalar == end ? end : nullptr;
  return skip(scalar, end);
}

// Where an object or array of the top level begins or ends in the literal.
void note_marks(ShapeWalk& walk, const ShapeRest& rest, const char* literal) {
  for (const ShapeRest::Mark& mark : rest.marks) {
    if (mark.slot == ShapeNode::kNoSlot) continue;
    ShapeValue& value = walk.values[mark.slot];
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
HWY_NOINLINE bool goes_on(const ShapeNode& node, const char* at, const char* end) {
  for (const ShapeNode* next = node.child; next != nullptr; next = next->rest->sibling) {
    if (pass(*next, at, end) != nullptr) return true;
  }
  return false;
}

// True if a member of the top level is seen to end here.
HWY_INLINE bool ends_member(const ShapeNode& node, const char* at, const char* end) {
  return HWY_LIKELY(*at == ',') || (*at == '}' && at + 1 == end) || goes_on(node, at, end);
}

// One step to whichever child fits; false if none does.
HWY_NOINLINE bool step(ShapeWalk& walk) {
  const char* const literal = walk.at;
  for (ShapeNode* next = walk.node->child; next != nullptr; next = next->rest->sibling) {
    const char* const behind = pass(*next, literal, walk.end);
    if (behind == nullptr) continue;
    const ShapeRest& rest = *next->rest;
    if (next->slot != ShapeNode::kNoSlot && ends_member(*next, behind, walk.end)) {
      walk.values[next->slot] = {walk.line_number, literal + rest.literal.size(), behind};
    }
    if (next->step != ShapeNode::Step::usual) note_marks(walk, rest, literal);
    walk.at = behind;
    walk.node = next;
    return true;
  }
  return false;
}

// Back to the node that the walk has passed through; false if there is none, or if its value was
// not seen to end.  The node that the walk has come to was not, either.
HWY_NOINLINE bool turn_back(ShapeWalk& walk, ShapeNode* stop) {
  if (stop == nullptr) return false;
  const char* const behind = walk.values[stop->slot].end;
  if (walk.node == stop) return ends_member(*stop, behind, walk.end);
  if (walk.node->slot != ShapeNode::kNoSlot) walk.values[walk.node->slot].line = 0;
  walk.node = stop;
  walk.at = behind;
  return true;
}

// A value is kept as soon as it is passed: if the line leaves the tree behind it, none of them is
// used.  Where the walk may stop, it is first seen to end there.
bool walk_here(ShapeWalk& walk, std::uint16_t slot) {
  ShapeValue* const values = walk.values.get();
  const std::uint64_t line = walk.line_number;
  const char* const end = walk.end;
  const char* at = walk.at;
  ShapeNode* node = walk.node;
  if (node->rest->last) return true;
  if (HWY_UNLIKELY(walk.is_trial())) node->note_sent_on();
  const StringRows rows = string_rows();
  ShapeNode* stop = nullptr;  // that of the slot, if it was passed through
  while (true) {
    // Most steps: the first child, and nothing that is seldom.
    ShapeNode* const next = node->child;
    if (HWY_LIKELY(node->next_step == ShapeNode::Step::usual && has_head(*next, at))) {
      const char* const scalar = at + next->head_size;
      const char* const behind = skip_of(rows, *next, scalar, end, line);
      if (HWY_LIKELY(behind != nullptr)) {
        at = behind;
        node = next;
        const std::uint16_t passed = next->slot;
        if (HWY_LIKELY(passed == ShapeNode::kNoSlot)) continue;
        values[passed] = {line, scalar, behind};
        if (passed != slot && stop == nullptr) continue;
        if (node->is_passed_through() && !walk.is_trial()) {
          if (stop == nullptr) stop = node;
          continue;
        }
        walk.at = at;
        walk.node = node;
        return ends_member(*node, at, end) || turn_back(walk, stop);
      }
    }
    const bool may_be_last = node->next_step == ShapeNode::Step::last;
    if (may_be_last && at + next->head_size == end && has_head(*next, at)) {
      walk.node = next;
      walk.members_end = static_cast<std::size_t>(at - walk.begin) + next->rest->members_end;
      return true;
    }
    walk.at = at;
    walk.node = node;
    if (!step(walk)) return turn_back(walk, stop);
    at = walk.at;
    node = walk.node;
    if (node->rest->last || walk.has(slot)) return true;
  }
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
