// Foreseen: what was read ahead of lines that on_record will see (Operator::foresee).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace streamutils {

template <typename Read>
class Foreseen {
 public:
  void clear() {
    entries_.clear();
    next_ = 0;
  }
  // Lines are added in the order in which they stand in memory.  What is returned is valid until
  // the next call.
  const Read& add(std::string_view line, Read read) {
    return entries_.emplace_back(Entry{line.data(), std::move(read)}).read;
  }

  // What was read of the line, or null.  Lines come in the order in which they were added, but not
  // all of them; each is asked for once.
  const Read* take(std::string_view line) {
    while (next_ < entries_.size() && entries_[next_].line < line.data()) ++next_;
    const bool is_next = next_ < entries_.size() && entries_[next_].line == line.data();
    return is_next ? &entries_[next_++].read : nullptr;
  }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Entry& entry : entries_) visit(entry.read);
  }

 private:
  struct Entry {
    const char* line;
    Read read;
  };

  std::vector<Entry> entries_;
  std::size_t next_ = 0;  // that was not taken yet
};

}  // namespace streamutils
