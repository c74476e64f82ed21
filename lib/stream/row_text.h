// RowText: puts the values of one row of a snapshot (SnapshotWriter::row) where they are to stand.
//
// There are millions of rows, and making each value a text of its own costs more than its digits.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/digit_text.h"
#include "json/writer.h"
#include "stream/line_block.h"
#include "stream/plain_text.h"

namespace streamutils {

// Writes a value of a row and the comma behind it; returns the place behind that.
// REQUIRES: room for kValueRoom bytes.
inline constexpr std::size_t kValueRoom = digits::kRoom + 2;
inline char* write_value(char* to, std::uint64_t n) {
  if (n >= 10) {
    to = digits::write(to, n);
  } else {
    *to++ = static_cast<char>('0' + n);
  }
  *to = ',';
  return to + 1;
}
inline char* write_value(char* to, std::int64_t n) {
  if (n >= 0) return write_value(to, static_cast<std::uint64_t>(n));
  *to = '-';
  return write_value(to + 1, 0 - static_cast<std::uint64_t>(n));
}

// The text as a JSON string, if it is printable ASCII without quotes and backslashes, or that in a
// pair of quotes, as keys are; else null.  REQUIRES: room for kQuotesRoom bytes more than it has.
inline constexpr std::size_t kQuotesRoom = 6;
inline char* write_plain(char* to, std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  const std::string_view inside = quoted ? text.substr(1, text.size() - 2) : text;
  constexpr char kQuote[] = "\\\"";
  *to++ = '"';
  if (quoted) to = static_cast<char*>(std::memcpy(to, kQuote, 2)) + 2;
  if (!copy_plain(to, inside)) return nullptr;
  to += inside.size();
  if (quoted) to = static_cast<char*>(std::memcpy(to, kQuote, 2)) + 2;
  *to = '"';
  return to + 1;
}

class RowText {
 public:
  // Rows are put behind what stands in the block.
  explicit RowText(LineBlock& block) : block_(block) {}

  void begin() {
    char* const to = block_.room(1);
    *to = '[';
    block_.end_at(to + 1);
    is_empty_ = true;
  }
  void end() {
    char* const to = block_.room(2) - (is_empty_ ? 0 : 1);  // the last comma
    to[0] = ']';
    to[1] = '\n';
    block_.end_at(to + 2);
  }

  void put(std::int64_t n) { end_values(write_value(block_.room(kValueRoom), n)); }
  void put(std::uint64_t n) { end_values(write_value(block_.room(kValueRoom), n)); }
  // `write`, given a place with room for `most` bytes, writes values, each with a comma behind it.
  template <typename Write>
  void put_values(std::size_t most, const Write& write) {
    end_values(write(block_.room(most)));
  }
  void put_null() { put_json("null"); }
  void put_json(std::string_view raw) {
    put_by(raw.size(), [raw](char* to) { return to + raw.copy(to, raw.size()); });
  }

  // As a JSON string.
  void put(std::string_view text) {
    if (put_plain(text)) return;
    std::string escaped;
    append_json_string(escaped, text);
    put_json(escaped);
  }

  // The same, if the text is printable ASCII without quotes and backslashes, or that in a pair of
  // quotes, as keys are; else false, and nothing is put.
  bool put_plain(std::string_view text) {
    return put_by(text.size() + kQuotesRoom, [text](char* to) { return write_plain(to, text); });
  }

  // The JSON that `write` writes, given a place with room for `most` bytes; it returns the place
  // behind.  Null: nothing is put, and this returns false.
  template <typename Write>
  bool put_by(std::size_t most, Write write) {
    char* const end = write(block_.room(most + 1));
    if (end == nullptr) return false;
    *end = ',';
    block_.end_at(end + 1);
    is_empty_ = false;
    return true;
  }

 private:
  void end_values(const char* end) {
    block_.end_at(end);
    is_empty_ = false;
  }

  LineBlock& block_;
  bool is_empty_ = true;  // the row
};

}  // namespace streamutils
