// JoinHeldKeys: how many different keys the rows have that a join holds, for --max-keys.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ops/keyed.h"

namespace streamutils {

class JoinHeldKeys {
 public:
  std::size_t size() const { return groups_.size(); }
  bool holds(std::string_view key, std::uint32_t hash) const {
    return groups_.find({key, {}, hash}) != nullptr;
  }

  // A row of the key comes; one goes that has come.
  void add(std::string_view key, std::uint32_t hash) {
    const auto [group, is_new] = groups_.find_or_add({key, {}, hash});
    if (is_new) rows_of(*group) = 0;
    ++rows_of(*group);
  }
  void remove(std::string_view key, std::uint32_t hash) {
    Group* const group = groups_.find({key, {}, hash});
    if (--rows_of(*group) == 0) groups_.erase(group, hash);
  }
  void clear() { groups_.clear(); }

  std::size_t bytes() const { return groups_.bytes(); }

 private:
  struct alignas(16) Rows {
    std::uint64_t count;
  };
  static std::uint64_t& rows_of(Group& group) {
    return reinterpret_cast<Rows*>(group.state())->count;
  }

  GroupTable groups_{sizeof(Rows)};
};

}  // namespace streamutils
