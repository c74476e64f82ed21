// TimedTexts: texts with the times of their events, in one piece of memory, read in order of time.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ops/aggregate_state.h"

namespace streamutils {

class TimedTexts {
 public:
  bool is_empty() const { return items_.empty(); }

  void add(Timestamp time, std::string_view text) {
    items_.push_back({time, text_.size(), text.size()});
    text_ += text;
  }
  void add(const TimedTexts& other) {
    const std::size_t base = text_.size();
    for (const Item& item : other.items_) {
      items_.push_back({item.time, base + item.begin, item.size});
    }
    text_ += other.text_;
  }
  void clear() {
    items_.clear();
    text_.clear();
  }

  // Calls visit(text) in order of time; of equal times, what was added first comes first.
  template <typename Visit>
  void for_each_by_time(Visit visit) const {
    std::vector<Item> sorted = items_;
    std::ranges::stable_sort(sorted, {}, &Item::time);
    for (const Item& item : sorted) visit(std::string_view(text_).substr(item.begin, item.size));
  }

  // "nanos length text nanos length text …".
  void save(std::string& out) const {
    for (const Item& item : items_) {
      out += std::to_string(to_nanos(item.time)) + ' ' + std::to_string(item.size) + ' ';
      out.append(text_, item.begin, item.size);
    }
  }
  bool restore(std::string_view saved) {
    while (!saved.empty()) {
      std::int64_t nanos = 0;
      std::size_t size = 0;
      if (!take_integer(saved, nanos) || !take_integer(saved, size)) return false;
      if (size == 0 || size > saved.size()) return false;
      add(from_nanos(nanos), saved.substr(0, size));
      saved.remove_prefix(size);
    }
    return true;
  }

  std::size_t bytes() const { return items_.capacity() * sizeof(Item) + bytes_of(text_); }

 private:
  struct Item {
    Timestamp time;
    std::size_t begin;
    std::size_t size;
  };

  std::vector<Item> items_;
  std::string text_;
};

}  // namespace streamutils
