// SPDX-License-Identifier: Apache-2.0
#include "base/long_decimal.h"

#include <algorithm>

#include "base/decimal.h"

namespace streamutils {
namespace {

__extension__ typedef unsigned __int128 UInt128;

constexpr int kLimbDigits = LongDecimal::kLimbDigits;
constexpr std::int64_t kBase = 1'000'000'000'000'000'000;

void append_limb(std::string& out, std::uint64_t limb) {
  char digits[kLimbDigits];
  for (int i = kLimbDigits - 1; i >= 0; --i, limb /= 10)
    digits[i] = static_cast<char>('0' + limb % 10);
  out.append(digits, kLimbDigits);
}

}  // namespace

void LongDecimal::append_limb(std::uint64_t limb) { streamutils::append_limb(digits, limb); }

void LongDecimal::strip() {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
}

void LongDecimal::trim(std::int64_t limit) {
  std::size_t n = digits.size();
  while (n > 0 && digits[n - 1] == '0' && exponent < limit) {
    --n;
    ++exponent;
  }
  digits.resize(n);
}

std::vector<std::int64_t> LongDecimal::limbs() const {
  std::vector<std::int64_t> limbs;
  std::string_view rest = digits;
  while (!rest.empty()) {
    const std::size_t n = std::min<std::size_t>(rest.size(), kLimbDigits);
    std::int64_t limb = 0;
    for (const char c : rest.substr(rest.size() - n)) limb = limb * 10 + (c - '0');
    limbs.push_back(limb);
    rest.remove_suffix(n);
  }
  return limbs;
}

void LongDecimal::append_to(std::string& out) const {
  constexpr std::int64_t kPlain = 40;
  const auto count = static_cast<std::int64_t>(digits.size());
  if (count == 0) {
    out += '0';
    return;
  }
  if (negative) out += '-';
  const std::int64_t point = count + exponent;  // digits before the point
  if (exponent >= 0 && point <= kPlain) {
    out += digits;
    out.append(static_cast<std::size_t>(exponent), '0');
  } else if (exponent < 0 && point > 0 && count <= kPlain) {
    out.append(digits, 0, static_cast<std::size_t>(point));
    out += '.';
    out.append(digits, static_cast<std::size_t>(point));
  } else if (exponent < 0 && point <= 0 && 1 - exponent <= kPlain) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  } else {
    out += digits;
    if (exponent != 0) out += 'e' + std::to_string(exponent);
  }
}

std::uint64_t limb_at(std::string_view digits, std::size_t position) {
  std::uint64_t limb = 0;
  for (std::size_t i = position; i < position + kLimbDigits; ++i) {
    limb = limb * 10 + static_cast<unsigned>(i < digits.size() ? digits[i] - '0' : 0);
  }
  return limb;
}

// Long division, 18 digits a step.  A number half way between two doubles has at most
// 767 significant digits, so 800 digits of the quotient, and one that says whether something
// follows, decide the rounding.
std::optional<double> LongDecimal::divided_by(std::uint64_t n) const {
  if (digits.empty()) return 0.0;
  constexpr std::size_t kEnough = 47 * kLimbDigits;  // 800 and the zeros in front
  std::string quotient = negative ? "-" : "";
  UInt128 rest = 0;
  std::size_t used = 0;
  while (used < kEnough && (used < digits.size() || rest != 0)) {
    rest = rest * kBase + limb_at(digits, used);
    streamutils::append_limb(quotient, static_cast<std::uint64_t>(rest / n));
    rest %= n;
    used += kLimbDigits;
  }
  const bool cut = used < digits.size() && digits.find_first_not_of('0', used) != std::string::npos;
  quotient += rest != 0 || cut ? ".1e" : "e";
  quotient += std::to_string(exponent + static_cast<std::int64_t>(digits.size()) -
                             static_cast<std::int64_t>(used));
  return to_double(quotient);
}

}  // namespace streamutils
