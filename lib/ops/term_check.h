// Check: the comparison inside a term, that is, its OP VALUE without its FIELD.
//
// VALUE is compiled once.  A check sees members that exist; what a missing one means, and the
// negation of != and !~, is the business of the term.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/value.h"

namespace streamutils {

enum class Answer : std::uint8_t { no, yes, wrong_type };

class Check {
 public:
  virtual ~Check() = default;

  // REQUIRES: value.exists().
  virtual Answer check(Value value) = 0;

  // The same for the text of a member that nobody has looked at (Record::raw), where reading it is
  // check enough; nothing for any other.
  virtual std::optional<Answer> check_raw(std::string_view raw) const {
    (void)raw;
    return std::nullopt;
  }

  // What a member of the wrong type is not: "a number".
  virtual std::string_view wanted() const = 0;

  // Bytes that the line of every record holds that matches, unless it holds "\u".
  virtual std::string required_text() const { return {}; }
};

using CheckPtr = std::unique_ptr<Check>;

// Which of the three orders < <= > >= accept.
struct OrderSet {
  bool less = false;
  bool equal = false;
  bool greater = false;

  bool has(std::strong_ordering order) const {
    return order < 0 ? less : order > 0 ? greater : equal;
  }
};

// `=`: the member equals one of the values.  true, false and null equal themselves; a number equals
// numbers of the same value, and strings of the same text; any other text equals strings.
CheckPtr make_equal_check(std::vector<std::string> values);

// `<` and its kin.  The value decides: a number orders numbers and numeric strings, a time
// (RFC 3339-like) orders times and epochs, any other text orders strings by their UTF-8 bytes,
// which is the order of code points.  Refuses true, false and null.
Result<CheckPtr> make_order_check(OrderSet accepted, std::string value, const TimeSyntax& times);

// `~`: RE2 finds the pattern somewhere in the text of a string, a number or a boolean.  A bad
// pattern is an error that says where.
Result<CheckPtr> make_regex_check(const std::string& pattern);

}  // namespace streamutils
