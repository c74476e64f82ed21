// Searching a block for lines that may match.
//
// A text is looked for by its two rarest bytes, as judged by a fixed table: a place is a candidate
// if both stand at their distance, for 64 places at once, and only candidates are compared in full.
// Two bytes instead of one make false candidates rare, and rare ones instead of the first and the
// last keep `"` and digits, which fill half of a JSON log, out of it (the idea of memchr's rare
// byte heuristic in Rust, and of "SIMD-friendly algorithms for substring searching" by Mula). Ends
// of lines and backslashes are found in the same pass.
//
// Compiled once for every instruction set by foreach_target.h.
// SPDX-License-Identifier: Apache-2.0
#include "json/scan.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "json/scan.cc"
#include <hwy/foreach_target.h>
// Highway wants to stand behind foreach_target.
#include <hwy/highway.h>

#ifndef STREAMUTILS_JSON_SCAN_ONCE
#define STREAMUTILS_JSON_SCAN_ONCE
namespace streamutils {

// What one pass looks for.
struct TextSearch {
  using Needle = TextScanner::Needle;
  using Member = TextScanner::Member;
  const Needle& text;
  const Member& member;
};

using FindNewlines = std::size_t (*)(const char* begin, const char* end, const char** out,
                                     std::size_t room);
using ScanBlock = std::size_t (*)(std::string_view block, const TextSearch& search,
                                  std::vector<TextScanner::Line>& out);

}  // namespace streamutils
#endif

HWY_BEFORE_NAMESPACE();
namespace streamutils {
namespace HWY_NAMESPACE {
namespace {

// One bit for each of 64 places.
struct Places {
  std::uint64_t newline = 0;
  std::uint64_t backslash = 0;
  std::uint64_t rare = 0;  // both rare bytes of the text, the place being that of the first
};

#if HWY_TARGET == HWY_SCALAR

std::uint64_t find_stops(const char* at) {
  std::uint64_t stops = 0;
  for (std::size_t i = 0; i < 64; ++i) {
    const char folded = static_cast<char>(at[i] | 0x20);  // as with vectors
    if (folded == '{' || folded == '|') stops |= std::uint64_t{1} << i;
  }
  return stops;
}

Places find_places(const char* at, char first, char second, std::size_t distance) {
  Places places;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (at[i] == '\n') places.newline |= bit;
    if (at[i] == '\\') places.backslash |= bit;
    if (at[i] == first && at[i + distance] == second) places.rare |= bit;
  }
  return places;
}

const char* find(const char* begin, const char* end) {
  const void* const found = std::memchr(begin, '\n', static_cast<std::size_t>(end - begin));
  return found != nullptr ? static_cast<const char*>(found) : end;
}

std::size_t find_all(const char* begin, const char* end, const char** out, std::size_t room) {
  std::size_t n = 0;
  for (const char* at = find(begin, end); at < end && n < room; at = find(at + 1, end)) {
    out[n++] = at;
  }
  return n;
}

#else

namespace hn = hwy::HWY_NAMESPACE;
using Bytes = hn::CappedTag<std::uint8_t, 64>;

template <class Mask>
HWY_INLINE std::uint64_t to_bits(Mask mask) {
  std::uint64_t bits = 0;
  hn::StoreMaskBits(Bytes(), mask, reinterpret_cast<std::uint8_t*>(&bits));
  return bits;
}

HWY_INLINE hn::Vec<Bytes> load(const char* at) {
  return hn::LoadU(Bytes(), reinterpret_cast<const std::uint8_t*>(at));
}

HWY_INLINE hn::Vec<Bytes> fill(char c) { return hn::Set(Bytes(), static_cast<std::uint8_t>(c)); }

HWY_INLINE Places find_places(const char* at, char first, char second, std::size_t distance) {
  Places places;
  for (std::size_t i = 0; i < 64; i += hn::Lanes(Bytes())) {
    const auto bytes = load(at + i);
    const auto ahead = load(at + i + distance);
    const auto rare = hn::And(hn::Eq(bytes, fill(first)), hn::Eq(ahead, fill(second)));
    places.newline |= to_bits(hn::Eq(bytes, fill('\n'))) << i;
    places.backslash |= to_bits(hn::Eq(bytes, fill('\\'))) << i;
    places.rare |= to_bits(rare) << i;
  }
  return places;
}

// Brackets that open, and backslashes.
HWY_INLINE std::uint64_t find_stops(const char* at) {
  std::uint64_t stops = 0;
  for (std::size_t i = 0; i < 64; i += hn::Lanes(Bytes())) {
    // '[' and '{' differ in one bit, as do '\\' and '|', which may end the search too.
    const auto folded = hn::Or(load(at + i), fill(0x20));
    stops |= to_bits(hn::Or(hn::Eq(folded, fill('{')), hn::Eq(folded, fill('|')))) << i;
  }
  return stops;
}

// Which of the 64 bytes there are line ends.
HWY_INLINE std::uint64_t newlines_at(const char* at) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 64; i += hn::Lanes(Bytes())) {
    bits |= to_bits(hn::Eq(load(at + i), fill('\n'))) << i;
  }
  return bits;
}

