// Any bytes as a time: the parser with a remembered day and a fresh one agree, what is read can be
// written in its own style and read again, and the zone, unit and format never lead out of bounds.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/time.h"

namespace {

using streamutils::Timestamp;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_round_trip(Timestamp time) {
  streamutils::TimeParser parser;
  require(parser.parse_string(streamutils::format_time(time)) == time);
  for (const std::string_view name : {"s", "ms", "us", "ns"}) {
    const auto unit = streamutils::parse_epoch_unit(name);
    require(unit.ok());
    std::string epoch;
    streamutils::append_time(epoch, time, {streamutils::TimeStyle::Kind::epoch, *unit, false});
    streamutils::TimeParser by_unit({*unit, "", absl::UTCTimeZone()});
    require(by_unit.parse_number(epoch) == time);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  streamutils::TimeParser fresh;
  const auto time = fresh.parse_string(text);
  streamutils::TimeParser knows;
  knows.parse_string(text.substr(0, 10));
  require(knows.parse_string(text) == time);
  if (time) require(knows.style() == fresh.style());
  const auto number = fresh.parse_number(text);
  require(!number || number == time);
  if (time) check_round_trip(*time);

  static const absl::TimeZone kZone = absl::FixedTimeZone(-5 * 3600 - 1800);
  streamutils::TimeParser elsewhere({{}, "", kZone});
  const auto local = elsewhere.parse_string(text);
  if (local) check_round_trip(*local);
  streamutils::TimeParser formatted({{}, "%d.%m.%Y %H:%M:%S.%f", absl::UTCTimeZone()});
  const auto by_format = formatted.parse_string(text);
  if (by_format) check_round_trip(*by_format);
  return 0;
}
