// Sums without rounding.
//
// The problem: a sum of doubles depends on the order of addition, and 0.1 + 0.2 is not 0.3.  Known
// ways are compensated sums (Kahan; still rounded), superaccumulators over doubles (Kulisch; exact
// for doubles, but 0.1 is no double) and big decimals (exact, but they allocate for every number).
//
// Ours: one 128-bit integer at one power of ten.  Amounts, temperatures and latencies have few
// places behind the point and fit for the life of a stream; such an addition is a multiplication by
// a small power of ten and an add.  When 37 digits are too few, a wide sum takes over for good:
// fixed point in base 10^18, each limb with a sign of its own, so that a carry rarely travels.  It
// reaches from 10^-432 upwards and grows at the top only.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/decimal.h"
#include "base/digit_text.h"
#include "base/long_decimal.h"
#include "base/number_text.h"
#include "base/short_decimal.h"

namespace streamutils {
namespace {

using Int128 = Decimal::Int128;
__extension__ typedef unsigned __int128 UInt128;

constexpr std::int64_t kBase = 1'000'000'000'000'000'000;
constexpr int kLimbDigits = LongDecimal::kLimbDigits;
constexpr int kLimit = 400;                 // how far a decimal point may be moved
constexpr int kLowest = -24 * kLimbDigits;  // the exponent of limb 0: -432
constexpr int kNarrowDigits = 37;  // |mantissa| < 10^37: two of them add up inside 128 bits
constexpr Int128 kNarrowEnd = Int128{kBase} * kBase * 10;

Int128 magnitude_of(Int128 n) { return n < 0 ? -n : n; }

// mantissa *= 10^n; false (and mantissa is spoilt) if it does not stay below 10^37.
bool scale_up(Int128& mantissa, std::int64_t n) {
  if (mantissa == 0) return true;
  if (n >= kNarrowDigits) return false;
  for (; n > 0; n -= kLimbDigits) {
    const auto factor =
        static_cast<std::int64_t>(digits::kPowersOfTen[std::min<std::int64_t>(n, kLimbDigits)]);
    if (__builtin_mul_overflow(mantissa, Int128{factor}, &mantissa)) return false;
  }
  return magnitude_of(mantissa) < kNarrowEnd;
}

// The quotient of two integers, rounded once; nullopt where 128 bits are not enough.  Sticky bits
// make it right: a bit that says "something follows" stands below all bits that rounding looks at.
// REQUIRES: divisor > 0.
std::optional<double> divide_narrow(UInt128 dividend, UInt128 divisor) {
  constexpr UInt128 kExact = UInt128{1} << 53;  // a division of doubles rounds once by itself
  if (dividend <= kExact && divisor <= kExact) {
    return static_cast<double>(static_cast<std::uint64_t>(dividend)) /
           static_cast<double>(static_cast<std::uint64_t>(divisor));
  }
  constexpr UInt128 kEnough = UInt128{1} << 60;
  if (divisor >> 64 != 0) return std::nullopt;
  const UInt128 whole = dividend / divisor;
  const UInt128 rest = dividend % divisor;
  if (whole >= kEnough) return static_cast<double>(whole | (rest != 0));
  const UInt128 shifted = rest << 64;
  const UInt128 bits = (whole << 64) | (shifted / divisor);
  if (bits < kEnough) return std::nullopt;
  return std::ldexp(static_cast<double>(bits | (shifted % divisor != 0)), -64);
}

// The digits of a sum, such that the text of them can be added again.
LongDecimal narrow_digits(Int128 mantissa, std::int64_t exponent) {
  const auto n = static_cast<UInt128>(magnitude_of(mantissa));
  LongDecimal sum{mantissa < 0, {}, exponent};
  sum.append_limb(static_cast<std::uint64_t>(n / kBase / kBase));
  sum.append_limb(static_cast<std::uint64_t>(n / kBase % kBase));
  sum.append_limb(static_cast<std::uint64_t>(n % kBase));
  sum.strip();
  sum.trim(kLimit);
  return sum;
}

}  // namespace

// value = sum of limbs[i] * 10^(kLowest + 18 i), with |limbs[i]| < 10^18.
struct ExactSum::Wide {
  std::vector<std::int64_t> limbs;

  // Adds amount * 10^(kLowest + 18 i).  REQUIRES: |amount| < 10^18.
  void add_limb(std::size_t i, std::int64_t amount) {
    for (; amount != 0; ++i) {
      if (i >= limbs.size()) limbs.resize(i + 1);
      const std::int64_t sum = limbs[i] + amount;
      amount = sum / kBase;
      limbs[i] = sum % kBase;
    }
  }

  // Adds n * 10^exponent.  REQUIRES: |n| < 10^18, exponent >= kLowest.
  void add_at(std::int64_t n, std::int64_t exponent) {
    const std::int64_t place = exponent - kLowest;
    const auto i = static_cast<std::size_t>(place / kLimbDigits);
    const Int128 shifted = Int128{n} * digits::kPowersOfTen[place % kLimbDigits];
    add_limb(i, static_cast<std::int64_t>(shifted % kBase));
    add_limb(i + 1, static_cast<std::int64_t>(shifted / kBase));
  }

