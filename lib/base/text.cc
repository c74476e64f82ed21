// Quoting for messages, guessing what was meant, and checking UTF-8.
// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace streamutils {
namespace {

using Byte = unsigned char;

bool is_continuation(char c) { return (Byte(c) & 0xC0) == 0x80; }

// The length of the well-formed UTF-8 sequence at the start of text, or 0 if there is none.  The
// bounds of the second byte exclude overlong forms, surrogates and what lies above U+10FFFF
// (Unicode 15, table 3-7).  REQUIRES: text is not empty.
std::size_t sequence_length(std::string_view text) {
  const Byte lead = Byte(text[0]);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  const Byte low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const Byte high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (Byte(text[1]) < low || Byte(text[1]) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  return length;
}

// True for the characters that can move the cursor or change the colours of a terminal: C0, DEL and
// the two-byte C1 range.
bool is_control(std::string_view sequence) {
  const Byte lead = Byte(sequence[0]);
  if (sequence.size() == 1) return lead < 0x20 || lead == 0x7F;
  return lead == 0xC2 && Byte(sequence[1]) < 0xA0;
}

void append_hex(std::string& out, std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : bytes) {
    out += "\\x";
    out += kHex[Byte(c) >> 4];
    out += kHex[Byte(c) & 15];
  }
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  }
  return result;
}

// Insertions, deletions, replacements and swaps of neighbours that turn a into b (the "optimal
// string alignment" form of the Damerau-Levenshtein distance), by the usual table of three rows.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string quote(std::string_view text, std::size_t limit) {
  std::string out = "\"";
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t length = sequence_length(text.substr(i));
    const std::string_view sequence = text.substr(i, std::max<std::size_t>(length, 1));
    if (i + sequence.size() > limit) break;
    if (length == 0 || is_control(sequence)) {
      append_hex(out, sequence);
    } else {
      out += sequence;
    }
    i += sequence.size();
  }
  out += i < text.size() ? "...\"" : "\"";
  return out;
}

std::string_view closest(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string wanted = lower(word);
  std::string_view best;
  std::size_t best_distance = SIZE_MAX;
  for (const std::string_view candidate : candidates) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t shorter = std::min(word.size(), candidate.size());
    if (longer - shorter > longer / 3) continue;  // spares the table for words of another length
    const std::size_t d = distance(wanted, lower(candidate));
    if (d > longer / 3 || d >= best_distance) continue;
    best = candidate;
    best_distance = d;
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view best = closest(word, candidates);
  if (best.empty()) return "";
  return ", did you mean '" + std::string(best) + "'?";
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    std::uint64_t block = 0;
    if (text.size() - i >= sizeof block) {
      std::memcpy(&block, text.data() + i, sizeof block);
      if ((block & 0x8080808080808080U) == 0) {
        i += sizeof block;
        continue;
      }
    }
    const std::size_t length = sequence_length(text.substr(i));
    if (length == 0) return false;
    i += length;
  }
  return true;
}

}  // namespace streamutils
