// Scanning whole blocks of lines with SIMD: where lines end, and which of them can match at all.
//
// This is the fast path of the line loop.  It is written once with Google Highway, which picks the
// widest instruction set of the machine at run time, and tried against plain byte loops by a
// fuzzer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace streamutils {

// The position of the first '\n' in [begin, end), or end.  Faster than memchr on short lines: no
// call overhead beyond one indirect jump, and it may read up to 64 bytes past `end` (which must be
// readable).
const char* find_newline(const char* begin, const char* end);

// Finds the lines of a block that may hold a text.
//
// Made for a filter like type=purchase: a record that matches must have the bytes `"purchase"` in
// its line, unless it spells some of them as \u escapes.  So lines without the text and without
// "\u" are dropped unseen, and the block is looked at 64 bytes at a time.
class TextScanner {
 public:
  // What the filter wants to know of a line without reading it.
  enum class Verdict : std::uint8_t {
    plain,      // begins with '{', ends with '}', and cannot match
    candidate,  // may match
    odd,  // to be looked at by the plain path: no '{…}', blank, a control line ({"~), CR at its end
  };
  struct Line {
    std::uint32_t begin;  // offset in the block
    std::uint32_t end;    // of the '\n'
    Verdict verdict;
  };

  // REQUIRES: text is not empty and has at most 64 bytes.
  explicit TextScanner(std::string text);

  // Scans a block of whole lines (its last byte is '\n') and appends every line whose verdict is
  // not `plain`, in order.  Returns the number of all lines.  REQUIRES: 64 readable bytes behind
  // the block; block.size() < 2^32.
  std::size_t scan(std::string_view block, std::vector<Line>& out) const;

 private:
  std::string text_;
  std::size_t first_rare_ = 0;  // offsets in text_ of its two rarest bytes
  std::size_t second_rare_ = 0;
};

}  // namespace streamutils
