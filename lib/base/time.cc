// Arithmetic on points of time, and the names of units, styles and zones.
// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <algorithm>

#include "base/digits.h"
#include "base/text.h"

namespace streamutils {
namespace {

constexpr std::string_view kUnitNames[] = {"s", "ms", "us", "ns"};

std::optional<EpochUnit> find_unit(std::string_view text) {
  const auto* const found = std::find(std::begin(kUnitNames), std::end(kUnitNames), text);
  if (found == std::end(kUnitNames)) return std::nullopt;
  return static_cast<EpochUnit>(found - std::begin(kUnitNames));
}

std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  const std::int64_t rest = a % b;
  return rest < 0 ? rest + b : rest;
}

// "+02:00", "-0530", "+2": the offset in seconds.
std::optional<int> parse_offset(std::string_view text) {
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::string digits(text.substr(1));
  const std::size_t colon = digits.find(':');
  if (colon != std::string::npos && colon + 3 == digits.size()) digits.erase(colon, 1);
  if (digits.size() > 4 || !std::all_of(digits.begin(), digits.end(), digits::is_digit)) {
    return std::nullopt;
  }
  if (digits.size() <= 2) digits += "00";
  const int number = std::stoi(digits);
  if (number / 100 > 23 || number % 100 > 59) return std::nullopt;
  const int seconds = (number / 100 * 60 + number % 100) * 60;
  return text[0] == '-' ? -seconds : seconds;
}

}  // namespace

Timestamp floor_to(Timestamp t, Duration size, Duration offset) {
  const std::int64_t n = size.count();
  std::int64_t since = floor_mod(to_nanos(t), n);
  if (offset != Duration::zero()) {
    since -= floor_mod(offset.count(), n);
    if (since < 0) since += n;
  }
  return minus(t, Duration(since));
}

Result<EpochUnit> parse_epoch_unit(std::string_view text) {
  if (const auto unit = find_unit(text)) return *unit;
  return Error{"not a unit of time: " + quote(text) + " (expected s, ms, us or ns)"};
}

std::string to_string(TimeStyle style) {
  if (style.kind == TimeStyle::Kind::rfc3339) return "rfc3339";
  std::string name = style.quoted ? "\"" : "";
  name += kUnitNames[static_cast<int>(style.unit)];
  return name;
}

std::optional<TimeStyle> parse_time_style(std::string_view text) {
  if (text == "rfc3339") return TimeStyle{};
  TimeStyle style;
  style.kind = TimeStyle::Kind::epoch;
  style.quoted = text.starts_with('"');
  const auto unit = find_unit(text.substr(style.quoted ? 1 : 0));
  if (!unit) return std::nullopt;
  style.unit = *unit;
  return style;
}

Result<absl::TimeZone> parse_time_zone(std::string_view name) {
  if (name == "UTC" || name == "utc" || name == "Z") return absl::UTCTimeZone();
  if (name == "local") return absl::LocalTimeZone();
  if (const auto seconds = parse_offset(name)) return absl::FixedTimeZone(*seconds);
  absl::TimeZone zone;
  if (!name.empty() && absl::LoadTimeZone({name.data(), name.size()}, &zone)) return zone;
  return Error{"unknown time zone: " + quote(name) +
               " (expected a name like Europe/Paris, an offset like +02:00, UTC or local)"};
}

}  // namespace streamutils
