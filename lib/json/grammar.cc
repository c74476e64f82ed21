// SPDX-License-Identifier: Apache-2.0
#include "json/grammar.h"

#include <cstddef>
#include <cstring>

#include "base/decimal.h"
#include "base/text.h"
#include "json/plain.h"

namespace streamutils {
namespace {

constexpr std::string_view kBadString = "expected a string";
constexpr std::string_view kBadEscape = "an escape that JSON does not have";
constexpr std::string_view kBadControl = "a control character in a string";
constexpr std::string_view kBadUtf8 = "invalid UTF-8";
constexpr std::string_view kBadNumber = "not a number";
constexpr std::string_view kBadValue = "expected a value";
constexpr std::string_view kBadSeparator = "expected ',' or a closing bracket after a value";

bool is_hex(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
}

// The length of the escape at the start of text, or 0.
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2) return 0;
  if (text[1] != 'u') return std::string_view("\"\\/bfnrt").find(text[1]) < 8 ? 2 : 0;
  if (text.size() < 6) return 0;
  for (std::size_t i = 2; i < 6; ++i) {
    if (!is_hex(text[i])) return 0;
  }
  return 6;
}

// Goes on from i over text that is plain and has no quote, as far as whole words tell.
std::size_t skip_plain(std::string_view text, std::size_t i) {
  for (; text.size() - i >= 8 && i <= text.size(); i += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, text.data() + i, sizeof bytes);
    if ((unplain_bytes(bytes, '\\') | unplain_bytes(bytes, '"')) != 0) break;
  }
  return i;
}

// Walks a nested value token by token.  Instead of recursion it keeps the open brackets in a
// string.
class NestedCheck {
 public:
  NestedCheck(std::string_view text, std::string& open) : text_(text), open_(open) {
    open_.clear();
  }

  std::string_view run() {
    bool complete = value();
    while (complete && !open_.empty()) complete = behind_value();
    if (complete && at_ != text_.size()) fail("expected nothing behind the value");
    return damage_;
  }

 private:
  // A scalar, an empty container, or an opening bracket with whatever stands before its first
  // value.
  bool value() {
    for (;;) {
      skip_spaces();
      const char c = peek();
      if (c != '{' && c != '[') return scalar();
      ++at_;
      skip_spaces();
      if (peek() == (c == '{' ? '}' : ']')) {
        ++at_;
        return true;
      }
      open_.push_back(c);
      if (c == '{' && !name()) return false;
    }
  }

  // After a value: ',' and the next value, or the end of the container.
  bool behind_value() {
    skip_spaces();
    const char c = peek();
    const bool object = open_.back() == '{';
    if (c == (object ? '}' : ']')) {
      ++at_;
      open_.pop_back();
      return true;
    }
    if (c != ',') return fail(kBadSeparator);
    ++at_;
    return (!object || name()) && value();
  }

  bool name() {
    skip_spaces();
    if (peek() != '"') return fail("expected a name");
    if (!string()) return false;
    skip_spaces();
    if (peek() != ':') return fail("expected ':' after a name");
    ++at_;
    return true;
  }

  bool string() {
    const StringCheck check = check_string(text_.substr(at_));
    if (!check.damage.empty()) return fail(check.damage);
    at_ += check.size;
    return true;
  }

  bool scalar() {
    if (peek() == '"') return string();
    const std::size_t begin = at_;
    while (at_ < text_.size() && !ends_scalar(text_[at_])) ++at_;
    const std::string_view damage = damage_in_scalar(text_.substr(begin, at_ - begin), kAnyFacts);
    return damage.empty() || fail(damage);
  }

  static bool ends_scalar(char c) {
    return c == ',' || c == '}' || c == ']' || c == ':' || c == '"' || is_json_space(c);
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_json_space(text_[at_])) ++at_;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool fail(std::string_view why) {
    damage_ = why;
    return false;
  }

  std::string_view text_;
  std::string& open_;
  std::size_t at_ = 0;
  std::string_view damage_;
};

}  // namespace

StringCheck check_string(std::string_view text) {
  bool ascii = true;
  for (std::size_t i = skip_plain(text, 1); i < text.size(); i = skip_plain(text, i)) {
    const char c = text[i];
    if (c == '"') {
      if (!ascii && !is_utf8(text.substr(1, i - 1))) return {kBadUtf8, 0};
      return {{}, i + 1};
    }
    if (c >= 0 && c < 0x20) return {kBadControl, 0};
    ascii = ascii && c >= 0;
    const std::size_t step = c == '\\' ? escape_length(text.substr(i)) : 1;
    if (step == 0) return {kBadEscape, 0};
    i += step;
  }
  return {"a string is not closed", 0};
}

std::string_view damage_in_string(std::string_view raw, std::uint8_t facts) {
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return kBadString;
  if (is_plain_string(raw, facts)) return {};
  const StringCheck check = check_string(raw);
  if (!check.damage.empty()) return check.damage;
  return check.size == raw.size() ? std::string_view() : kBadSeparator;
}

std::string_view damage_in_scalar(std::string_view raw, std::uint8_t facts) {
  if (raw.empty()) return kBadValue;
  switch (kind_by_first(raw.front())) {
    case Kind::string:
      return damage_in_string(raw, facts);
    case Kind::boolean:
      return raw == "true" || raw == "false" ? std::string_view() : kBadValue;
    case Kind::null:
      return raw == "null" ? std::string_view() : kBadValue;
    case Kind::number:
      return is_number(raw) ? std::string_view() : kBadNumber;
    default:
      return kBadValue;
  }
}

std::string_view damage_in_value(std::string_view raw, std::uint8_t facts, std::string& brackets) {
  if (raw.empty()) return kBadValue;
  if (raw.front() != '{' && raw.front() != '[') return damage_in_scalar(raw, facts);
  return NestedCheck(raw, brackets).run();
}

std::string_view damage_in_object(std::string_view line, std::string& brackets) {
  const std::string_view text = trim_spaces(line);
  if (text.empty() || text.front() != '{') return "expected an object";
  return damage_in_value(text, kAnyFacts, brackets);
}

}  // namespace streamutils
