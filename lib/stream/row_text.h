// RowText: the values of one row of a snapshot (SnapshotWriter::row).
//
// There are millions of rows, and appending value by value to a string costs more than making them.
// This puts them side by side in memory of its own, to be appended at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/digit_text.h"
#include "json/writer.h"

namespace streamutils {

class RowText {
 public:
  void clear() { size_ = 0; }
  // What has been put so far, with commas between; valid until the next call.
  std::string_view values() const { return {text_.data(), size_}; }

  void put(std::int64_t n) {
    char* to = begin(digits::kRoom + 1);
    if (n < 0) *to++ = '-';
    const auto bits = static_cast<std::uint64_t>(n);
    end(digits::write(to, n < 0 ? 0 - bits : bits));
  }
  void put(std::uint64_t n) { end(digits::write(begin(digits::kRoom), n)); }
  void put_null() { put_json("null"); }
  void put_json(std::string_view raw) {
    char* to = begin(raw.size());
    end(to + raw.copy(to, raw.size()));
  }

  // As a JSON string.
  void put(std::string_view text) {
    char* to = begin(2 * text.size() + 2);
    *to++ = '"';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte >= 0x80) return put_other(text);
      if (c == '"' || c == '\\') *to++ = '\\';
      *to++ = c;
    }
    *to++ = '"';
    end(to);
  }

 private:
  // Room for so many bytes behind a comma.
  char* begin(std::size_t bytes) {
    if (text_.size() < size_ + bytes + 1) text_.resize(2 * (size_ + bytes + 1));
    if (size_ > 0) text_[size_++] = ',';
    return text_.data() + size_;
  }
  void end(const char* to) { size_ = static_cast<std::size_t>(to - text_.data()); }

  // A text that takes a closer look.  The comma is there.
  void put_other(std::string_view text) {
    std::string escaped;
    append_json_string(escaped, text);
    if (size_ > 0) --size_;
    put_json(escaped);
  }

  std::string text_;
  std::size_t size_ = 0;
};

}  // namespace streamutils
