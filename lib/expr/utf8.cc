// SPDX-License-Identifier: Apache-2.0
#include "expr/utf8.h"

namespace streamutils::expr {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::size_t code_point_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t wanted = first < 0xc2   ? 1
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 1;
  if (wanted > text.size()) return 1;
  for (std::size_t i = 1; i < wanted; ++i) {
    if (!is_continuation(text[i])) return 1;
  }
  return wanted;
}

std::uint32_t code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(text[i])};
  };
  const auto rest = [&](std::size_t i) { return byte(i) & 0x3f; };
  switch (code_point_size(text)) {
    case 2:
      return (byte(0) & 0x1f) << 6 | rest(1);
    case 3:
      return (byte(0) & 0x0f) << 12 | rest(1) << 6 | rest(2);
    case 4:
      return (byte(0) & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3);
    default:
      return byte(0) < 0x80 ? byte(0) : 0xfffd;
  }
}

void append_code_point(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
  }
  out += static_cast<char>(0x80 | (c & 0x3f));
}

std::size_t count_code_points(std::string_view text) {
  std::size_t n = 0;
  while (!text.empty()) {
    text.remove_prefix(code_point_size(text));
    ++n;
  }
  return n;
}

std::optional<std::size_t> offset_of(std::string_view text, std::int64_t n) {
  if (n < 0) return std::nullopt;
  std::size_t offset = 0;
  for (; n > 0; --n) {
    if (offset == text.size()) return std::nullopt;
    offset += code_point_size(text.substr(offset));
  }
  return offset;
}

}  // namespace streamutils::expr
