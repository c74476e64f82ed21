// States that several aggregates are made of: the best of some values, and the value at one end of
// time.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/decimal.h"
#include "base/short_decimal.h"
#include "base/time.h"
#include "json/value.h"
#include "ops/aggregate_state.h"

namespace streamutils {

// What an offer did to the best value.
enum class BestChange : std::uint8_t { none, equal, replaced };

// Text that is seldom there, and takes the room of a pointer until then.
class SeldomText {
 public:
  SeldomText() = default;
  SeldomText(const SeldomText& other) { set(other.get()); }
  SeldomText(SeldomText&&) noexcept = default;
  SeldomText& operator=(const SeldomText& other) {
    if (this != &other) set(other.get());
    return *this;
  }
  SeldomText& operator=(SeldomText&&) noexcept = default;

  std::string_view get() const { return text_ ? std::string_view(*text_) : std::string_view(); }
  void set(std::string_view text) {
    text_ = text.empty() ? nullptr : std::make_unique<std::string>(text);
  }
  std::size_t bytes() const { return text_ ? sizeof *text_ + bytes_of(*text_) : 0; }

 private:
  std::unique_ptr<std::string> text_;
};

// The least or the greatest value.  Numbers are compared as exact decimals; strings among
// themselves, by their code points, and only as long as there is no number.
template <bool kLeast>
class Best {
 public:
  bool is_empty() const { return !number_ && text_.get().empty(); }
  // The best value, if it is a number that is so short.
  const std::optional<ShortDecimal>& number() const { return number_; }

  // number: the value, if it is one that is so short.
  std::pair<Taken, BestChange> offer(Value value, const ShortDecimal* number) {
    if (number && number_) return {Taken::yes, offer_short(*number)};
    return offer_any(value, number);
  }
  // REQUIRES: !other.is_empty().
  BestChange offer(const Best& other) {
    if (other.number_ && number_) return offer_short(*other.number_);
    std::string scratch;
    return offer_any(other.value(scratch), other.number_ ? &*other.number_ : nullptr).second;
  }

  // JSON text of a number or a string: one of those that were offered, or one equal to it; empty:
  // there was none.
  std::string text() const {
    std::string scratch;
    return is_empty() ? std::string() : std::string(value(scratch).raw());
  }
  // The same, or null, in the one spelling that equal values share.
  void write(std::string& out) const {
    if (number_) return append_number(out, *number_);
    if (is_empty()) {
      out += "null";
    } else if (is_string()) {
      append_key(out, Value(Kind::string, text_.get()));
    } else {
      append_plain_number(out, text_.get());
    }
  }
  // Takes JSON text; false if it is neither a number nor a string.
  bool restore(std::string_view text) {
    const bool is_string = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    if (!is_string && !is_number(text)) return false;
    ShortDecimal number;
    replace(text, read_short(text, number) ? &number : nullptr);
    return true;
  }
  std::size_t bytes() const { return text_.bytes(); }

 private:
  bool is_string() const { return text_.get().starts_with('"'); }

  // REQUIRES: !is_empty().
  Value value(std::string& scratch) const {
    if (!number_) return {is_string() ? Kind::string : Kind::number, text_.get()};
    append_number(scratch, *number_);
    return {Kind::number, scratch};
  }

  BestChange offer_short(ShortDecimal number) {
    const std::strong_ordering order = number <=> *number_;
    if (order == 0) return BestChange::equal;
    if ((order < 0) != kLeast) return BestChange::none;
    number_ = number;
    return BestChange::replaced;
  }

  std::pair<Taken, BestChange> offer_any(Value value, const ShortDecimal* number) {
    if (!value.is(Kind::number) && !value.is(Kind::string)) {
      return {Taken::wrong_type, BestChange::none};
    }
    if (is_empty()) return {Taken::yes, replace(value.raw(), number)};
    if (value.is(Kind::string) != is_string()) {
      const bool wins = value.is(Kind::number);
      return {Taken::mixed, wins ? replace(value.raw(), number) : BestChange::none};
    }
    std::string scratch;
    const std::strong_ordering order = compare(value, this->value(scratch));
    if (order == 0) return {Taken::yes, BestChange::equal};
    if ((order < 0) == kLeast) return {Taken::yes, replace(value.raw(), number)};
    return {Taken::yes, BestChange::none};
  }

  BestChange replace(std::string_view text, const ShortDecimal* number) {
    number_ = number ? std::optional(*number) : std::nullopt;
    text_.set(number ? std::string_view() : text);
    return BestChange::replaced;
  }

  static std::strong_ordering compare(Value a, Value b) {
    if (a.is(Kind::number)) return compare_numbers(a.raw(), b.raw());
    std::string a_scratch;
    std::string b_scratch;
    return a.text(a_scratch).compare(b.text(b_scratch)) <=> 0;
  }

  std::optional<ShortDecimal> number_;
  SeldomText text_;  // JSON, of a longer number or a string
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
