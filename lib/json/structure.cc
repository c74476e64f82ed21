// Compiled once for every instruction set by foreach_target.h; scan_structure() picks one of them.
// SPDX-License-Identifier: Apache-2.0
#include "json/structure.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "json/structure.cc"
#include <hwy/foreach_target.h>
// Highway wants to stand behind foreach_target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace streamutils {
namespace HWY_NAMESPACE {
namespace {

// One bit for each of 64 bytes.
struct Classes {
  std::uint64_t quote = 0;
  std::uint64_t backslash = 0;
  std::uint64_t op = 0;
  std::uint64_t space = 0;
  std::uint64_t unusual = 0;  // control characters and bytes >= 0x80
  std::uint64_t valid = ~std::uint64_t{0};
};

#if HWY_TARGET == HWY_SCALAR

Classes classify(const char* text) {
  Classes classes;
  for (int i = 0; i < 64; ++i) {
    const char c = text[i];
    const std::uint64_t bit = std::uint64_t{1} << i;
    const char folded = static_cast<char>(c | 0x20);
    if (c == '"') classes.quote |= bit;
    if (c == '\\') classes.backslash |= bit;
    if (folded == '{' || folded == '}' || folded == ':' || folded == ',') classes.op |= bit;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') classes.space |= bit;
    if (static_cast<signed char>(c) < 0x20) classes.unusual |= bit;
  }
  return classes;
}

std::uint64_t prefix_xor(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

#else

namespace hn = hwy::HWY_NAMESPACE;

template <class D, class Mask>
HWY_INLINE std::uint64_t to_bits(D d, Mask mask, std::size_t shift) {
  std::uint64_t bits = 0;
  hn::StoreMaskBits(d, mask, reinterpret_cast<std::uint8_t*>(&bits));
  return bits << shift;
}

// `{ } [ ]` differ from each other in bit 0x20 and in the low four bits, as do `:` and `,`, so a
// table by low bits tells whether a byte is one of them; another does so for the four spaces.
HWY_INLINE Classes classify(const char* text) {
  HWY_ALIGN static constexpr std::uint8_t kOps[16] = {0, 0, 0,   0,   0,   0,   0, 0,
                                                      0, 0, ':', '{', ',', '}', 0, 0};
  HWY_ALIGN static constexpr std::uint8_t kSpaces[16] = {' ', 0,    0,    0, 0, 0,    0, 0,
                                                         0,   '\t', '\n', 0, 0, '\r', 0, 0};
  const hn::CappedTag<std::uint8_t, 64> d;
  const hn::RebindToSigned<decltype(d)> signed_d;
  const auto ops = hn::LoadDup128(d, kOps);
  const auto spaces = hn::LoadDup128(d, kSpaces);
  Classes classes;
  for (std::size_t i = 0; i < 64; i += hn::Lanes(d)) {
    const auto bytes = hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(text) + i);
    const auto low = hn::And(bytes, hn::Set(d, 0x0F));
    const auto folded = hn::Or(bytes, hn::Set(d, 0x20));
    classes.quote |= to_bits(d, hn::Eq(bytes, hn::Set(d, '"')), i);
    classes.backslash |= to_bits(d, hn::Eq(bytes, hn::Set(d, '\\')), i);
    classes.op |= to_bits(d, hn::Eq(folded, hn::TableLookupBytes(ops, low)), i);
    classes.space |= to_bits(d, hn::Eq(bytes, hn::TableLookupBytes(spaces, low)), i);
    const auto unusual = hn::Lt(hn::BitCast(signed_d, bytes), hn::Set(signed_d, 0x20));
    classes.unusual |= to_bits(signed_d, unusual, i);
  }
  return classes;
}

// Bit i of the result is the exclusive or of bits 0 to i: a multiplication without carries.
HWY_INLINE std::uint64_t prefix_xor(std::uint64_t bits) {
  const hn::FixedTag<std::uint64_t, 2> d;
  return hn::GetLane(hn::CLMulLower(hn::Set(d, bits), hn::Set(d, ~std::uint64_t{0})));
}

#endif

// Forgets the bytes behind the first `size`.
HWY_INLINE void cut(Classes& classes, std::size_t size) {
  const std::uint64_t valid = (std::uint64_t{1} << size) - 1;
  classes.quote &= valid;
  classes.backslash &= valid;
  classes.op &= valid;
  classes.space &= valid;
  classes.unusual &= valid;
  classes.valid = valid;
}

// The bytes that a backslash escapes.  Backslashes are rare, so they are taken one by one.
std::uint64_t find_escaped(std::uint64_t backslash, std::uint64_t& carry) {
  std::uint64_t escaped = carry;
  backslash &= ~carry;
  carry = 0;
  while (backslash != 0) {
    const std::uint64_t lowest = backslash & (~backslash + 1);
    escaped |= lowest << 1;
    carry = lowest >> 63;
    backslash &= ~(lowest | lowest << 1);
  }
  return escaped;
}

// The places directly behind an op, seen over spaces.
HWY_INLINE std::uint64_t behind_ops(std::uint64_t op, std::uint64_t space, std::uint64_t& carry) {
  const std::uint64_t next = op << 1 | carry;
  carry = op >> 63;
  if (space == 0) return next;
  std::uint64_t landed;
  // Adding a bit at the start of a run of spaces carries to the first byte behind the run.
  carry |= static_cast<std::uint64_t>(__builtin_add_overflow(next & space, space, &landed));
  return (next | landed) & ~space;
}

void note_unusual(const char* text, std::uint64_t unusual, std::uint64_t in_string,
                  StructureState& state) {
  for (; unusual != 0; unusual &= unusual - 1) {
    const int i = __builtin_ctzll(unusual);
    if (static_cast<signed char>(text[i]) < 0) {
      state.facts |= kNotAscii;
    } else if (in_string >> i & 1) {
      state.facts |= kControlInString;
    }
  }
}

HWY_INLINE std::uint64_t scan_block(const char* text, const Classes& classes,
                                    StructureState& state) {
  std::uint64_t quote = classes.quote;
  if (HWY_UNLIKELY((classes.backslash | state.escaped) != 0)) {
    state.facts |= kBackslash;
    quote &= ~find_escaped(classes.backslash, state.escaped);
  }
  // in_string has the opening quote and not the closing one; tail has it the other way round.
  const std::uint64_t in_string = prefix_xor(quote) ^ state.in_string;
  const std::uint64_t tail = in_string ^ quote;
  state.in_string = ~(in_string >> 63) + 1;
  const std::uint64_t op = classes.op & ~in_string;

  const std::uint64_t other = ~(classes.op | classes.space) & classes.valid;
  const std::uint64_t unquoted = other & ~quote;
  const std::uint64_t starts = other & ~(unquoted << 1 | state.after_scalar) & ~tail;
  state.after_scalar = unquoted >> 63;
  const std::uint64_t space = classes.space & ~in_string;
  const std::uint64_t expected = behind_ops(op, space, state.after_op);
  if (space != 0) state.facts |= kSpace;
  if (HWY_UNLIKELY((starts & ~expected) != 0)) state.facts |= kMisplaced;
  if (HWY_UNLIKELY(classes.unusual != 0)) note_unusual(text, classes.unusual, in_string, state);
  return op;
}

void scan(const char* text, std::size_t size, StructureState& given_state, std::uint64_t* ops) {
  StructureState state = given_state;  // a copy that the compiler keeps in registers
  for (std::size_t at = 0; at < size; at += 64) {
    Classes classes = classify(text + at);
    if (size - at < 64) cut(classes, size - at);
    *ops++ = scan_block(text + at, classes, state);
  }
  given_state = state;
}

}  // namespace

ScanStructure scan_structure_here() { return scan; }

}  // namespace HWY_NAMESPACE
}  // namespace streamutils
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace streamutils {

HWY_EXPORT(scan_structure_here);

ScanStructure scan_structure() {
  static const ScanStructure scan = HWY_DYNAMIC_DISPATCH(scan_structure_here)();
  return scan;
}

}  // namespace streamutils
#endif  // HWY_ONCE
