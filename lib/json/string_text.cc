// SPDX-License-Identifier: Apache-2.0
#include "json/string_text.h"

#include <cstdint>
#include <cstring>

namespace streamutils {
namespace {

constexpr char kHex[] = "0123456789abcdef";

std::uint32_t hex_digit(char c) {
  return static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

std::uint32_t read_hex4(const char* p) {
  return hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 | hex_digit(p[3]);
}

bool is_high_surrogate(std::uint32_t unit) { return (unit & 0xFC00) == 0xD800; }
bool is_low_surrogate(std::uint32_t unit) { return (unit & 0xFC00) == 0xDC00; }
bool is_surrogate(std::uint32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

// The character of the \u escape at the start of text, which moves behind it.  Two surrogates that
// belong together are one character; a lone one is returned as it is.
std::uint32_t take_unicode(std::string_view& text) {
  const std::uint32_t unit = read_hex4(text.data() + 2);
  text.remove_prefix(6);
  if (!is_high_surrogate(unit) || text.size() < 6 || text[0] != '\\' || text[1] != 'u') return unit;
  const std::uint32_t low = read_hex4(text.data() + 2);
  if (!is_low_surrogate(low)) return unit;
  text.remove_prefix(6);
  return 0x10000 + ((unit & 0x3FF) << 10 | (low & 0x3FF));
}

char escaped_char(char code) {
  switch (code) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return code;
  }
}

void append_utf8(std::string& out, std::uint32_t c) {
  auto trail = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    trail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    trail(6), trail(0);
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    trail(12), trail(6), trail(0);
  }
}

// Appends the text up to its next escape, and moves to it.  False if there is none.
bool copy_to_escape(std::string& out, std::string_view& text) {
  const std::size_t at = text.find('\\');
  out += text.substr(0, at);
  if (at == std::string_view::npos) return false;
  text.remove_prefix(at);
  return true;
}

void append_hex4(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[unit >> shift & 15];
}

}  // namespace

bool has_escapes(std::string_view inner) {
  return std::memchr(inner.data(), '\\', inner.size()) != nullptr;
}

void append_unescaped(std::string& out, std::string_view inner) {
  while (copy_to_escape(out, inner)) {
    if (inner[1] == 'u') {
      const std::uint32_t c = take_unicode(inner);
      append_utf8(out, is_surrogate(c) ? 0xFFFD : c);
    } else {
      out += escaped_char(inner[1]);
      inner.remove_prefix(2);
    }
  }
}

void append_canonical(std::string& out, std::string_view inner) {
  while (copy_to_escape(out, inner)) {
    if (inner[1] != 'u') {
      append_escaped_byte(out, escaped_char(inner[1]));
      inner.remove_prefix(2);
      continue;
    }
    const std::uint32_t c = take_unicode(inner);
    if (c < 0x80) {
      append_escaped_byte(out, static_cast<char>(c));
    } else if (is_surrogate(c)) {
      append_hex4(out, c);
    } else {
      append_utf8(out, c);
    }
  }
}

void append_escaped_byte(std::string& out, char c) {
  static constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kCodes = "\"\\bfnrt";
  const std::size_t at = kShort.find(c);
  if (at != std::string_view::npos) {
    out += '\\';
    out += kCodes[at];
  } else if (static_cast<unsigned char>(c) < 0x20) {
    append_hex4(out, static_cast<unsigned char>(c));
  } else {
    out += c;
  }
}

}  // namespace streamutils
