// SPDX-License-Identifier: Apache-2.0
#include "base/short_decimal.h"

namespace streamutils {

bool read_less_short(std::string_view text, ShortDecimal& result) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  p += negative;
  const char* const first = p;
  if (end - first > 19) return false;
  std::uint64_t value = 0;
  digits::read(p, end, value);
  const auto whole = p - first;
  if (whole == 0 || (*first == '0' && whole > 1)) return false;
  int scale = 0;
  if (p != end) {
    if (*p != '.') return false;
    const char* const fraction = ++p;
    digits::read(p, end, value);
    scale = static_cast<int>(p - fraction);
    if (scale == 0 || p != end) return false;
  }
  if (whole + scale > 18) return false;
  result.mantissa = negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
  result.scale = scale;
  return true;
}

void append_number(std::string& out, ShortDecimal number) {
  char text[kShortDecimalRoom];
  out.append(text, static_cast<std::size_t>(write_number(text, number) - text));
}

}  // namespace streamutils
