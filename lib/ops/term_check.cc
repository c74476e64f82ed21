// The comparisons of terms: equality with any of a list, order by number, time or text, and RE2.
// SPDX-License-Identifier: Apache-2.0
#include "ops/term_check.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "base/decimal.h"
#include "base/short_decimal.h"
#include "base/text.h"
#include "ops/fixed_text.h"
#include "ops/number_literal.h"
#include "re2/re2.h"

namespace streamutils {
namespace {

bool is_word(std::string_view value) {
  return value == "true" || value == "false" || value == "null";
}

bool has_escape(std::string_view raw) {
  return std::memchr(raw.data(), '\\', raw.size()) != nullptr;
}

// The characters of a string without its quotes; views into the record, or into scratch.
std::string_view text_of(Value value, std::string& scratch) {
  const std::string_view raw = value.raw();
  if (!has_escape(raw)) return raw.substr(1, raw.size() - 2);
  return value.text(scratch);
}

// --- Equality
// --------------------------------------------------------------------------------------

// Most strings of most streams hold no escapes, so the texts are kept with quotes, and compared
// with the bytes of the event.  Only a string with a backslash, which is longer than the text it
// spells, is unescaped.
class EqualCheck final : public Check {
 public:
  explicit EqualCheck(std::vector<std::string> values) {
    required_ = values.size() == 1 ? required_text_of(values[0]) : std::string();
    for (std::string& value : values) add(std::move(value));
  }

  Answer check(Value value) override {
    switch (value.kind()) {
      case Kind::string:
        return answer(has_string(value));
      case Kind::number:
        return answer(has_number(value.raw()));
      case Kind::boolean:
      case Kind::null:
        return answer(std::find(words_.begin(), words_.end(), value.raw()) != words_.end());
      default:
        return Answer::no;
    }
  }

  std::string_view wanted() const override { return "comparable"; }
  std::string required_text() const override { return required_; }

 private:
  static Answer answer(bool yes) { return yes ? Answer::yes : Answer::no; }

  // A number may be spelled in many ways.
  static std::string required_text_of(const std::string& value) {
    if (is_word(value)) return value;
    return is_number(value) ? std::string() : fixed_stretch_of_string(value);
  }

  void add(std::string value) {
    if (is_word(value)) {
      words_.push_back(std::move(value));
      return;
    }
    if (is_number(value)) numbers_.emplace_back(value);
    shortest_ = std::min(shortest_, value.size());
    if (!has_escape(value)) quoted_.push_back('"' + value + '"');
    texts_.push_back(std::move(value));
  }

  bool has_string(Value value) {
    const std::string_view raw = value.raw();
    for (const std::string& quoted : quoted_) {
      if (raw == quoted) return true;
    }
    if (raw.size() <= shortest_ + 2 || !has_escape(raw)) return false;
    return std::find(texts_.begin(), texts_.end(), value.text(scratch_)) != texts_.end();
  }

  bool has_number(std::string_view number) const {
    return std::any_of(numbers_.begin(), numbers_.end(),
                       [&](const NumberLiteral& n) { return n.order_of(number) == 0; });
  }

  std::vector<std::string> words_;
  std::vector<NumberLiteral> numbers_;
  std::vector<std::string> texts_;
  std::vector<std::string> quoted_;  // the texts that may stand in an event as they are
  // A string of an event with escapes is longer than its text; this short it cannot be one of ours.
  std::size_t shortest_ = std::numeric_limits<std::size_t>::max() - 2;
  std::string required_;
  std::string scratch_;
};

// --- Order
// -----------------------------------------------------------------------------------------

class NumberOrderCheck final : public Check {
 public:
  NumberOrderCheck(OrderSet accepted, std::string value)
      : accepted_(accepted), literal_(std::move(value)) {}

  Answer check(Value value) override {
    if (value.is(Kind::number)) return answer(value.raw());
    if (!value.is(Kind::string)) return Answer::wrong_type;
    const std::string_view text = text_of(value, scratch_);
    return is_number(text) ? answer(text) : Answer::wrong_type;
  }

  std::optional<Answer> check_raw(std::string_view raw) const override {
    ShortDecimal number;
    if (!read_padded_short(raw, number)) return std::nullopt;
    const auto order = literal_.order_of(number);
    return order ? std::optional(answer(*order)) : std::nullopt;
  }

  std::string_view wanted() const override { return "a number"; }

 private:
  Answer answer(std::string_view number) const { return answer(literal_.order_of(number)); }
  Answer answer(std::strong_ordering order) const {
    return accepted_.has(order) ? Answer::yes : Answer::no;
  }

  OrderSet accepted_;
  NumberLiteral literal_;
  std::string scratch_;
};

class TimeOrderCheck final : public Check {
 public:
  TimeOrderCheck(OrderSet accepted, Timestamp literal, const TimeSyntax& times)
      : accepted_(accepted), literal_(literal), parser_(times) {}

