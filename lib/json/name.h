// Names of members, made quick to compare and to look up.
//
// The first eight bytes of a name and its length tell most names apart in one comparison, and
// decide it alone for short ones.  A lasting name, one of a path or an expression, has a number
// too, by which a reader of events keeps what it knows of it.
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

// The first bytes of a text, up to eight, compared at once.
class TextHead {
 public:
  TextHead() = default;  // of an empty text, which stands everywhere
  // Reads no byte behind the text.
  explicit TextHead(std::string_view text) {
    if (text.empty()) return;
    const std::size_t n = std::min<std::size_t>(text.size(), 8);
    bytes_ = digits::load(text.data(), n);
    mask_ = ~std::uint64_t{0} >> 8 * (8 - n);
  }

  // 0 iff they stand here; differences of several can be joined by |.  REQUIRES: 8 readable bytes.
  std::uint64_t difference(const char* at) const { return (digits::load8(at) ^ bytes_) & mask_; }

  friend bool operator==(const TextHead&, const TextHead&) = default;

 private:
  std::uint64_t bytes_ = 0;
  std::uint64_t mask_ = 0;
};

// A name that somebody looks for.
class WantedName {
 public:
  // step_count: of the path, how many steps the name takes.  The text must outlive this.
  explicit WantedName(std::string_view text, std::size_t step_count = 1)
      : text_(text), head_(text), steps_(static_cast<std::uint32_t>(step_count)) {}

  // One that is asked for again and again.  A copy of the text is kept as long as the process
  // lives, once for all names of that text, so this is for names that the user has written.
  static WantedName lasting(std::string_view text, std::size_t step_count = 1);

  std::size_t steps() const { return steps_; }
  std::string_view text() const { return text_; }
  // Of a lasting name: 1 for the first text of the process, and so on.  0 for any other name.
  std::uint32_t number() const { return number_; }

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
    const auto size = static_cast<std::size_t>(end - begin - 2);
    if (head_.difference(begin + 1) != 0 || size != text_.size()) return false;
    return size <= 8 || std::memcmp(begin + 1, text_.data(), size) == 0;
  }

 private:
  bool is_escaped(std::string_view inner) const {
    std::string unescaped;
    append_unescaped(unescaped, inner);
    return unescaped == text_;
  }

  std::string_view text_;
  TextHead head_;
  std::uint32_t steps_;
  std::uint32_t number_ = 0;
};

}  // namespace streamutils