std::size_t find_all(const char* begin, const char* end, const char** out, std::size_t room) {
  std::size_t n = 0;
  for (const char* at = begin; at < end; at += 64) {
    for (std::uint64_t bits = newlines_at(at); bits != 0; bits &= bits - 1) {
      const char* const newline = at + std::countr_zero(bits);
      if (n == room || newline >= end) return n;
      out[n++] = newline;
    }
  }
  return n;
}

#endif

// by_member: a line without the text may be passed over only if its member is seen.
template <bool by_member>
class Scan {
 public:
  using Line = TextScanner::Line;
  using Verdict = TextScanner::Verdict;

  Scan(std::string_view block, const TextSearch& search, std::vector<Line>& out)
      : block_(block), search_(search), out_(out) {}

  std::size_t run() {
    const char* const begin = block_.data();
    const TextSearch::Needle& needle = search_.text;
    const std::size_t distance = needle.second_rare - needle.first_rare;
    const char first = needle.text[needle.first_rare], second = needle.text[needle.second_rare];
    std::size_t at = 0;
    for (; at + 64 <= block_.size(); at += 64) {
      take(at, find_places(begin + at, first, second, distance));
    }
    if (at < block_.size()) {
      // The last places are looked at in a copy: the rare byte ahead may lie beyond the padding.
      char tail[192] = {};
      std::memcpy(tail, begin + at, block_.size() - at);
      take(at, find_places(tail, first, second, distance));
    }
    return lines_;
  }

 private:
  HWY_INLINE void take(std::size_t at, Places places) {
    while (places.newline != 0) {
      const std::uint64_t before = places.newline ^ (places.newline - 1);
      note(at, places.rare & before, places.backslash & before);
      end_line(at + static_cast<std::size_t>(std::countr_zero(places.newline)));
      places.newline &= ~before;
      places.rare &= ~before;
      places.backslash &= ~before;
    }
    note(at, places.rare, places.backslash);
  }

  // Looks at places inside the current line.
  HWY_INLINE void note(std::size_t at, std::uint64_t rare, std::uint64_t backslash) {
    if (HWY_LIKELY((rare | backslash) == 0) || candidate_) return;
    for (; rare != 0; rare &= rare - 1) {
      if (has_text(at + static_cast<std::size_t>(std::countr_zero(rare)))) candidate_ = true;
    }
    for (; backslash != 0; backslash &= backslash - 1) {
      const std::size_t i = at + static_cast<std::size_t>(std::countr_zero(backslash));
      if (block_[i + 1] == 'u') candidate_ = true;
    }
  }

  // True if the text stands in the current line with its first rare byte at `place`.
  bool has_text(std::size_t place) const { return stands_at(search_.text, place, block_.size()); }

  // True if the needle stands in the current line, and before `end`, with its first rare byte at
  // `place`.
  bool stands_at(const TextSearch::Needle& needle, std::size_t place, std::size_t end) const {
    const std::size_t begin = place - needle.first_rare;
    return place >= begin_ + needle.first_rare && begin + needle.text.size() <= end &&
           std::memcmp(block_.data() + begin, needle.text.data(), needle.text.size()) == 0;
  }

  // True if the line, which ends at `end`, is seen to have a string in the member.  Behind its
  // first bracket and without another one or a backslash, the bytes `"name":"` can only be a name
  // of the top level and the beginning of its value: where the first quote closed a string, `name`
  // could not follow it.  It is looked for first where it stood in the last line.
  HWY_INLINE bool has_member(std::size_t end) {
    const std::string& text = search_.member.text;
    if (begin_ + member_at_ + text.size() <= end && search_.member.is_at(line() + member_at_)) {
      return is_free_of_stops(member_at_);
    }
    return find_member(end) && is_free_of_stops(member_at_);
  }

  HWY_NOINLINE bool find_member(std::size_t end) {
    const TextSearch::Member& member = search_.member;
    const std::size_t distance = member.second_rare - member.first_rare;
    const char first = member.text[member.first_rare], second = member.text[member.second_rare];
    for (std::size_t at = begin_ + 1; at < end; at += 64) {
      if (at + distance > block_.size()) return false;  // 64 bytes behind the block are readable
      std::uint64_t rare = find_places(block_.data() + at, first, second, distance).rare;
      for (; rare != 0; rare &= rare - 1) {
        const auto place = at + static_cast<std::size_t>(std::countr_zero(rare));
        if (!stands_at(member, place, end)) continue;
        member_at_ = place - member.first_rare - begin_;
        return true;
      }
    }
    return false;
  }

