// The pieces of times, and what they mean together.
// SPDX-License-Identifier: Apache-2.0
#include "base/time_text.h"

#include <algorithm>

#include "absl/time/civil_time.h"
#include "base/digits.h"

namespace streamutils {

bool TextReader::skip(char c) {
  if (rest_.empty() || rest_.front() != c) return false;
  rest_.remove_prefix(1);
  return true;
}

bool TextReader::skip(std::string_view word) {
  if (!rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

bool TextReader::skip_spaces() {
  if (!skip(' ')) return false;
  while (skip(' ')) {
  }
  return true;
}

bool TextReader::number(std::size_t least, std::size_t most, std::int32_t& value) {
  value = 0;
  std::size_t n = 0;
  while (n < most && n < rest_.size() && digits::is_digit(rest_[n])) {
    value = value * 10 + (rest_[n] - '0');
    ++n;
  }
  rest_.remove_prefix(n);
  return n >= least;
}

std::string_view TextReader::word() {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_letter);
  const std::string_view word = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
  rest_.remove_prefix(word.size());
  return word;
}

// The digits behind a point; those past the ninth are dropped.
bool TextReader::fraction(std::int64_t& nanos) {
  std::int64_t place = 100'000'000;
  std::size_t n = 0;
  for (; n < rest_.size() && digits::is_digit(rest_[n]); ++n, place /= 10) {
    nanos += (rest_[n] - '0') * place;
  }
  rest_.remove_prefix(n);
  return n > 0;
}

bool TextReader::clock(Clock& clock) {
  std::int32_t hour = 0, minute = 0, second = 0;
  if (!number(2, hour) || !skip(':') || !number(2, minute)) return false;
  if (skip(':')) {
    if (!number(2, second)) return false;
    if ((skip('.') || skip(',')) && !fraction(clock.nanos)) return false;
  }
  if (hour > 23 || minute > 59 || second > 60) return false;
  if (second == 60) {
    second = 59;
    clock.nanos = 999'999'999;
  }
  clock.second = (hour * 60 + minute) * 60 + second;
  return true;
}

std::optional<Offset> TextReader::zone() {
  if (at_end()) return Offset{};
  skip(' ');
  if (skip('Z') || skip('z') || skip("UTC") || skip("GMT")) return Offset{true, 0};
  const bool behind = skip('-');
  if (!behind && !skip('+')) return std::nullopt;
  std::int32_t hours = 0, minutes = 0;
  if (!number(2, hours)) return std::nullopt;
  const bool colon = skip(':');
  const bool more = colon || (!at_end() && digits::is_digit(rest_.front()));
  if (more && !number(2, minutes)) return std::nullopt;
  if (hours > 23 || minutes > 59) return std::nullopt;
  const std::int64_t seconds = (hours * 60 + minutes) * 60;
  return Offset{true, behind ? -seconds : seconds};
}

std::optional<Timestamp> resolve(std::int64_t day_seconds, Clock clock, Offset offset,
                                 const absl::TimeZone& zone) {
  const std::int64_t local = day_seconds + clock.second;
  if (offset.given || zone == absl::UTCTimeZone()) {
    return at_second(local - offset.seconds, clock.nanos);
  }
  const absl::CivilSecond civil = absl::CivilSecond(1970, 1, 1) + local;
  return at_second(absl::ToUnixSeconds(zone.At(civil).pre), clock.nanos);
}

}  // namespace streamutils
