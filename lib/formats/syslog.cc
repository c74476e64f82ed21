// syslog, in the three spellings that files and daemons have:
//
//     Oct 11 22:14:15 host sshd[4711]: message                       RFC 3164, the usual file
//     2015-10-11T22:14:15.003+02:00 host sshd[4711]: message         the same with a whole time
//     <34>1 2015-10-11T22:14:15.003Z host app 4711 ID47 [x@1 k="v"] message       RFC 5424
//
// each with <PRI> in front or not (RFC 5424 always).
//
// A time of RFC 3164 has no year.  The first line has the year that --year gives, or the latest one
// in which it is at most a day after the file was written: what a log tells has happened.  Every
// later line has the first year in which it is at most 31 days before the line before: January
// follows December, September follows January, and an old line of December among those of January
// stays in the old year.
// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/civil.h"
#include "base/digits.h"
#include "formats/event_text.h"
#include "formats/format.h"
#include "formats/month.h"

namespace streamutils {
namespace {

using digits::is_digit;
using Decoded = LineDecoder::Decoded;

constexpr Duration kDisorder = std::chrono::hours(24 * 31);
constexpr Duration kLongestGap = std::chrono::hours(24 * 366);
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Decoded bad(std::string_view reason) { return {LineDecoder::Kind::bad, reason}; }

// Up to a space, which is passed over; empty if there is none.
std::string_view take_word(std::string_view& rest) {
  const std::size_t space = rest.find(' ');
  if (space == rest.npos) return {};
  const std::string_view word = rest.substr(0, space);
  rest.remove_prefix(space + 1);
  return word;
}

// "<34>": 34; nullopt if there is none.
std::optional<int> take_priority(std::string_view& rest) {
  int value = 0;
  if (!rest.starts_with('<')) return std::nullopt;
  const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), value);
  const std::size_t used = static_cast<std::size_t>(end - rest.data());
  if (error != std::errc() || used >= rest.size() || *end != '>' || value < 0 || value > 191)
    return std::nullopt;
  rest.remove_prefix(used + 1);
  return value;
}

// --- The time of RFC 3164 --------------------------------------------------------------------

// "Oct 11 22:14:15", perhaps with a fraction: a date without its year.
struct YearlessTime {
  int month = 0;
  int day = 0;
  int second = 0;  // of the day
  Duration fraction{};
};

std::optional<int> two_digits(std::string_view text, std::size_t at) {
  const bool padded = text[at] == ' ';
  if ((!padded && !is_digit(text[at])) || !is_digit(text[at + 1])) return std::nullopt;
  return (padded ? 0 : (text[at] - '0') * 10) + (text[at + 1] - '0');
}

Duration take_fraction(std::string_view& rest) {
  if (rest.size() < 2 || rest[0] != '.' || !is_digit(rest[1])) return Duration::zero();
  std::int64_t nanos = 0;
  std::int64_t unit = 100'000'000;
  std::size_t i = 1;
  for (; i < rest.size() && is_digit(rest[i]); ++i, unit /= 10) nanos += (rest[i] - '0') * unit;
  rest.remove_prefix(i);
  return Duration(nanos);
}

