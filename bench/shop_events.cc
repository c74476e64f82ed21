// SPDX-License-Identifier: Apache-2.0
#include "shop_events.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace streamutils {
namespace {

using std::chrono::milliseconds;

// The finalizer of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// The random choices of one event.
class Draw {
 public:
  explicit Draw(std::uint64_t state) : state_(state) {}

  // A number from 0 to n - 1, all about equally likely.  REQUIRES: n < 2^32.
  std::uint64_t below(std::uint64_t n) { return (next() >> 32) * n >> 32; }

  // A number from 0 up to 1, 1 excluded.
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  template <std::size_t N>
  std::string_view one_of(const std::array<std::string_view, N>& words) {
    return words[below(N)];
  }

 private:
  std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15); }

  std::uint64_t state_;
};

constexpr std::array<std::string_view, 6> kRegions = {"eu", "us", "asia", "af", "sa", "oc"};
constexpr std::array<std::string_view, 5> kSystems = {"linux", "windows", "macos", "ios",
                                                      "android"};
constexpr std::array<std::string_view, 4> kVersions = {"1.9", "2.0", "2.1", "3.0"};
constexpr std::array<std::string_view, 5> kReferrers = {"mail", "search", "ads", "home", "share"};
constexpr std::array<std::string_view, 4> kLogLines = {"worker 17: connection reset by peer",
                                                       "[warn] queue is full, retrying", "}",
                                                       "Traceback (most recent call last):"};
constexpr std::array<std::string_view, 4> kWrongTimes = {"true", "null", "{\"at\":1}", "\"soon\""};

// Appends `number` with leading zeros up to `width` digits.
void append_digits(std::string& out, std::uint64_t number, std::size_t width) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  const auto n = static_cast<std::size_t>(end - digits);
  if (n < width) out.append(width - n, '0');
  out.append(digits, n);
}

void append_hex(std::string& out, std::uint64_t bits, int digits) {
  for (int i = 0; i < digits; ++i, bits >>= 4) out += "0123456789abcdef"[bits & 15];
}

void append_money(std::string& out, std::uint64_t cents) {
  append_digits(out, cents / 100, 1);
  out += '.';
  append_digits(out, cents % 100, 2);
}

std::string_view type_of(Draw& draw, double purchases) {
  if (draw.unit() < purchases) return "purchase";
  const auto percent = draw.below(100);
  return percent < 70 ? "view" : percent < 98 ? "click" : "refund";
}

// A product costs the same in every event: between 1.99 and 121.98, cheap ones more often.
std::uint64_t price_of(std::uint64_t product) {
  const std::uint64_t bits = mix(product);
  return 199 + ((bits % 12000) * (bits >> 32) >> 32);
}

// Events come in late by less than `disorder`: most by little, few by much.
milliseconds delay_below(Duration disorder, Draw& draw) {
  const double x = draw.unit();
  const auto most = std::chrono::duration_cast<milliseconds>(disorder).count();
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(most) * x * x * x));
}

// A user's session changes every half hour.
std::uint64_t session_of(std::uint64_t seed, std::uint64_t user, Timestamp t) {
  const auto half_hour = std::chrono::floor<std::chrono::minutes>(t).time_since_epoch() / 30;
  return mix(mix(seed ^ user) ^ static_cast<std::uint64_t>(half_hour.count()));
}

// Replaces the value of "ts", which begins right after `{"ts":` and is a string.
void replace_time(std::string& out, std::size_t line, std::string_view value) {
  const std::size_t from = line + 6;
  const std::size_t to = out.find('"', from + 1) + 1;
  out.replace(from, to - from, value);
}

// Damages the line that begins at `line` and has no newline yet, in one of four ways.
void damage(std::string& out, std::size_t line, Draw& draw) {
  switch (draw.below(4)) {
    case 0:
      out.resize(line + 1 + draw.below(out.size() - line - 1));
      break;
    case 1:
      out.resize(line);
      out += draw.one_of(kLogLines);
      break;
    case 2:
      out.replace(out.find("/p/", line), 2, "\xff\xc0");
      break;
    default:
      replace_time(out, line, draw.one_of(kWrongTimes));
  }
}

}  // namespace

ShopEvents::ShopEvents(const ShopOptions& options) : options_(options) {}

Timestamp ShopEvents::due(std::uint64_t index) const {
  return options_.start +
         Duration(static_cast<std::int64_t>(static_cast<double>(index) * (1e9 / options_.rate)));
}

std::uint64_t ShopEvents::due_until(Timestamp now) const {
  if (now < options_.start) return 0;
  const auto passed = static_cast<double>((now - options_.start).count());
  return 1 + static_cast<std::uint64_t>(passed * options_.rate / 1e9);
}

void ShopEvents::append(std::string& out, std::uint64_t index) {
  Draw draw(mix(mix(options_.seed) + index));
  const std::size_t line = out.size();
  const Timestamp t = due(index) - delay_below(options_.disorder, draw);
  const std::uint64_t user = draw.below(options_.users);
  const std::uint64_t product = draw.below(10000);
  const std::uint64_t quantity = 1 + draw.below(4);
  const std::string_view type = type_of(draw, options_.purchases);
  const bool is_purchase = type == "purchase";

  out += "{\"ts\":\"";
  append_time(out, t);
  out += "\",\"id\":\"e";
  append_digits(out, index, 8);
  out.append("\",\"type\":\"").append(type).append("\",\"user\":\"u");
  append_digits(out, user, 6);
  out += "\",\"session\":\"s";
  append_hex(out, session_of(options_.seed, user, t), 14);
  out += is_purchase ? "\",\"amount\":" : "\",\"price\":";
  append_money(out, price_of(product) * (is_purchase ? quantity : 1));
  out += ",\"qty\":";
  append_digits(out, quantity, 1);
  out.append(",\"region\":\"").append(draw.one_of(kRegions));
  out.append("\",\"device\":{\"os\":\"").append(draw.one_of(kSystems));
  out.append("\",\"app\":\"").append(draw.one_of(kVersions)).append("\"},\"url\":\"/p/");
  append_digits(out, product, 4);
  out.append("?ref=").append(draw.one_of(kReferrers)).append("\"}");
  if (options_.malformed > 0 && draw.unit() < options_.malformed) damage(out, line, draw);
  out += '\n';
}

void ShopEvents::append_time(std::string& out, Timestamp t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  if (day_text_.empty() || day.time_since_epoch().count() != day_) {
    day_ = day.time_since_epoch().count();
    day_text_ = format_time(day).substr(0, 11);
  }
  const auto ms = static_cast<std::uint64_t>(std::chrono::floor<milliseconds>(t - day).count());
  out += day_text_;
  append_digits(out, ms / 3600000, 2);
  out += ':';
  append_digits(out, ms / 60000 % 60, 2);
  out += ':';
  append_digits(out, ms / 1000 % 60, 2);
  out += '.';
  append_digits(out, ms % 1000, 3);
  out += 'Z';
}

}  // namespace streamutils
