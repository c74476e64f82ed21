// SPDX-License-Identifier: Apache-2.0
#include "ops/line_end.h"

#include <cstddef>
#include <cstring>

namespace streamutils {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool is_of_number(char c) {
  return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

void drop_spaces(std::string_view& text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
}

bool drop(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

// Its quotes too.  False if there is a backslash in it, or before it.
bool drop_string(std::string_view& text) {
  text.remove_suffix(1);
  const void* const quote = memrchr(text.data(), '"', text.size());
  if (quote == nullptr) return false;
  const auto begin = static_cast<std::size_t>(static_cast<const char*>(quote) - text.data());
  const bool is_plain = text.find('\\', begin > 0 ? begin - 1 : 0) == std::string_view::npos;
  text = text.substr(0, begin);
  return is_plain;
}

bool drop_number(std::string_view& text) {
  const std::size_t size = text.size();
  while (!text.empty() && is_of_number(text.back())) text.remove_suffix(1);
  return text.size() < size;
}

}  // namespace

bool ends_in_scalar_member(std::string_view line) {
  drop_spaces(line);
  if (!drop(line, "}")) return false;
  drop_spaces(line);
  const bool dropped = line.ends_with('"') ? drop_string(line)
                                           : drop(line, "true") || drop(line, "false") ||
                                                 drop(line, "null") || drop_number(line);
  drop_spaces(line);
  return dropped && line.ends_with(':');
}

}  // namespace streamutils
