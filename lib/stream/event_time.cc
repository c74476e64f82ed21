// SPDX-License-Identifier: Apache-2.0
#include "stream/event_time.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace streamutils {
namespace {

// A stream that has none of them is asked for all, event by event.
const std::vector<WantedName>& usual_names() {
  static const std::vector<WantedName> names = {
      WantedName::lasting("ts"),         WantedName::lasting("timestamp"),
      WantedName::lasting("@timestamp"), WantedName::lasting("time"),
      WantedName::lasting("event_time"), WantedName::lasting("window_end")};
  return names;
}

// True of a number, and of a year that nanoseconds in 64 bits do not reach, such as 9999.
bool is_out_of_range(Value value, std::string_view text) {
  if (value.is(Kind::number)) return true;
  constexpr std::string_view kDigits = "0123456789";
  if (text.size() < 5 || text[4] != '-') return false;
  if (text.substr(0, 4).find_first_not_of(kDigits) != std::string_view::npos) return false;
  // With a year that is reached, and has as many days.
  const int year = std::stoi(std::string(text.substr(0, 4)));
  const std::string other = std::to_string(1800 + year % 400).append(text.substr(4));
  return TimeParser().parse_string(other).has_value();
}

}  // namespace

EventTime::EventTime(std::optional<Path> path, TimeSyntax syntax)
    : has_format_(!syntax.format.empty()), parser_(std::move(syntax)) {
  if (path) set_path(std::move(*path));
}

void EventTime::set_path(Path path) {
  is_window_end_ = !path.is_whole() && path.steps().back() == "window_end";
  path_ = std::move(path);
  minute_.forget();
}

bool EventTime::find_path(const Record& record) {
  for (const WantedName& name : usual_names()) {
    if (!record.member(name).exists()) continue;
    set_path(*Path::parse(name.text()));
    return true;
  }
  return false;
}

bool EventTime::read_any(const Record& record, Timestamp& t) {
  if (!path_ && !find_path(record)) return false;
  return read_value(record.get(*path_), t);
}

bool EventTime::read_value(Value value, Timestamp& t) {
  minute_.forget();
  std::optional<Timestamp> read;
  if (value.is(Kind::string)) read = read_string(value);
  if (value.is(Kind::number)) read = parser_.parse_number(value.raw());
  if (read && is_window_end_) read = minus(*read, Duration(1));
  if (read) t = *read;
  return read.has_value();
}

// What has escapes is no time as it stands.
std::optional<Timestamp> EventTime::read_string(Value value) {
  const std::string_view raw = value.raw();
  if (has_format_) return parser_.parse_string(value.text(scratch_));
  const std::string_view inside = raw.substr(1, raw.size() - 2);
  const auto t = parser_.parse_string(inside);
  if (!t) return parser_.parse_string(value.text(scratch_));
  if (!is_window_end_) minute_.note(inside, *t);
  return t;
}

std::string EventTime::problem(const Record& record) const {
  if (!path_)
    return "no time: none of ts, timestamp, @timestamp, time, event_time, window_end (use -t)";
  const Value value = record.get(*path_);
  if (!record.ok()) return std::string(record.damage());
  if (!value.exists()) return fmt::format("no field '{}' to take the time from", path_->text());
  const std::string_view text =
      value.is(Kind::string) ? value.raw().substr(1, value.raw().size() - 2) : value.raw();
  const bool far = !has_format_ && is_out_of_range(value, text);
  const std::string_view expected = has_format_ ? "what --time-format says"
                                    : far       ? "1677-09-22 to 2262-04-11"
                                                : "RFC 3339 or epoch";
  return fmt::format("field '{}': {}: {} (expected {})", path_->text(),
                     far ? "out of range" : "not a time", quote(text), expected);
}

}  // namespace streamutils
