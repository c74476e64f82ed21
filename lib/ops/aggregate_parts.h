// States that several aggregates are made of: the best of some values, and the value at one end of
// time.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/decimal.h"
#include "base/time.h"
#include "ops/aggregate_state.h"

namespace streamutils {

// What an offer did to the best value.
enum class BestChange : std::uint8_t { none, equal, replaced };

// The least or the greatest value.  Numbers are compared as exact decimals; strings among
// themselves, by their code points, and only as long as there is no number.
template <bool kLeast>
struct Best {
  std::string raw;  // JSON text of a number or a string; empty: nothing yet

  bool is_empty() const { return raw.empty(); }
  // REQUIRES: !is_empty().
  Value held() const { return {raw[0] == '"' ? Kind::string : Kind::number, raw}; }

  std::pair<Taken, BestChange> offer(Value value) {
    if (!value.is(Kind::number) && !value.is(Kind::string)) {
      return {Taken::wrong_type, BestChange::none};
    }
    if (is_empty()) return {Taken::yes, replace(value)};
    if (value.kind() != held().kind()) {
      return {Taken::mixed, value.is(Kind::number) ? replace(value) : BestChange::none};
    }
    const std::strong_ordering order = compare(value, held());
    if (order == 0) return {Taken::yes, BestChange::equal};
    if ((order < 0) == kLeast) return {Taken::yes, replace(value)};
    return {Taken::yes, BestChange::none};
  }

  // Takes JSON text; false if it is neither a number nor a string.
  bool restore(std::string_view text) {
    const bool is_string = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    if (!is_string && !is_number(text)) return false;
    raw = text;
    return true;
  }
  std::size_t bytes() const { return bytes_of(raw); }

 private:
  BestChange replace(Value value) {
    raw = value.raw();
    return BestChange::replaced;
  }

  static std::strong_ordering compare(Value a, Value b) {
    if (a.is(Kind::number)) return compare_numbers(a.raw(), b.raw());
    std::string a_scratch;
    std::string b_scratch;
    return a.text(a_scratch).compare(b.text(b_scratch)) <=> 0;
  }
};

// The value of the earliest or the latest event, its bytes kept.  Of equal times the first that
// came is the earliest, the last that came the latest.
template <bool kFirst>
struct Edge {
  static constexpr std::string_view kKind = kFirst ? "first" : "last";
  std::string raw;  // JSON text; empty: nothing yet
  Timestamp time{};

  Taken add(const Observation& seen) {
    const bool wins = kFirst ? seen.time < time : seen.time >= time;
    if (raw.empty() || wins) {
      raw = seen.value.raw();
      time = seen.time;
    }
    return Taken::yes;
  }
  void merge(const Edge& other) {
    const bool wins = kFirst ? other.time < time : other.time >= time;
    if (raw.empty() || (!other.raw.empty() && wins)) *this = other;
  }
  void write(std::string& out) const { out += raw.empty() ? std::string_view("null") : raw; }
  void save(std::string& out) const {
    if (raw.empty()) return;
    out += std::to_string(to_nanos(time)) + ' ';
    out += raw;
  }
  bool restore(std::string_view text) {
    if (text.empty()) return true;
    std::int64_t nanos = 0;
    if (!take_integer(text, nanos) || text.empty()) return false;
    raw = text;
    time = from_nanos(nanos);
    return true;
  }
  std::size_t bytes() const { return bytes_of(raw); }
};

}  // namespace streamutils
