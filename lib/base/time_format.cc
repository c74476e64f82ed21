// Times as text.  One of these is written for every window and every watermark, so nothing here
// goes through a formatting library: two digits at a time from a table, into a buffer on the stack.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <cstring>

#include "base/civil.h"
#include "base/digits.h"
#include "base/time.h"

namespace streamutils {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDaySeconds = 86'400;

constexpr std::array<char, 200> kTwoDigits = [] {
  std::array<char, 200> table{};
  for (std::size_t i = 0; i < 100; ++i) {
    table[2 * i] = static_cast<char>('0' + i / 10);
    table[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return table;
}();

// REQUIRES: n < 100.
void write2(char* p, std::uint32_t n) { std::memcpy(p, kTwoDigits.data() + 2 * n, 2); }

// Writes '.' and the fraction of `places` digits without its trailing zeros, or nothing if it is
// zero; the new end.  REQUIRES: fraction < 10^places, places <= 9, 11 writable bytes.
char* write_fraction(char* p, std::uint32_t fraction, int places) {
  if (fraction == 0) return p;
  // Left-aligned to ten digits, so that pairs come out without a case for odd numbers.
  std::uint64_t aligned = fraction * digits::kPowersOfTen[10 - places];
  *p = '.';
  for (int i = 4; i >= 0; --i) {
    write2(p + 1 + 2 * i, static_cast<std::uint32_t>(aligned % 100));
    aligned /= 100;
  }
  p += places;
  while (*p == '0') --p;
  return p + 1;
}

constexpr std::size_t kRfc3339Size = 40;  // generous: "2026-11-22T10:00:05.123456789Z" is 30

// Writes t to p; the new end.
char* write_rfc3339(char* p, Timestamp t) {
  std::int64_t seconds = to_nanos(t) / kSecond;
  std::int64_t nanos = to_nanos(t) % kSecond;
  if (nanos < 0) {
    nanos += kSecond;
    --seconds;
  }
  std::int64_t days = seconds / kDaySeconds;
  std::int64_t second = seconds % kDaySeconds;
  if (second < 0) {
    second += kDaySeconds;
    --days;
  }
  const civil::Date date = civil::from_days(days);
  const auto of_day = static_cast<std::uint32_t>(second);
  write2(p, static_cast<std::uint32_t>(date.year) / 100);
  write2(p + 2, static_cast<std::uint32_t>(date.year) % 100);
  p[4] = '-';
  write2(p + 5, static_cast<std::uint32_t>(date.month));
  p[7] = '-';
  write2(p + 8, static_cast<std::uint32_t>(date.day));
  p[10] = 'T';
  write2(p + 11, of_day / 3600);
  p[13] = ':';
  write2(p + 14, of_day / 60 % 60);
  p[16] = ':';
  write2(p + 17, of_day % 60);
  p = write_fraction(p + 19, static_cast<std::uint32_t>(nanos), 9);
  *p = 'Z';
  return p + 1;
}

void append_epoch(std::string& out, Timestamp t, EpochUnit unit) {
  constexpr int kPlaces[] = {9, 6, 3, 0};  // behind the point
  const int places = kPlaces[static_cast<int>(unit)];
  const std::uint64_t scale = digits::kPowersOfTen[places];
  auto magnitude = static_cast<std::uint64_t>(to_nanos(t));
  if (to_nanos(t) < 0) {
    out += '-';
    magnitude = -magnitude;  // well defined also for the least value
  }
  char buffer[40];
  char* p = std::to_chars(buffer, buffer + 24, magnitude / scale).ptr;
  p = write_fraction(p, static_cast<std::uint32_t>(magnitude % scale), places);
  out.append(buffer, static_cast<std::size_t>(p - buffer));
}

}  // namespace

void append_time(std::string& out, Timestamp t, TimeStyle style) {
  if (style.kind == TimeStyle::Kind::rfc3339) {
    char buffer[kRfc3339Size];
    buffer[0] = '"';
    char* const p = write_rfc3339(buffer + 1, t);
    *p = '"';
    out.append(buffer, static_cast<std::size_t>(p + 1 - buffer));
    return;
  }
  if (style.quoted) out += '"';
  append_epoch(out, t, style.unit);
  if (style.quoted) out += '"';
}

std::string format_time(Timestamp t) {
  char buffer[kRfc3339Size];
  char* const end = write_rfc3339(buffer, t);
  return std::string(buffer, static_cast<std::size_t>(end - buffer));
}

}  // namespace streamutils
