// Values as the aggregates that compare them keep them: as the one spelling that equal values
// share.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/decimal.h"
#include "json/value.h"
#include "ops/aggregate_state.h"

namespace streamutils {

// The canonical text of the value; valid until the next call on the same scratch.
inline std::string_view canonical(Value value, std::string& scratch) {
  scratch.clear();
  append_key(scratch, value);
  return scratch;
}

// Canonical text as it is written: numbers in plain digits.
inline void append_value(std::string& out, std::string_view text) {
  const bool number = text[0] == '-' || (text[0] >= '0' && text[0] <= '9');
  if (number) {
    append_plain_number(out, text);
  } else {
    out += text;
  }
}

// Takes "length text" off the front.
inline bool take_text(std::string_view& saved, std::string_view& text) {
  std::size_t length = 0;
  if (!take_integer(saved, length) || length == 0 || length > saved.size()) return false;
  text = saved.substr(0, length);
  saved.remove_prefix(length);
  return true;
}

inline void save_text(std::string_view text, std::string& out) {
  out += std::to_string(text.size()) + ' ';
  out += text;
}

}  // namespace streamutils