  // REQUIRES: exponent >= kLowest.
  void add_mantissa(Int128 mantissa, std::int64_t exponent) {
    for (; mantissa != 0; mantissa /= kBase, exponent += kLimbDigits) {
      add_at(static_cast<std::int64_t>(mantissa % kBase), exponent);
    }
  }

  // Adds (or with sign -1 subtracts) another one.  REQUIRES: it is not this one.
  void add(const Wide& other, int sign) {
    for (std::size_t i = 0; i < other.limbs.size(); ++i) add_limb(i, sign * other.limbs[i]);
  }

  // Gives all limbs the sign of the sum and writes them as digits.
  LongDecimal to_digits() const {
    LongDecimal sum;
    std::vector<std::int64_t> even = limbs;
    while (!even.empty() && even.back() == 0) even.pop_back();
    if (even.empty()) return sum;
    sum.negative = even.back() < 0;
    for (std::int64_t& limb : even) limb = sum.negative ? -limb : limb;
    for (std::size_t i = 0; i + 1 < even.size(); ++i) {
      if (even[i] >= 0) continue;
      even[i] += kBase;
      --even[i + 1];
    }
    for (std::size_t i = even.size(); i-- > 0;) {
      sum.append_limb(static_cast<std::uint64_t>(even[i]));
    }
    sum.strip();
    sum.exponent = kLowest;
    sum.trim(kLimit);
    return sum;
  }
};

ExactSum::ExactSum() = default;
ExactSum::ExactSum(ExactSum&&) noexcept = default;
ExactSum& ExactSum::operator=(ExactSum&&) noexcept = default;
ExactSum::~ExactSum() = default;

ExactSum::ExactSum(const ExactSum& other)
    : mantissa_(other.mantissa_),
      exponent_(other.exponent_),
      wide_(other.wide_ ? std::make_unique<Wide>(*other.wide_) : nullptr) {}

ExactSum& ExactSum::operator=(const ExactSum& other) {
  if (this != &other) *this = ExactSum(other);
  return *this;
}

// Moves the sum into limbs.
void ExactSum::widen() {
  wide_ = std::make_unique<Wide>();
  wide_->add_mantissa(mantissa_, exponent_);
  mantissa_ = 0;
}

// Adds mantissa * 10^exponent.  REQUIRES: |mantissa| < 10^37, exponent >= -kLimit.
void ExactSum::add_scaled(Int128 mantissa, std::int64_t exponent) {
  if (mantissa == 0) return;
  if (!wide_) {
    Int128 addend = mantissa;
    Int128 sum = mantissa_;
    const bool fits = exponent >= exponent_ ? scale_up(addend, exponent - exponent_)
                                            : scale_up(sum, exponent_ - exponent);
    // Two numbers below 10^37 do not overflow 128 bits.
    if (fits && magnitude_of(sum += addend) < kNarrowEnd) {
      mantissa_ = sum;
      exponent_ = static_cast<std::int32_t>(std::min<std::int64_t>(exponent, exponent_));
      return;
    }
    widen();
  }
  wide_->add_mantissa(mantissa, exponent);
}

bool ExactSum::add(std::string_view number) {
  ShortDecimal addend;
  if (!read_short(number, addend)) return add_long(number);
  add(addend);
  return true;
}

void ExactSum::add_other(ShortDecimal addend) {
  // 12.5 after 12.25: below 10^36 whatever the scales are.
  const int raise = -addend.scale - exponent_;
  if (!wide_ && raise >= 0 && raise <= kLimbDigits) {
    const Int128 sum = mantissa_ + Int128{addend.mantissa} * digits::kPowersOfTen[raise];
    if (magnitude_of(sum) < kNarrowEnd) {
      mantissa_ = sum;
      return;
    }
  }
  add_scaled(addend.mantissa, -addend.scale);
}

// Adds a number of any length: its digits in pieces of 18, each at its place.
bool ExactSum::add_long(std::string_view number) {
  const NumberText n = split_number(number);
  if (n.is_zero()) return true;
  const auto top = n.top();
  if (!top) return false;
  const std::int64_t end = *top - n.digit_count();  // the exponent of the last digit
  // Zeros that were written at the end of the digits count as digits: 10e400 is in range.
  const std::int64_t written = end - n.trailing_zeros;
  if (end < -kLimit || written > kLimit) return false;
  std::string digits(n.head);
  digits += n.tail;
  if (digits.size() <= kNarrowDigits) {
    Int128 mantissa = 0;
    for (const char c : digits) mantissa = mantissa * 10 + (c - '0');
    add_scaled(n.negative ? -mantissa : mantissa, end);
    return true;
  }
  if (!wide_) widen();
  digits.append((kLimbDigits - digits.size() % kLimbDigits) % kLimbDigits, '0');
  for (std::size_t i = 0; i < digits.size(); i += kLimbDigits) {
    const auto limb = static_cast<std::int64_t>(limb_at(digits, i));
    wide_->add_at(n.negative ? -limb : limb, *top - static_cast<std::int64_t>(i) - kLimbDigits);
  }
  return true;
}

// A factor of a product whose digits must not reach further down than limbs do.
bool ExactSum::read_factor(std::string_view number, ExactSum& factor) {
  const NumberText n = split_number(number);
  if (n.is_zero()) return true;
  const auto top = n.top();
  return top && *top - n.digit_count() >= -kLimit / 2 && factor.add(number);
}

bool ExactSum::add_square(std::string_view number) {
  ShortDecimal x;
  if (read_short(number, x)) {
    add_square(x);
    return true;
  }
  ExactSum factor;
  if (!read_factor(number, factor)) return false;
  add(factor.multiplied(factor));
  return true;
}

void ExactSum::add_square(ShortDecimal x) {
  add_scaled(Int128{x.mantissa} * x.mantissa, -2 * x.scale);
}

bool ExactSum::add_product(std::string_view number, std::int64_t factor) {
  ShortDecimal x;
  if (read_short(number, x)) {
    add_scaled(Int128{x.mantissa} * factor, -x.scale);
    return true;
  }
  ExactSum wide;
  if (!read_factor(number, wide)) return false;
  ExactSum other;
  other.add_scaled(factor, 0);
  add(wide.multiplied(other));
  return true;
}

// Long multiplication, 18 digits by 18.
ExactSum ExactSum::multiplied(const ExactSum& other) const {
  const LongDecimal a = wide_ ? wide_->to_digits() : narrow_digits(mantissa_, exponent_);
  const LongDecimal b =
      other.wide_ ? other.wide_->to_digits() : narrow_digits(other.mantissa_, other.exponent_);
  const std::vector<std::int64_t> a_limbs = a.limbs();
  const std::vector<std::int64_t> b_limbs = b.limbs();
  const int sign = a.negative == b.negative ? 1 : -1;
  ExactSum product;
  for (std::size_t i = 0; i < a_limbs.size(); ++i) {
    for (std::size_t k = 0; k < b_limbs.size(); ++k) {
      product.add_scaled(Int128{a_limbs[i]} * b_limbs[k] * sign,
                         a.exponent + b.exponent + kLimbDigits * static_cast<std::int64_t>(i + k));
    }
  }
  return product;
}

int ExactSum::sign() const {
  if (!wide_) return (mantissa_ > 0) - (mantissa_ < 0);
  const LongDecimal digits = wide_->to_digits();
  return digits.digits.empty() ? 0 : digits.negative ? -1 : 1;
}

void ExactSum::add(const ExactSum& other) { add_signed(other, 1); }

void ExactSum::subtract(const ExactSum& other) { add_signed(other, -1); }

void ExactSum::add_signed(const ExactSum& other, int sign) {
  if (this == &other) return add_signed(ExactSum(other), sign);
  if (!other.wide_) return add_scaled(sign * other.mantissa_, other.exponent_);
  if (!wide_) widen();
  wide_->add(*other.wide_, sign);
}

char* ExactSum::write_short(char* to) const {
  const auto magnitude = static_cast<UInt128>(magnitude_of(mantissa_));
  if (wide_ || magnitude >> 64 != 0 || -exponent_ > kLimbDigits) return nullptr;
  if (mantissa_ < 0) *to++ = '-';
  return digits::write_decimal(to, static_cast<std::uint64_t>(magnitude),
                               static_cast<unsigned>(-exponent_));
}

void ExactSum::append_to(std::string& out) const {
  char text[kShortRoom];
  if (const char* const end = write_short(text)) {
    out.append(text, static_cast<std::size_t>(end - text));
    return;
  }
  if (wide_) return wide_->to_digits().append_to(out);
  narrow_digits(mantissa_, exponent_).append_to(out);
}

std::size_t ExactSum::bytes() const {
  return wide_ ? sizeof(Wide) + wide_->limbs.capacity() * sizeof(std::int64_t) : 0;
}

std::optional<double> ExactSum::divided_by(std::uint64_t n) const {
  if (n == 0) return std::nullopt;
  if (wide_) return wide_->to_digits().divided_by(n);
  constexpr int kFactorDigits = 19;  // 2^64 * 10^19 is less than 2^128
  if (-exponent_ <= kFactorDigits) {
    const auto dividend = static_cast<UInt128>(magnitude_of(mantissa_));
    const UInt128 divisor = UInt128{n} * digits::kPowersOfTen[-exponent_];
    if (const auto quotient = divide_narrow(dividend, divisor)) {
      return mantissa_ < 0 ? -*quotient : *quotient;
    }
  }
  return narrow_digits(mantissa_, exponent_).divided_by(n);
}

void append_plain_number(std::string& out, std::string_view number) {
  ExactSum sum;
  if (sum.add(number)) {
    sum.append_to(out);
  } else {
    append_canonical_number(out, number);
  }
}

}  // namespace streamutils
