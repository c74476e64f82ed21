// SPDX-License-Identifier: Apache-2.0
#include "ops/window_length.h"

#include <optional>
#include <string_view>

#include "base/text.h"

namespace streamutils {
namespace {

using Unit = WindowLength::Unit;

// A million years, or events: more is a mistake, and arithmetic stays far from its ends.
constexpr std::int64_t kMost = 1'000'000'000;

struct UnitName {
  std::string_view name;
  Unit unit;
  std::int64_t each;
  bool weeks = false;
};
constexpr UnitName kUnits[] = {{"d", Unit::days, 1},    {"w", Unit::days, 7, true},
                               {"mo", Unit::months, 1}, {"y", Unit::months, 12},
                               {"rows", Unit::rows, 1}, {"row", Unit::rows, 1}};

// The length, if the text is a whole number and one of the units above.
std::optional<WindowLength> parse_whole(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 9) return std::nullopt;
  for (const UnitName& unit : kUnits) {
    if (text.substr(digits) != unit.name) continue;
    const std::int64_t n = std::stoll(std::string(text.substr(0, digits)));
    return WindowLength{unit.unit, n * unit.each, unit.weeks};
  }
  return std::nullopt;
}

}  // namespace

Result<WindowLength> parse_window_length(const std::string& text, const std::string& what) {
  if (const auto whole = parse_whole(text)) {
    if (whole->n == 0) return Error{what + " must be more than 0: " + quote(text)};
    if (whole->n > kMost) return Error{what + " is too long: " + quote(text)};
    return *whole;
  }
  if (text.ends_with("rows")) return Error{what + ": not a whole number of rows: " + quote(text)};
  const Result<Duration> length = parse_duration(text);
  if (!length) return Error{what + ": " + length.error().message};
  if (*length <= Duration::zero()) return Error{what + " must be more than 0: " + quote(text)};
  return WindowLength{Unit::nanos, length->count()};
}

std::string format_window_length(const WindowLength& length) {
  const std::string n = std::to_string(length.n);
  switch (length.unit) {
    case Unit::nanos:
      return format_duration(length.duration());
    case Unit::days:
      return length.weeks ? std::to_string(length.n / 7) + "w" : n + "d";
    case Unit::months:
      return length.n % 12 == 0 ? std::to_string(length.n / 12) + "y" : n + "mo";
    case Unit::rows:
      return n + "rows";
  }
  return n;
}

}  // namespace streamutils
