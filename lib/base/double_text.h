// Doubles as text, in the layout of ECMAScript's Number::toString, which RFC 8785 made the
// canonical one for JSON: digits up to 1e21, fractions down to 1e-6, an exponent beyond.  The
// digits are the shortest that read back.  Unlike there, -0 keeps its sign, because it reads back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace streamutils {

// Writes d as append_double (base/decimal.h) does; returns the place behind it.  REQUIRES: d is
// finite, and room for kDoubleRoom bytes.
inline constexpr std::size_t kDoubleRoom = 64;
char* write_double(char* to, double d);

}  // namespace streamutils
