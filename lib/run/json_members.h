// JsonMembers: the members of one line of JSON that this project wrote, with one question at the
// end whether all of them were what they should be.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json/record.h"

namespace streamutils {

class JsonMembers {
 public:
  // Copies the line.
  explicit JsonMembers(std::string_view line);

  // False if the line is no JSON object, or if a member that was asked for was missing or of
  // another type; those read as empty or 0.
  bool ok() const { return ok_; }

  Value get(std::string_view name) const { return record_.member(name); }
  // The i-th element of a list; missing behind its end.
  Value element(std::string_view name, std::size_t i) const;
  std::string text(std::string_view name);
  std::uint64_t number(std::string_view name);

 private:
  std::string padded_;
  Record record_;
  bool ok_ = false;
};

}  // namespace streamutils
