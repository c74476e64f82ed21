// The encoders extension: base64.
// SPDX-License-Identifier: Apache-2.0
#include "expr/json_output.h"
#include "expr/library.h"

namespace streamutils::expr {
namespace {

int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// With or without padding, which must be right if it is there.
std::optional<std::string> decoded(std::string_view text) {
  const std::size_t digits = std::min(text.find('='), text.size());
  const std::size_t padding = text.size() - digits;
  if (padding > 0 && (text.size() % 4 != 0 || padding > 2)) return std::nullopt;
  if (digits % 4 == 1 || text.find_first_not_of('=', digits) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text.substr(0, digits)) {
    const int digit = digit_of(c);
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

Value encode(Context& c, Arguments args) {
  if (!args[0].is(Kind::bytes)) return mismatch(args);
  std::string text;
  append_base64(text, args[0].text());
  return make_string(c, text);
}

Value decode(Context& c, Arguments args) {
  if (!args[0].is(Kind::string)) return mismatch(args);
  const auto bytes = decoded(args[0].text());
  return bytes ? make_bytes(c, *bytes)
               : fail(c.arena(), ErrorKind::bad_value, "not base64", args[0]);
}

constexpr Function kFunctions[] = {
    {"base64.encode", CallStyle::global, 1, 1, encode, "base64.encode(b)", "Bytes as base64.",
     "base64.encode(b'hello')", "'aGVsbG8='"},
    {"base64.decode", CallStyle::global, 1, 1, decode, "base64.decode(s)",
     "The bytes of a base64 string; padding may be missing.", "base64.decode('aGVsbG8')",
     "b'hello'"},
};

}  // namespace

Library encoder_library() { return {"Encodings", kFunctions}; }

}  // namespace streamutils::expr