// Moves rest behind the time and the space that follows it.
std::optional<YearlessTime> take_yearless(std::string_view& rest) {
  if (rest.size() < 16 || rest[3] != ' ' || rest[6] != ' ' || rest[9] != ':' || rest[12] != ':')
    return std::nullopt;
  const auto day = two_digits(rest, 4);
  const auto hour = two_digits(rest, 7);
  const auto minute = two_digits(rest, 10);
  const auto second = two_digits(rest, 13);
  YearlessTime time;
  time.month = month_of(rest.substr(0, 3));
  // The days of February are those of a leap year until the year is known.
  if (time.month == 0 || !day || !hour || !minute || !second ||
      !civil::is_date({2000, time.month, *day}) || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  time.day = *day;
  time.second = (*hour * 60 + *minute) * 60 + *second;
  std::string_view behind = rest.substr(15);
  time.fraction = take_fraction(behind);
  if (!behind.starts_with(' ')) return std::nullopt;
  rest = behind.substr(1);
  return time;
}

class Calendar {
 public:
  Calendar(std::optional<int> year, absl::TimeZone zone, Timestamp written)
      : year_(year), zone_(zone), written_(written) {}

  std::optional<Timestamp> resolve(const YearlessTime& time, Timestamp last) const {
    if (last != kMinTime) return behind(time, last);
    if (year_) return in_year(time, *year_);
    return latest(time);
  }

 private:
  // nullopt on the 29th of February of most years.
  std::optional<Timestamp> in_year(const YearlessTime& time, int year) const {
    if (!civil::is_date({year, time.month, time.day})) return std::nullopt;
    const absl::CivilSecond civil(year, time.month, time.day, 0, 0, time.second);
    const absl::Time t = zone_.At(civil).pre;
    return from_nanos(absl::ToUnixNanos(t)) + time.fraction;
  }

  int year_of(Timestamp t) const {
    return static_cast<int>(zone_.At(absl::FromUnixNanos(to_nanos(t))).cs.year());
  }

  std::optional<Timestamp> behind(const YearlessTime& time, Timestamp last) const {
    const int year = year_of(last);
    for (const int candidate : {year - 1, year, year + 1}) {
      const auto t = in_year(time, candidate);
      if (t && *t >= last - kDisorder) return *t - last <= kLongestGap ? t : std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<Timestamp> latest(const YearlessTime& time) const {
    if (written_ == kMinTime) return in_year(time, time.month == 2 && time.day == 29 ? 1972 : 1970);
    const Timestamp limit = plus(written_, std::chrono::hours(24));
    const int year = year_of(limit);
    for (int candidate = year; candidate > year - 9; --candidate) {
      const auto t = in_year(time, candidate);
      if (t && *t <= limit) return t;
    }
    return std::nullopt;
  }

  std::optional<int> year_;
  absl::TimeZone zone_;
  Timestamp written_;
};

// --- The decoder ---------------------------------------------------------------------------------

class Syslog final : public LineDecoder {
 public:
  Syslog(const FormatOptions& options, Timestamp written)
      : parser_(TimeSyntax{.unit = std::nullopt, .format = {}, .zone = options.zone}),
        calendar_(options.year, options.zone, written) {}

  Decoded decode(std::string_view line, std::string& event) override {
    std::string_view rest = without_return(line);
    next_ = last_;
    EventText members(event);
    const auto priority = take_priority(rest);
    const bool is_5424 = priority && rest.starts_with("1 ");
    if (is_5424) rest.remove_prefix(2);
    members.key("ts");
    if (const Decoded time = append_time_of(rest, is_5424, members); time.kind == Kind::bad)
      return time;
    const Decoded decoded =
        is_5424 ? decode_5424(rest, *priority, members) : decode_3164(rest, priority, members);
    if (decoded.kind == Kind::event) members.end();
    return decoded;
  }

  void accept() override { last_ = next_; }

  std::string save() const override { return std::to_string(to_nanos(last_)); }
  void restore(std::string_view saved) override {
    if (!saved.empty()) last_ = from_nanos(std::strtoll(std::string(saved).c_str(), nullptr, 10));
  }

 private:
  Decoded append_time_of(std::string_view& rest, bool is_5424, EventText& members) {
    if (!is_5424) {
      if (const auto time = take_yearless(rest)) return append_resolved(*time, members);
    }
    const std::string_view word = take_word(rest);
    if (is_5424 && word == "-") return members.null(), Decoded{};
    const bool is_date = word.size() >= 19 && (word[10] == 'T' || word[10] == 't');
    if (!is_date || !parser_.parse_string(word))
      return bad("expected a time like Oct 11 22:14:15 or 2015-10-11T22:14:15Z");
    members.text(word);
    return {};
  }

  Decoded append_resolved(const YearlessTime& time, EventText& members) {
    const auto t = calendar_.resolve(time, last_);
    if (!t) return bad("no such day in its year (--year)");
    next_ = *t;
    members.text(format_time(*t));
    return {};
  }

  static void append_priority(EventText& members, int priority) {
    members.key("facility").raw(std::to_string(priority / 8));
    members.key("severity").raw(std::to_string(priority % 8));
  }

  // HOST TAG[PID]: MESSAGE
  static Decoded decode_3164(std::string_view rest, std::optional<int> priority,
                             EventText& members) {
    const std::string_view host = take_word(rest);
    if (host.empty()) return bad("expected a host behind the time");
    members.key("host").text(host);
    if (priority) append_priority(members, *priority);
    append_tag(rest, members);
    members.key("message").text(rest);
    return {};
  }

  // What stands in front of ": " if it is a name, perhaps with a process in brackets.
  static void append_tag(std::string_view& rest, EventText& members) {
    const std::size_t end = rest.find_first_of("[: ");
    std::string_view behind = end == rest.npos ? std::string_view() : rest.substr(end);
    std::string_view process = "-";
    if (const std::size_t close = behind.find(']'); behind.starts_with('[') && close != rest.npos) {
      process = behind.substr(1, close - 1);
      behind.remove_prefix(close + 1);
    }
    const bool is_tag = end != 0 && behind.starts_with(':');
    members.key("app").text_or_null(is_tag ? rest.substr(0, end) : "-");
    members.key("pid").text_or_null(is_tag ? process : "-");
    if (!is_tag) return;
    rest = behind.substr(1);
    if (rest.starts_with(' ')) rest.remove_prefix(1);
  }

  // HOST APP PROCID MSGID DATA [MESSAGE]
  static Decoded decode_5424(std::string_view rest, int priority, EventText& members) {
    const std::string_view host = take_word(rest);
    const std::string_view app = take_word(rest);
    const std::string_view process = take_word(rest);
    const std::string_view id = take_word(rest);
    if (id.empty()) return bad("expected HOST APP PROCID MSGID behind the time");
    members.key("host").text_or_null(host);
    append_priority(members, priority);
    members.key("app").text_or_null(app);
    members.key("pid").text_or_null(process);
    members.key("msgid").text_or_null(id);
    members.key("data");
    if (!append_data(rest, members))
      return bad("expected structured data like [id name=\"value\"]");
    if (!rest.empty() && !rest.starts_with(' ')) return bad("expected a space behind the data");
    if (!rest.empty()) rest.remove_prefix(1);
    if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
    members.key("message").text(rest);
    return {};
  }

  // "-", or [id name="value" …]… as {"id":{"name":"value"}}.
  static bool append_data(std::string_view& rest, EventText& members) {
    if (rest.starts_with('-')) {
      rest.remove_prefix(1);
      return members.null(), true;
    }
    if (!rest.starts_with('[')) return false;
    std::string json;
    if (!append_elements(rest, json)) return false;
    members.raw(json);
    return true;
  }

  static bool append_elements(std::string_view& rest, std::string& json) {
    EventText elements(json);
    while (rest.starts_with('[')) {
      if (!append_element(rest, elements)) return false;
    }
    elements.end();
    return true;
  }

  static bool append_element(std::string_view& rest, EventText& elements) {
    rest.remove_prefix(1);
    const std::string_view id = rest.substr(0, rest.find_first_of(" ]"));
    if (id.empty() || id.size() == rest.size()) return false;
    rest.remove_prefix(id.size());
    append_name(elements, id);
    std::string json;
    if (!append_values(rest, json) || !rest.starts_with(']')) return false;
    elements.raw(json);
    rest.remove_prefix(1);
    return true;
  }

  static bool append_values(std::string_view& rest, std::string& json) {
    EventText values(json);
    while (rest.starts_with(' ')) {
      rest.remove_prefix(1);
      const std::size_t equals = rest.find("=\"");
      if (equals == rest.npos || equals == 0) return false;
      append_name(values, rest.substr(0, equals));
      rest.remove_prefix(equals + 2);
      if (!append_value(rest, values)) return false;
    }
    values.end();
    return true;
  }

  static void append_name(EventText& members, std::string_view name) {
    std::string json;
    append_json_string(json, name);
    members.quoted_key(json);
  }

  // Up to the quote that ends it; \" \\ \] are escapes.
  static bool append_value(std::string_view& rest, EventText& values) {
    std::string plain;
    std::size_t i = 0;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
      const bool escape = rest[i] == '\\' && i + 1 < rest.size() &&
                          (rest[i + 1] == '"' || rest[i + 1] == '\\' || rest[i + 1] == ']');
      i += escape ? 1 : 0;
      plain += rest[i];
    }
    if (i == rest.size()) return false;
    values.text(plain);
    rest.remove_prefix(i + 1);
    return true;
  }

  TimeParser parser_;
  Calendar calendar_;
  Timestamp last_ = kMinTime;  // the last time without a year, resolved
  Timestamp next_ = kMinTime;  // the same once the line is taken
};

}  // namespace

std::unique_ptr<LineDecoder> make_syslog_decoder(const FormatOptions& options, Timestamp written) {
  return std::make_unique<Syslog>(options, written);
}

}  // namespace streamutils
