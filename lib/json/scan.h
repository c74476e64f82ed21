// Scanning whole blocks of lines with SIMD: where lines end, and which of them can match at all.
//
// This is the fast path of the line loop.  It is written once with Google Highway, which picks the
// widest instruction set of the machine at run time, and tried against plain byte loops by a
// fuzzer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/name.h"

namespace streamutils {

// The positions of the first '\n's in [begin, end), as many as there is room for; returns how many
// were found.  Faster than memchr on short lines, and it may read up to 64 bytes past `end` (which
// must be readable).
std::size_t find_newlines(const char* begin, const char* end, std::span<const char*> out);

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

  // member: nothing, or a name of the top level whose value must be seen to be a string in a line
  // that is passed over.  It is seen in `{…"member":"`, with no bracket and no backslash before it;
  // any other line is a candidate.
  // REQUIRES: text is not empty; text and member have at most 64 bytes, and member holds nothing
  // that JSON has to escape.
  explicit TextScanner(std::string text, std::string_view member = {});

  // Scans a block of whole lines (its last byte is '\n') and appends every line whose verdict is
  // not `plain`, in order.  Returns the number of all lines.  REQUIRES: 64 readable bytes behind
  // the block; block.size() < 2^32.
  std::size_t scan(std::string_view block, std::vector<Line>& out) const;

 private:
  // A text, and the offsets in it of its two rarest bytes.
  struct Needle {
    Needle() = default;
    explicit Needle(std::string the_text);

    std::string text;
    std::size_t first_rare = 0;  // first_rare <= second_rare
    std::size_t second_rare = 0;
  };
  // `"member":"`, or an empty text.
  struct Member : Needle {
    Member() = default;
    explicit Member(std::string the_text);
    // REQUIRES: text.size(), and 8, readable bytes.
    bool is_at(const char* at) const {
      if (head.difference(at) != 0) return false;
      return text.size() <= 8 || std::memcmp(at + 8, text.data() + 8, text.size() - 8) == 0;
    }

    TextHead head;
  };
  friend struct TextSearch;

  Needle text_;
  Member member_;
};

}  // namespace streamutils
