// SPDX-License-Identifier: Apache-2.0
#include "ops/fixed_text.h"

#include <algorithm>

namespace streamutils {
namespace {

// True if JSON may spell the character in a string in another way than as itself or \uXXXX.
bool may_be_escaped(char c) {
  return c == '"' || c == '\\' || c == '/' || static_cast<unsigned char>(c) < 0x20;
}

}  // namespace

std::string fixed_stretch(std::string_view text) {
  std::string_view longest;
  while (!text.empty()) {
    const auto end = std::find_if(text.begin(), text.end(), may_be_escaped);
    const auto size = static_cast<std::size_t>(end - text.begin());
    if (size > longest.size()) longest = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return std::string(longest);
}

std::string fixed_stretch_of_string(std::string_view text) {
  const auto first = std::find_if(text.begin(), text.end(), may_be_escaped);
  if (first == text.end()) return '"' + std::string(text) + '"';
  const auto last = std::find_if(text.rbegin(), text.rend(), may_be_escaped).base() - 1;
  const std::string head = '"' + std::string(text.begin(), first);
  const std::string tail = std::string(last + 1, text.end()) + '"';
  std::string longest = fixed_stretch(std::string(first, last + 1));
  if (head.size() > longest.size()) longest = head;
  if (tail.size() > longest.size()) longest = tail;
  return longest;
}

}  // namespace streamutils
