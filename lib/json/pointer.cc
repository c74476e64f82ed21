// SPDX-License-Identifier: Apache-2.0
#include "json/pointer.h"

namespace streamutils {

std::string pointer_to(std::string_view name) {
  std::string pointer = "/";
  for (const char c : name) {
    if (c == '~' || c == '/') pointer += '~';
    pointer += c == '~' ? '0' : c == '/' ? '1' : c;
  }
  return pointer;
}

std::optional<std::string> name_of_step(std::string_view step) {
  std::string name;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] != '~') {
      name += step[i];
      continue;
    }
    const char code = ++i < step.size() ? step[i] : '\0';
    if (code != '0' && code != '1') return std::nullopt;
    name += code == '0' ? '~' : '/';
  }
  return name;
}

}  // namespace streamutils
