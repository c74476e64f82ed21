// Spellings with names of months in them, and formats that the user gives.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "base/civil.h"
#include "base/time_text.h"

namespace streamutils {
namespace {

constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kWeekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

struct NamedZone {
  std::string_view name;
  std::int64_t hours;
};
// RFC 2822, section 4.3; the single letters, which it calls unreliable, are refused but for 'Z'.
constexpr NamedZone kMailZones[] = {{"ut", 0},   {"utc", 0},  {"gmt", 0},  {"z", 0},
                                    {"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5},
                                    {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};

// REQUIRES: name is in lower case.
bool same_word(std::string_view word, std::string_view name) {
  return std::equal(word.begin(), word.end(), name.begin(), name.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

// The position of word in the list; its size if it is not there.
template <std::size_t n>
std::size_t index_of(std::string_view word, const std::string_view (&names)[n]) {
  const auto is_it = [&](std::string_view name) { return same_word(word, name); };
  return static_cast<std::size_t>(std::find_if(names, names + n, is_it) - names);
}

bool take_month(TextReader& in, std::int32_t& month) {
  const std::size_t i = index_of(in.word(), kMonths);
  month = static_cast<std::int32_t>(i) + 1;
  return i < std::size(kMonths);
}

// "2026", and the two digits of old mail: 00 to 49 are of this century.
bool take_mail_year(TextReader& in, std::int32_t& year) {
  const std::size_t before = in.rest().size();
  if (!in.number(2, 4, year)) return false;
  const std::size_t width = before - in.rest().size();
  if (width == 2) year += year < 50 ? 2000 : 1900;
  return width != 3;
}

bool take_weekday(TextReader& in) {
  const std::string_view word = in.word();
  if (word.empty()) return true;  // it is optional
  if (index_of(word, kWeekdays) == std::size(kWeekdays) || !in.skip(',')) return false;
  in.skip_spaces();
  return true;
}

std::optional<Offset> take_mail_zone(TextReader& in) {
  if (in.at_end()) return Offset{};
  if (!in.skip_spaces()) return std::nullopt;
  const std::string_view name = in.word();
  if (name.empty()) return in.zone();
  for (const NamedZone& zone : kMailZones) {
    if (same_word(name, zone.name)) return Offset{true, zone.hours * 3600};
  }
  return std::nullopt;
}

// " (UTC)" behind a zone.
bool at_comment_or_end(TextReader& in) {
  if (in.at_end()) return true;
  in.skip_spaces();
  const std::string_view rest = in.rest();
  return rest.size() >= 2 && rest.front() == '(' && rest.find(')') == rest.size() - 1;
}

}  // namespace

std::optional<Timestamp> parse_log_time(std::string_view text, const absl::TimeZone& zone) {
  TextReader in(text);
  civil::Date date{};
  Clock clock;
  const bool good = in.number(2, date.day) && in.skip('/') && take_month(in, date.month) &&
                    in.skip('/') && in.number(4, date.year) && in.skip(':') && in.clock(clock) &&
                    civil::is_date(date);
  if (!good) return std::nullopt;
  const auto offset = in.zone();
  if (!offset || !in.at_end()) return std::nullopt;
  return resolve(civil::to_days(date) * kDaySeconds, clock, *offset, zone);
}

std::optional<Timestamp> parse_mail_time(std::string_view text, const absl::TimeZone& zone) {
  TextReader in(text);
  civil::Date date{};
  Clock clock;
  const bool good = take_weekday(in) && in.number(1, 2, date.day) && in.skip_spaces() &&
                    take_month(in, date.month) && in.skip_spaces() &&
                    take_mail_year(in, date.year) && in.skip_spaces() && in.clock(clock) &&
                    civil::is_date(date);
  if (!good) return std::nullopt;
  const auto offset = take_mail_zone(in);
  if (!offset || !at_comment_or_end(in)) return std::nullopt;
  return resolve(civil::to_days(date) * kDaySeconds, clock, *offset, zone);
}

std::string to_absl_format(std::string_view format) {
  struct Phrase {
    std::string_view from, to;
  };
  constexpr Phrase kPhrases[] = {{"%%", "%%"}, {"%Y", "%E4Y"}, {"%S.%f", "%E*S"}};
  std::string out;
  while (!format.empty()) {
    const auto* const phrase =
        std::find_if(std::begin(kPhrases), std::end(kPhrases),
                     [&](const Phrase& p) { return format.starts_with(p.from); });
    const bool found = phrase != std::end(kPhrases);
    out += found ? phrase->to : format.substr(0, 1);
    format.remove_prefix(found ? phrase->from.size() : 1);
  }
  return out;
}

std::optional<Timestamp> parse_with_format(std::string_view format, std::string_view text,
                                           const absl::TimeZone& zone) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime({format.data(), format.size()}, {text.data(), text.size()}, zone, &time,
                       &error)) {
    return std::nullopt;
  }
  // ParseTime also reads "infinite-future".
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return std::nullopt;
  const std::int64_t second = absl::ToUnixSeconds(time);
  return at_second(second, absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(second)));
}

}  // namespace streamutils