  Answer check(Value value) override {
    const std::optional<Timestamp> time = read(value);
    if (!time) return Answer::wrong_type;
    return accepted_.has(to_nanos(*time) <=> to_nanos(literal_)) ? Answer::yes : Answer::no;
  }

  std::string_view wanted() const override { return "a time"; }

 private:
  std::optional<Timestamp> read(Value value) {
    if (value.is(Kind::number)) return parser_.parse_number(value.raw());
    if (value.is(Kind::string)) return parser_.parse_string(text_of(value, scratch_));
    return std::nullopt;
  }

  OrderSet accepted_;
  Timestamp literal_;
  TimeParser parser_;
  std::string scratch_;
};

class TextOrderCheck final : public Check {
 public:
  TextOrderCheck(OrderSet accepted, std::string value)
      : accepted_(accepted), literal_(std::move(value)) {}

  Answer check(Value value) override {
    if (!value.is(Kind::string)) return Answer::wrong_type;
    const int order = text_of(value, scratch_).compare(literal_);
    return accepted_.has(order <=> 0) ? Answer::yes : Answer::no;
  }

  std::string_view wanted() const override { return "a string"; }

 private:
  OrderSet accepted_;
  std::string literal_;
  std::string scratch_;
};

// A day with or without a time behind it, as RFC 3339 begins: other spellings, and numbers above
// all, would make too much of a VALUE a time.
std::optional<Timestamp> time_literal(std::string_view value, TimeSyntax times) {
  static constexpr std::string_view kShape = "0000-00-00";
  if (value.size() < kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = value[i] >= '0' && value[i] <= '9';
    if (kShape[i] == '0' ? !digit : value[i] != kShape[i]) return std::nullopt;
  }
  times.format.clear();  // that is the spelling of the events
  return TimeParser(times).parse_string(value);
}

// --- Regular expressions
// ---------------------------------------------------------------------------

// The text that a pattern without operators finds, apart from anchors; empty for any other pattern.
std::string_view literal_pattern(std::string_view pattern) {
  if (pattern.starts_with('^')) pattern.remove_prefix(1);
  if (pattern.ends_with('$')) pattern.remove_suffix(1);
  return pattern.find_first_of("\\.+*?()|[]{}^$") == pattern.npos ? pattern : std::string_view();
}

class RegexCheck final : public Check {
 public:
  explicit RegexCheck(const std::string& pattern) : regex_(pattern, RE2::Quiet) {
    const std::string_view literal = literal_pattern(pattern);
    required_ = fixed_stretch(literal);
    if (literal == pattern) literal_ = literal;
  }

  const RE2& regex() const { return regex_; }

  Answer check(Value value) override {
    if (value.is(Kind::string)) return find_in(text_of(value, scratch_));
    if (value.is(Kind::number) || value.is(Kind::boolean)) return find_in(value.raw());
    return Answer::wrong_type;
  }

  std::string_view wanted() const override { return "a string, a number or a boolean"; }
  std::string required_text() const override { return required_; }

 private:
  Answer find_in(std::string_view text) const {
    const bool found = literal_.empty()
                           ? RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regex_)
                           : text.find(literal_) != text.npos;
    return found ? Answer::yes : Answer::no;
  }

  RE2 regex_;
  std::string literal_;  // what to look for in place of the pattern, if it is just a text
  std::string required_;
  std::string scratch_;
};

}  // namespace

CheckPtr make_equal_check(std::vector<std::string> values) {
  return std::make_unique<EqualCheck>(std::move(values));
}

Result<CheckPtr> make_order_check(OrderSet accepted, std::string value, const TimeSyntax& times) {
  if (is_word(value))
    return Error{value + " has no order: compare with a number, a time or a text"};
  if (is_number(value)) {
    return CheckPtr(std::make_unique<NumberOrderCheck>(accepted, std::move(value)));
  }
  if (const auto time = time_literal(value, times)) {
    return CheckPtr(std::make_unique<TimeOrderCheck>(accepted, *time, times));
  }
  return CheckPtr(std::make_unique<TextOrderCheck>(accepted, std::move(value)));
}

Result<CheckPtr> make_regex_check(const std::string& pattern) {
  auto check = std::make_unique<RegexCheck>(pattern);
  const RE2& regex = check->regex();
  if (regex.ok()) return CheckPtr(std::move(check));
  const std::size_t at = pattern.find(regex.error_arg());
  const std::string place = regex.error_arg().empty() || at == pattern.npos
                                ? std::string()
                                : " at character " + std::to_string(at + 1) + " of the pattern";
  return Error{"bad regular expression: " + regex.error() + place};
}

}  // namespace streamutils
