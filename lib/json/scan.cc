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
  std::string_view text;
  std::size_t first_rare = 0;  // first_rare <= second_rare
  std::size_t second_rare = 0;
};

using FindNewline = const char* (*)(const char* begin, const char* end);
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

const char* find(const char* begin, const char* end) {
  const std::size_t step = hn::Lanes(Bytes());
  for (const char* at = begin; at < end; at += step) {
    const std::uint64_t bits = to_bits(hn::Eq(load(at), fill('\n')));
    if (bits != 0) return std::min(at + std::countr_zero(bits), end);
  }
  return end;
}

#endif

class Scan {
 public:
  using Line = TextScanner::Line;
  using Verdict = TextScanner::Verdict;

  Scan(std::string_view block, const TextSearch& search, std::vector<Line>& out)
      : block_(block), search_(search), out_(out) {}

  std::size_t run() {
    const char* const begin = block_.data();
    const std::size_t distance = search_.second_rare - search_.first_rare;
    const char first = search_.text[search_.first_rare], second = search_.text[search_.second_rare];
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
  bool has_text(std::size_t place) const {
    const std::size_t begin = place - search_.first_rare;
    return place >= begin_ + search_.first_rare && begin + search_.text.size() <= block_.size() &&
           std::memcmp(block_.data() + begin, search_.text.data(), search_.text.size()) == 0;
  }

  HWY_INLINE void end_line(std::size_t end) {
    ++lines_;
    const bool odd = is_odd(end);
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
  bool candidate_ = false;  // the current line holds the text or \u
};

std::size_t scan_block(std::string_view block, const TextSearch& search,
                       std::vector<TextScanner::Line>& out) {
  return Scan(block, search, out).run();
}

}  // namespace

FindNewline find_newline_here() { return find; }
ScanBlock scan_block_here() { return scan_block; }

}  // namespace HWY_NAMESPACE
}  // namespace streamutils
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace streamutils {
namespace {

HWY_EXPORT(find_newline_here);
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

const char* find_newline(const char* begin, const char* end) {
  static const FindNewline find = HWY_DYNAMIC_DISPATCH(find_newline_here)();
  return find(begin, end);
}

TextScanner::TextScanner(std::string text) : text_(std::move(text)) {
  assert(!text_.empty() && text_.size() <= 64 && text_.find('\n') == std::string::npos);
  first_rare_ = rarest(text_, text_.size());
  second_rare_ = rarest(text_, first_rare_);
  if (first_rare_ > second_rare_) std::swap(first_rare_, second_rare_);
}

std::size_t TextScanner::scan(std::string_view block, std::vector<Line>& out) const {
  static const ScanBlock run = HWY_DYNAMIC_DISPATCH(scan_block_here)();
  return run(block, {text_, first_rare_, second_rare_}, out);
}

}  // namespace streamutils
#endif  // HWY_ONCE
