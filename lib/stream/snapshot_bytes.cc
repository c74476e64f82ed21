// Bytes as text, or as hexadecimal digits.
// SPDX-License-Identifier: Apache-2.0
#include "stream/snapshot_bytes.h"

#include "base/text.h"

namespace streamutils {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

// False if hex is none.
bool from_hex(std::string_view hex, std::string& bytes) {
  if (hex.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const std::size_t high = kDigits.find(hex[i]);
    const std::size_t low = kDigits.find(hex[i + 1]);
    if (high == kDigits.npos || low == kDigits.npos) return false;
    bytes += static_cast<char>(high << 4 | low);
  }
  return true;
}

// As it stands in a JSON string; null if a byte is no printable ASCII.  Quotes come every few bytes
// in a line of JSON, so that nobody foresees them: a backslash is always written, and stays where
// it is wanted.  REQUIRES: room for twice as many bytes.
char* escape_ascii(char* to, std::string_view text) {
  unsigned char other = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    other |= static_cast<unsigned char>((byte - 0x20) | byte);  // its highest bit
    *to = '\\';
    to += static_cast<int>(c == '"') | static_cast<int>(c == '\\');
    *to++ = c;
  }
  return other < 0x80 ? to : nullptr;
}

bool put_ascii(RowText& row, std::string_view bytes) {
  return row.put_by(2 * bytes.size() + 2, [bytes](char* to) -> char* {
    *to++ = '"';
    to = escape_ascii(to, bytes);
    if (to != nullptr) *to++ = '"';
    return to;
  });
}

}  // namespace

void save_bytes(SnapshotWriter& out, std::string_view name, std::string_view bytes) {
  if (is_utf8(bytes)) {
    out.field(name, bytes);
  } else {
    out.field(std::string(name) + "_hex", std::string_view(to_hex(bytes)));
  }
}

void save_bytes(RowText& row, std::string_view bytes) {
  if (row.put_plain(bytes) || put_ascii(row, bytes)) return;
  if (is_utf8(bytes)) {
    row.put(bytes);
  } else {
    row.put_json("[\"" + to_hex(bytes) + "\"]");
  }
}

std::string restore_bytes(SnapshotReader& in, std::size_t i) {
  if (!in.json(i).is(Kind::array)) return in.text(i);
  std::string_view hex = in.json(i).raw();
  std::string bytes;
  const bool is_quoted = hex.size() >= 4 && hex.starts_with("[\"") && hex.ends_with("\"]");
  if (!is_quoted || !from_hex(hex.substr(2, hex.size() - 4), bytes)) {
    in.fail("no hexadecimal text in brackets: '" + std::string(hex) + "'");
  }
  return bytes;
}

std::string restore_bytes(SnapshotReader& in, std::string_view name) {
  const std::string hex_name = std::string(name) + "_hex";
  if (!in.json(hex_name).exists()) return in.text(name);
  std::string bytes;
  if (!from_hex(in.text(hex_name), bytes)) in.fail("'" + hex_name + "' is no hexadecimal text");
  return bytes;
}

}  // namespace streamutils
