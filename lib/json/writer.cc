// SPDX-License-Identifier: Apache-2.0
#include "json/writer.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/decimal.h"
#include "base/text.h"
#include "json/plain.h"
#include "json/string_text.h"

namespace streamutils {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// The length of the longest piece at the start of text that is valid UTF-8, at most one character.
std::size_t character_length(std::string_view text) {
  for (std::size_t n = 1; n <= 4 && n <= text.size(); ++n) {
    if (is_utf8(text.substr(0, n))) return n;
  }
  return 0;
}

// How many bytes at the start of an invalid sequence one U+FFFD stands for: the longest beginning
// of a character, as the Unicode standard recommends.
std::size_t broken_length(std::string_view text) {
  static constexpr std::string_view kEnds[] = {"\x80", "\xBF", "\x80\x80", "\xBF\xBF"};
  std::size_t best = 1;
  for (std::size_t n = 2; n <= 3 && n <= text.size(); ++n) {
    for (const std::string_view end : kEnds) {
      if (is_utf8(std::string(text.substr(0, n)).append(end))) best = n;
    }
  }
  return best;
}

// text is not valid UTF-8.
void append_repaired(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t n = character_length(text);
    if (n == 0) {
      out += kReplacement;
      text.remove_prefix(broken_length(text));
      continue;
    }
    if (n == 1) {
      append_escaped_byte(out, text[0]);
    } else {
      out += text.substr(0, n);
    }
    text.remove_prefix(n);
  }
}

void append_text(std::string& out, std::string_view text) {
  if (!is_utf8(text)) return append_repaired(out, text);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    out += text.substr(begin, i - begin);
    append_escaped_byte(out, text[i]);
    begin = i + 1;
  }
  out += text.substr(begin);
}

template <typename Integer>
void append_integer(std::string& out, Integer n) {
  char digits[24];
  const auto result = std::to_chars(digits, digits + sizeof digits, n);
  out.append(digits, result.ptr);
}

}  // namespace

bool copy_literal_text(char* to, std::string_view text) {
  const char* const from = text.data();
  const std::size_t n = text.size();
  std::uint64_t bytes = 0;
  std::uint64_t unusual = 0;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    std::memcpy(&bytes, from + i, 8);
    std::memcpy(to + i, &bytes, 8);
    unusual |= unliteral_bytes(bytes);
  }
  if (i < n) {
    bytes = kEachByte * ' ';
    std::memcpy(&bytes, from + i, n - i);
    std::memcpy(to + i, &bytes, n - i);
    unusual |= unliteral_bytes(bytes);
  }
  return unusual == 0;
}

void append_json_string(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  out.resize(begin + text.size() + 2, '"');
  if (copy_literal_text(out.data() + begin + 1, text)) return;
  out.resize(begin + 1);
  append_text(out, text);
  out += '"';
}

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

JsonWriter& JsonWriter::open(char c) {
  separate();
  out_ += c;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char c) {
  out_ += c;
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::name(std::string_view name) {
  string(name);
  out_ += ':';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t n) {
  separate();
  append_integer(out_, n);
  return *this;
}

JsonWriter& JsonWriter::unsigned_integer(std::uint64_t n) {
  separate();
  append_integer(out_, n);
  return *this;
}

JsonWriter& JsonWriter::number(double d) {
  if (!std::isfinite(d)) return null();
  separate();
  append_double(out_, d);
  return *this;
}

JsonWriter& JsonWriter::time(Timestamp t, TimeStyle style) {
  separate();
  append_time(out_, t, style);
  return *this;
}

}  // namespace streamutils
