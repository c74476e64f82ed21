// ArrayElements: the elements of an array that is a text of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace streamutils {

class ArrayElements {
 public:
  ArrayElements();
  ~ArrayElements();

  // Replaces `elements` by those of the array, each checked, in order; or returns why the text is
  // no array, as a literal.  They are views on the text.
  // REQUIRES: Record::kPadding readable bytes behind the text.
  std::string_view split(std::string_view text, std::vector<Value>& elements);

 private:
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace streamutils
