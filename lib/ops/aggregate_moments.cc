// var and stddev: of a sample, as in SQL's var_samp and stddev_samp.
//
// With sums of doubles the result depends on the order of events, and x^2 - mean^2 may lose every
// digit; Welford's recurrence is stable, but neither independent of order nor of parts.  Ours: the
// exact sums of the numbers and of their squares, so that n * sum(x^2) - sum(x)^2 is exact, and one
// rounding.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "base/decimal.h"
#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"

namespace streamutils {
namespace {

struct Moments {
  static constexpr std::string_view kKind = "moments";
  ExactSum sum;
  ExactSum squares;
  std::uint64_t n = 0;

  Taken add(const Observation& seen) {
    if (seen.number) return add(*seen.number);
    if (!seen.value.is(Kind::number)) return Taken::wrong_type;
    if (!squares.add_square(seen.value.raw()) || !sum.add(seen.value.raw())) {
      return Taken::out_of_range;
    }
    ++n;
    return Taken::yes;
  }
  Taken add(ShortDecimal number) {
    squares.add_square(number);
    sum.add(number);
    ++n;
    return Taken::yes;
  }
  void merge(const Moments& other) {
    sum.add(other.sum);
    squares.add(other.squares);
    n += other.n;
  }

  // n^2 times the variance of the population: never negative.
  ExactSum spread() const {
    ExactSum count;
    count.add(std::to_string(n));
    ExactSum spread = squares.multiplied(count);
    spread.subtract(sum.multiplied(sum));
    return spread;
  }

  // Nothing of fewer than two numbers, or if it is no double.
  std::optional<double> variance() const {
    if (n < 2) return std::nullopt;
    constexpr std::uint64_t kRoot = std::uint64_t{1} << 32;
    if (n < kRoot) return spread().divided_by(n * (n - 1));
    const std::optional<double> part = spread().divided_by(n);
    return part ? std::optional(*part / static_cast<double>(n - 1)) : std::nullopt;
  }

  void save(std::string& out) const {
    out += std::to_string(n) + ' ';
    sum.append_to(out);
    out += ' ';
    squares.append_to(out);
  }
  bool restore(std::string_view text) {
    std::string_view first, second;
    if (!take_integer(text, n) || !split_at_space(text, first, second)) return false;
    if (!is_number(first) || !is_number(second)) return false;
    // As a product, so that its square is within range.
    return sum.add_product(first, 1) && squares.add(second) && spread().sign() >= 0;
  }
  std::size_t bytes() const { return sum.bytes() + squares.bytes(); }
};

void write_number(std::optional<double> number, std::string& out) {
  if (number && std::isfinite(*number)) {
    append_double(out, *number);
  } else {
    out += "null";
  }
}

void write_variance(const Moments& moments, std::string& out) {
  write_number(moments.variance(), out);
}

void write_deviation(const Moments& moments, std::string& out) {
  const std::optional<double> variance = moments.variance();
  write_number(variance ? std::optional(std::sqrt(*variance)) : std::nullopt, out);
}

}  // namespace

Result<AggregatePtr> make_variance(const AggregateSpec& spec) {
  return make_plain<Moments, write_variance>(spec);
}
Result<AggregatePtr> make_deviation(const AggregateSpec& spec) {
  return make_plain<Moments, write_deviation>(spec);
}

}  // namespace streamutils
