// SPDX-License-Identifier: Apache-2.0
#include "json/name.h"

#include <map>
#include <mutex>

namespace streamutils {

WantedName WantedName::lasting(std::string_view text, std::size_t step_count) {
  static std::mutex mutex;
  static std::map<std::string, std::uint32_t, std::less<>> numbers;
  const std::lock_guard lock(mutex);
  auto it = numbers.find(text);
  if (it == numbers.end()) {
    it = numbers.emplace(text, static_cast<std::uint32_t>(numbers.size() + 1)).first;
  }
  WantedName name(it->first, step_count);
  name.number_ = it->second;
  return name;
}

}  // namespace streamutils
