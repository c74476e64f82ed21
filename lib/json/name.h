// Names of members, made quick to compare.
//
// The first eight bytes of a name and its length tell most names apart
// in one comparison, and decide it alone for short ones.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/digits.h"
#include "json/string_text.h"

namespace streamutils {

// The first eight bytes of a name as a number; missing ones count as zero.  Reads no byte behind
// the name.
inline std::uint64_t name_head(std::string_view name) {
  return name.empty() ? 0 : digits::load(name.data(), std::min<std::size_t>(name.size(), 8));
}

// Which bits of eight bytes count if only the first `size` bytes do.
constexpr std::uint64_t head_mask(std::size_t size) {
  return size < 8 ? (std::uint64_t{1} << 8 * size) - 1 : ~std::uint64_t{0};
}

// A name that somebody looks for.
class WantedName {
 public:
  // step_count: of the path, how many steps the name takes.  The text must outlive this.
  explicit WantedName(std::string_view text, std::size_t step_count = 1)
      : text_(text), head_(name_head(text)), mask_(head_mask(text.size())), steps_(step_count) {}

  // A copy of `other` that looks at another copy of its text.
  WantedName(const WantedName& other, std::string_view text) : WantedName(other) { text_ = text; }

  std::size_t steps() const { return steps_; }
  std::string_view text() const { return text_; }

  friend bool operator==(const WantedName& a, const WantedName& b) {
    if (a.head_ != b.head_ || a.text_.size() != b.text_.size()) return false;
    return a.text_.size() <= 8 || a.text_ == b.text_;
  }

  // Compares with a well-formed string in a line, quotes included.  may_escape: it may hold
  // backslashes. REQUIRES: 8 readable bytes behind its first quote.
  bool is(const char* begin, const char* end, bool may_escape) const {
    const std::string_view inner(begin + 1, static_cast<std::size_t>(end - begin - 2));
    return may_escape && has_escapes(inner) ? is_escaped(inner) : is_plain(begin, end);
  }

  // The same for a string without backslashes.
  bool is_plain(const char* begin, const char* end) const {
    std::uint64_t head;
    std::memcpy(&head, begin + 1, sizeof head);
    const auto size = static_cast<std::size_t>(end - begin - 2);
    if (((head ^ head_) & mask_) != 0 || size != text_.size()) return false;
    return size <= 8 || std::memcmp(begin + 1, text_.data(), size) == 0;
  }

 private:
  bool is_escaped(std::string_view inner) const {
    std::string unescaped;
    append_unescaped(unescaped, inner);
    return unescaped == text_;
  }

  std::string_view text_;
  std::uint64_t head_;  // the first eight bytes…
  std::uint64_t mask_;  // …or as many as there are
  std::size_t steps_;
};

}  // namespace streamutils
