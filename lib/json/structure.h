// The structure of JSON text, 64 bytes at a time: one bit for every `{ } [ ] : ,` that stands
// outside of strings, and a few facts about everything else.
//
// An inside header of json.  The method is stage 1 of simdjson (Langdale and Lemire, "Parsing
// Gigabytes of JSON per Second", VLDB Journal 28, 2019): characters are classified by vector
// comparisons, and the inside of strings is the running exclusive or of the quotes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace streamutils {

// What the text scanned so far may hold.  A fact that is absent is certain; one that is present
// tells the reader of a slice to look at its bytes.
enum Facts : std::uint8_t {
  kBackslash = 1,        // a '\'
  kNotAscii = 2,         // a byte >= 0x80
  kControlInString = 4,  // a byte < 0x20 inside a string
  kSpace = 8,            // a space outside of strings
  kMisplaced = 16,       // a string or scalar that does not stand directly behind `{ } [ ] : ,`
};

// What one block hands on to the next.
struct StructureState {
  std::uint64_t in_string = 0;     // all ones if the text so far ends inside a string
  std::uint64_t escaped = 0;       // 1 if the next byte is escaped
  std::uint64_t after_scalar = 0;  // 1 if the last byte belongs to a scalar that is no string
  std::uint64_t after_op = 1;      // 1 if nothing but spaces stands behind the last `{ } [ ] : ,`
  std::uint8_t facts = 0;          // of all blocks so far
};

// Scans size bytes, which follow those scanned before, and writes one word per 64 bytes: bit i of
// ops[k] is set if byte 64 * k + i is structural.  Control characters 0x0C and 0x1A outside of
// strings show as structural too; whoever reads the byte refuses it. REQUIRES: 64 readable bytes
// behind the text; size is a multiple of 64 unless the text ends there.
using ScanStructure = void (*)(const char* text, std::size_t size, StructureState& state,
                               std::uint64_t* ops);

// The fastest one for this machine.
ScanStructure scan_structure();

}  // namespace streamutils
