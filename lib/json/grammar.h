// The grammar of RFC 8259, applied to a slice that is to be one value.
//
// An inside header of json.  A check returns why the slice is damaged ("expected a number"), or an
// empty text.  The reasons are literals.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "json/structure.h"
#include "json/value.h"

namespace streamutils {

inline constexpr std::uint8_t kAnyFacts =
    kBackslash | kNotAscii | kControlInString | kSpace | kMisplaced;

constexpr bool is_json_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

inline std::string_view trim_spaces(std::string_view text) {
  while (!text.empty() && is_json_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_json_space(text.back())) text.remove_suffix(1);
  return text;
}

// The kind that a value has by its first byte; missing if no value begins so.
constexpr Kind kind_by_first(char c) {
  switch (c) {
    case '"':
      return Kind::string;
    case '{':
      return Kind::object;
    case '[':
      return Kind::array;
    case 't':
    case 'f':
      return Kind::boolean;
    case 'n':
      return Kind::null;
    default:
      return c == '-' || (c >= '0' && c <= '9') ? Kind::number : Kind::missing;
  }
}

// The string that text begins with: its length with both quotes, or why it is damaged.
// REQUIRES: text begins with a quote.
struct StringCheck {
  std::string_view damage;
  std::size_t size = 0;
};
StringCheck check_string(std::string_view text);

// A string with its quotes.  facts: those of a scan that covered the slice between two structural
// characters; absent ones are not looked for again.
std::string_view damage_in_string(std::string_view raw, std::uint8_t facts);

// True if nothing has to be feared of a string with those facts.
inline bool is_plain_string(std::string_view raw, std::uint8_t facts) {
  return (facts & ~kSpace) == 0 && raw.size() >= 2 && raw.front() == '"' && raw.back() == '"';
}

// A number, literal or string.
std::string_view damage_in_scalar(std::string_view raw, std::uint8_t facts);

// A value of any kind.  Linear, without recursion; `brackets` is scratch for the open ones.
std::string_view damage_in_value(std::string_view raw, std::uint8_t facts, std::string& brackets);

// A line that is to be one object, with spaces around.
std::string_view damage_in_object(std::string_view line, std::string& brackets);

}  // namespace streamutils
