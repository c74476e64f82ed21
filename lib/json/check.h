// The check of a whole line (--strict): RFC 8259, UTF-8, and no name twice in one object.
//
// An inside header of json.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

namespace streamutils {

class LineCheck {
 public:
  // How deep brackets may stand inside each other.
  static constexpr std::size_t kMaxDepth = 1024;

  LineCheck();
  ~LineCheck();

  // Why the line is no object that every reader of JSON understands alike, or an empty text.
  // REQUIRES: Record::kPadding readable bytes behind the line.
  std::string_view damage_in(std::string_view line);

 private:
  class Walk;
  struct State;

  std::unique_ptr<State> state_;
};

}  // namespace streamutils
