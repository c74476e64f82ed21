// SPDX-License-Identifier: Apache-2.0
#include "run/wrap.h"

#include <algorithm>

namespace streamutils {
namespace {

// A reader could stop behind `head` and in front of `rest`.  Less than three words say nothing
// ("With
// --around: ..."), and what follows a colon is one thing up to the end of its clause.
bool is_stop(std::string_view head, std::string_view rest, bool behind_colon) {
  if (rest.empty()) return true;
  if (std::count(head.begin(), head.end(), ' ') < 2) return false;
  if (rest.starts_with(". ") || rest.starts_with("; ")) return true;
  if (behind_colon) return false;
  return rest.starts_with(", ") || rest.starts_with(": ") || rest.starts_with(" (");
}

}  // namespace

std::size_t columns(std::string_view text) {
  const auto starts_character = [](unsigned char c) { return (c & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
    if (text.empty()) return lines;
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(word.size());
    if (lines.empty() || columns(lines.back()) + 1 + columns(word) > width) {
      lines.emplace_back(word);
    } else {
      lines.back().append(" ").append(word);
    }
  }
}

std::string_view gist(std::string_view text, std::size_t width) {
  std::string_view best;
  int depth = 0;
  bool behind_colon = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const std::string_view head = text.substr(0, i);
    const std::string_view rest = text.substr(i);
    const bool is_wanted = best.empty() || columns(head) <= width;
    if (depth == 0 && is_wanted && is_stop(head, rest, behind_colon)) best = head;
    if (rest.starts_with('(')) ++depth;
    if (rest.starts_with(')')) --depth;
    if (rest.starts_with(": ")) behind_colon = true;
  }
  return best;
}

}  // namespace streamutils
