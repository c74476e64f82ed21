// SPDX-License-Identifier: Apache-2.0
#include "ops/ranking.h"

#include <algorithm>
#include <compare>
#include <utility>

#include "base/decimal.h"

namespace streamutils {
namespace {

// Numbers above strings.  UTF-8 bytes are in the order of the code points.
std::strong_ordering compare_values(std::string_view a, std::string_view b) {
  const bool a_is_string = a.front() == '"';
  const bool b_is_string = b.front() == '"';
  if (a_is_string != b_is_string) return b_is_string <=> a_is_string;
  if (!a_is_string) return compare_numbers(a, b);
  std::string a_scratch;
  std::string b_scratch;
  return Value(Kind::string, a).text(a_scratch) <=> Value(Kind::string, b).text(b_scratch);
}

}  // namespace

bool RankedEvent::is_before(const RankedEvent& other) const {
  const std::strong_ordering order = compare_values(value, other.value);
  if (order != 0) return order > 0;
  if (time != other.time) return time < other.time;
  return number < other.number;
}

std::optional<std::size_t> Ranking::place_of(const RankedEvent& event) const {
  if (events_.size() == limit_ && !event.is_before(events_.back())) return std::nullopt;
  const auto place = std::ranges::lower_bound(
      events_, event, [](const RankedEvent& a, const RankedEvent& b) { return a.is_before(b); });
  return static_cast<std::size_t>(place - events_.begin());
}

void Ranking::insert(std::size_t place, RankedEvent event) {
  if (events_.size() == limit_) events_.pop_back();
  events_.insert(events_.begin() + static_cast<std::ptrdiff_t>(place), std::move(event));
}

}  // namespace streamutils
