// Quotes come every few bytes in a line of JSON, so that no processor foresees them.  Eight bytes
// at a time are spread to as many as sixteen by a shuffle that a table knows for each set of places
// where a backslash is to stand in front (simdjson's minifier drops spaces by such a table).
//
// Compiled once for every instruction set by foreach_target.h.
// SPDX-License-Identifier: Apache-2.0
#include "json/escape.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "json/escape.cc"
#include <hwy/foreach_target.h>
// Highway wants to stand behind foreach_target.
#include <hwy/highway.h>

#ifndef STREAMUTILS_JSON_ESCAPE_ONCE
#define STREAMUTILS_JSON_ESCAPE_ONCE
namespace streamutils {

using WriteEscaped = EscapedText (*)(char* to, std::string_view text);

// For each set of eight places, which byte goes where; a place of a backslash has none.
struct Spread {
  static constexpr std::int8_t kNone = -1;
  alignas(16) std::int8_t from[16];
};

constexpr std::array<Spread, 256> make_spreads() {
  std::array<Spread, 256> spreads{};
  for (unsigned set = 0; set < 256; ++set) {
    unsigned to = 0;
    for (unsigned i = 0; i < 8; ++i) {
      if ((set >> i & 1) != 0) spreads[set].from[to++] = Spread::kNone;
      spreads[set].from[to++] = static_cast<std::int8_t>(i);
    }
    while (to < 16) spreads[set].from[to++] = Spread::kNone;
  }
  return spreads;
}

inline constexpr std::array<Spread, 256> kSpreads = make_spreads();

}  // namespace streamutils
#endif

HWY_BEFORE_NAMESPACE();
namespace streamutils {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

EscapedText write_here(char* to, std::string_view text) {
  EscapedText escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    escaped.has_controls |= byte < 0x20;
    escaped.has_non_ascii |= byte >= 0x80;
    if (c == '"' || c == '\\') *to++ = '\\';
    *to++ = c;
  }
  escaped.end = to;
  return escaped;
}

#else

namespace hn = hwy::HWY_NAMESPACE;
using Bytes = hn::FixedTag<std::uint8_t, 16>;
using Signed = hn::FixedTag<std::int8_t, 16>;
using Vector = hn::Vec<Bytes>;

HWY_INLINE unsigned to_bits(hn::Mask<Bytes> mask) {
  std::uint64_t bits = 0;
  hn::StoreMaskBits(Bytes(), mask, reinterpret_cast<std::uint8_t*>(&bits));
  return static_cast<unsigned>(bits);
}

class Escaper {
 public:
  explicit Escaper(char* to) : to_(to) {}

  // All or some of eight bytes, of which none behind `size` is to be escaped.
  HWY_INLINE void put(std::uint64_t word, std::size_t size) {
    const Bytes d;
    const Vector bytes = hn::BitCast(d, hn::Set(hn::FixedTag<std::uint64_t, 2>(), word));
    const auto escaped = hn::Or(hn::Eq(bytes, hn::Set(d, '"')), hn::Eq(bytes, backslash_));
    const unsigned set = to_bits(escaped) & 0xFF;
    seen_ = hn::Or(seen_, bytes);
    least_ = hn::Min(least_, bytes);
    const Signed s;
    const auto from = hn::Load(s, kSpreads[set].from);
    const auto spread = hn::TableLookupBytes(hn::BitCast(s, bytes), from);
    hn::StoreU(hn::IfNegativeThenElse(from, hn::Set(s, '\\'), spread), s,
               reinterpret_cast<std::int8_t*>(to_));
    to_ += size + static_cast<std::size_t>(std::popcount(set));
  }

  HWY_INLINE EscapedText end() const {
    const Bytes d;
    const unsigned controls = to_bits(hn::Eq(least_, hn::Min(least_, hn::Set(d, 0x1F))));
    const unsigned others = to_bits(hn::TestBit(seen_, hn::Set(d, 0x80)));
    return {.end = to_, .has_controls = controls != 0, .has_non_ascii = others != 0};
  }

 private:
  char* to_;
  Vector backslash_ = hn::Set(Bytes(), '\\');
  Vector seen_ = hn::Zero(Bytes());
  Vector least_ = hn::Set(Bytes(), 0xFF);
};

EscapedText write_here(char* to, std::string_view text) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  Escaper escaper(to);
  std::uint64_t word = 0;
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::memcpy(&word, from + i, 8);
    escaper.put(word, 8);
  }
  if (i < size) {
    word = 0x2020202020202020U;
    std::memcpy(&word, from + i, size - i);
    escaper.put(word, size - i);
  }
  return escaper.end();
}

#endif

}  // namespace

WriteEscaped write_escaped_here() { return write_here; }

}  // namespace HWY_NAMESPACE
}  // namespace streamutils
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace streamutils {

HWY_EXPORT(write_escaped_here);

EscapedText write_escaped(char* to, std::string_view text) {
  static const WriteEscaped write = HWY_DYNAMIC_DISPATCH(write_escaped_here)();
  return write(to, text);
}

}  // namespace streamutils
#endif  // HWY_ONCE
