// The English short names of months, as logs have them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace streamutils {

// 1 to 12, or 0 if text is none of "Jan" to "Dec".
inline int month_of(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 3) return 0;
  const std::size_t at = kMonths.find(text);
  return at == kMonths.npos || at % 3 != 0 ? 0 : static_cast<int>(at / 3) + 1;
}

}  // namespace streamutils
