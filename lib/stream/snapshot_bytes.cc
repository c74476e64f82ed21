// Bytes as text, or as hexadecimal digits.
// SPDX-License-Identifier: Apache-2.0
#include "stream/snapshot_bytes.h"

#include "base/text.h"
#include "json/escape.h"

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

// As a JSON string; null if the bytes are no UTF-8, or some have to be spelled in another way.
// REQUIRES: room for escaped_room(bytes.size()) + 2 bytes.
char* write_string(char* to, std::string_view bytes) {
  *to++ = '"';
  const EscapedText text = write_escaped(to, bytes);
  if (text.has_controls || (text.has_non_ascii && !is_utf8(bytes))) return nullptr;
  *text.end = '"';
  return text.end + 1;
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
  const auto write = [bytes](char* to) { return write_string(to, bytes); };
  if (row.put_plain(bytes) || row.put_by(escaped_room(bytes.size()) + 2, write)) return;
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