  // True if no bracket opens, and no backslash stands, in the first bytes of the line behind its
  // own bracket.
  HWY_INLINE bool is_free_of_stops(std::size_t size) const {
    for (std::size_t at = 1; at < size; at += 64) {
      std::uint64_t stops = find_stops(line() + at);
      if (size - at < 64) stops &= (std::uint64_t{1} << (size - at)) - 1;
      if (stops != 0) return false;
    }
    return true;
  }

  const char* line() const { return block_.data() + begin_; }

  HWY_INLINE void end_line(std::size_t end) {
    ++lines_;
    const bool odd = is_odd(end);
    if (by_member && !odd && !candidate_) candidate_ = !has_member(end);
    if (odd || candidate_) {
      out_.push_back({static_cast<std::uint32_t>(begin_), static_cast<std::uint32_t>(end),
                      odd ? Verdict::odd : Verdict::candidate});
    }
    begin_ = end + 1;
    candidate_ = false;
  }

  // The line ends at a '\n', so that a look at two bytes from its begin stays inside the block.
  HWY_INLINE bool is_odd(std::size_t end) const {
    const char* const line = block_.data() + begin_;
    if (line[0] != '{' || block_[end - 1] != '}') return true;
    if (HWY_LIKELY(line[1] == '"')) return line[2] == '~';
    const char* name = line + 1;
    while (*name == ' ' || *name == '\t' || *name == '\r') ++name;
    return name[0] == '"' && name[1] == '~';
  }

  std::string_view block_;
  const TextSearch& search_;
  std::vector<Line>& out_;
  std::size_t begin_ = 0;  // of the current line
  std::size_t lines_ = 0;
  std::size_t member_at_ = 0;  // where the member stood in the last line that was asked
  bool candidate_ = false;     // the current line holds the text or \u
};

std::size_t scan_block(std::string_view block, const TextSearch& search,
                       std::vector<TextScanner::Line>& out) {
  if (search.member.text.empty()) return Scan<false>(block, search, out).run();
  return Scan<true>(block, search, out).run();
}

}  // namespace

FindNewlines find_newlines_here() { return find_all; }
ScanBlock scan_block_here() { return scan_block; }

}  // namespace HWY_NAMESPACE
}  // namespace streamutils
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace streamutils {
namespace {

HWY_EXPORT(find_newlines_here);
HWY_EXPORT(scan_block_here);

// The bytes of JSON logs, the most frequent first: counted in Zeek logs, server status objects and
// shop events.  Bytes that are not listed are rarer than all of these.
constexpr std::string_view kFrequent =
    "\":e0,s1tr2ia.opludn3c4_m5y/7hT-689vqf{}wgZR EAxkCbNGz=?ODI[]j\\LPHBUSXMWQVFKYJ*&><!#$%'()+;@";

std::size_t rarity(char c) { return std::min(kFrequent.find(c), kFrequent.size()); }

// The place of the rarest byte of the text, other than `except`.
std::size_t rarest(std::string_view text, std::size_t except) {
  std::size_t best = except == 0 ? text.size() - 1 : 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i != except && rarity(text[i]) > rarity(text[best])) best = i;
  }
  return best;
}

}  // namespace

std::size_t find_newlines(const char* begin, const char* end, std::span<const char*> out) {
  static const FindNewlines find = HWY_DYNAMIC_DISPATCH(find_newlines_here)();
  return find(begin, end, out.data(), out.size());
}

TextScanner::Needle::Needle(std::string the_text) : text(std::move(the_text)) {
  first_rare = rarest(text, text.size());
  second_rare = rarest(text, first_rare);
  if (first_rare > second_rare) std::swap(first_rare, second_rare);
}

TextScanner::Member::Member(std::string the_text) : Needle(std::move(the_text)), head(text) {}

TextScanner::TextScanner(std::string text, std::string_view member) : text_(std::move(text)) {
  assert(!text_.text.empty() && text_.text.size() <= 64);
  assert(text_.text.find('\n') == std::string::npos && member.size() <= 64);
  if (!member.empty()) member_ = Member('"' + std::string(member) + "\":\"");
}

std::size_t TextScanner::scan(std::string_view block, std::vector<Line>& out) const {
  static const ScanBlock run = HWY_DYNAMIC_DISPATCH(scan_block_here)();
  return run(block, {text_, member_}, out);
}

}  // namespace streamutils
#endif  // HWY_ONCE
