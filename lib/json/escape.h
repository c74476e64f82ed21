// Text of strings of JSON with quotes in it, as lines of events are where they stand in a string.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace streamutils {

struct EscapedText {
  char* end = nullptr;  // behind what was written
  // Bytes that stand there as they are, and would have to be looked at.
  bool has_controls = false;   // less than 0x20
  bool has_non_ascii = false;  // 0x80 and more
};

// Writes the text with a backslash in front of each quote and each backslash.
// REQUIRES: room for escaped_room(text.size()) bytes.
EscapedText write_escaped(char* to, std::string_view text);
constexpr std::size_t escaped_room(std::size_t size) { return 2 * size + 16; }

}  // namespace streamutils
