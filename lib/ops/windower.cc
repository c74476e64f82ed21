// SPDX-License-Identifier: Apache-2.0
#include "ops/windower.h"

#include <algorithm>
#include <limits>

namespace streamutils {
namespace {

__extension__ typedef __int128 Wide;  // holds sums and products of times without overflow

std::int64_t saturate(Wide n) {
  constexpr Wide kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr Wide kGreatest = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp(n, kLeast, kGreatest));
}

Timestamp to_time(Wide nanos) { return from_nanos(saturate(nanos)); }

Wide floor_divide(Wide a, std::int64_t b) { return a % b < 0 ? a / b - 1 : a / b; }

}  // namespace

FixedWindows::FixedWindows(const WindowSpec& spec)
    : size_(spec.size),
      slide_(spec.slide),
      origin_(spec.origin % spec.slide),
      rest_(spec.size % spec.slide) {
  if (origin_ < Duration::zero()) origin_ += slide_;
}

Timestamp FixedWindows::start(std::int64_t k) const {
  return to_time(Wide{origin_.count()} + Wide{k} * slide_.count());
}

Timestamp FixedWindows::end(std::int64_t k) const {
  return to_time(Wide{origin_.count()} + Wide{k} * slide_.count() + size_.count());
}

std::int64_t FixedWindows::first(Timestamp t) const {
  return saturate(
      floor_divide(Wide{to_nanos(t)} - origin_.count() - size_.count(), slide_.count()) + 1);
}

std::int64_t FixedWindows::last(Timestamp t) const {
  return saturate(floor_divide(Wide{to_nanos(t)} - origin_.count(), slide_.count()));
}

FixedWindows::Slice FixedWindows::slice(Timestamp t) const {
  const Wide begin = Wide{origin_.count()} + Wide{last(t)} * slide_.count();
  const Wide cut = begin + rest_.count();
  const Wide end = begin + slide_.count();
  if (to_nanos(t) >= cut) return {to_time(cut), to_time(end)};
  return {to_time(begin), to_time(cut)};
}

}  // namespace streamutils
