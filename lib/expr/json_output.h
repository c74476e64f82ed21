// Values as JSON, the way smap writes them.
//
// Numbers: whole ones as digits, others in the shortest form that reads back.  Timestamps in RFC
// 3339, durations in seconds ("60.001s"), bytes in base64, types and addresses by their text, an
// optional as what it holds.  Keys of maps become names.  What is still JSON text of the event
// leaves byte for byte.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "expr/arena.h"
#include "expr/value.h"

namespace streamutils::expr {

enum class JsonTrouble : std::uint8_t {
  none,
  error,       // the value is one
  not_finite,  // NaN or an infinity
  empty,       // optional.none(); inside lists and maps it is left out
  too_deep,
};

// Appends v.  After trouble, out is as it was.
JsonTrouble append_json(Arena& arena, std::string& out, Value v);

// Appends the base64 text of bytes, with padding.
void append_base64(std::string& out, std::string_view bytes);

// Appends an address as text: 10.0.0.1, 2001:db8::1 (RFC 5952), cidr with its prefix.
void append_address(std::string& out, Value address);

}  // namespace streamutils::expr
