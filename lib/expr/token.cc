// SPDX-License-Identifier: Apache-2.0
#include "expr/token.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/text.h"
#include "expr/utf8.h"

namespace streamutils::expr {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The inside of a string literal without r: escapes become what they stand for.
class Unescaper {
 public:
  Unescaper(std::string_view text, bool bytes) : text_(text), bytes_(bytes) {}

  // Nothing if an escape is wrong.
  std::optional<std::string> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != '\\') {
        out_ += c;
      } else if (!escape()) {
        return std::nullopt;
      }
    }
    return std::move(out_);
  }

 private:
  bool escape() {
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    switch (c) {
      case 'x':
      case 'X':
        return code(2, true);
      case 'u':
        return !bytes_ && code(4, false);
      case 'U':
        return !bytes_ && code(8, false);
      case '0':
      case '1':
      case '2':
      case '3':
        return octal(c);
      default:
        return simple(c);
    }
  }

  bool simple(char c) {
    static constexpr std::string_view kFrom = "abfnrtv\\?\"'`";
    static constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\?\"'`";
    const std::size_t i = kFrom.find(c);
    if (i == std::string_view::npos) return false;
    out_ += kTo[i];
    return true;
  }

  bool octal(char first) {
    if (at_ + 2 > text_.size()) return false;
    std::uint32_t value = static_cast<std::uint32_t>(first - '0');
    for (int i = 0; i < 2; ++i) {
      const char c = text_[at_++];
      if (c < '0' || c > '7') return false;
      value = value * 8 + static_cast<std::uint32_t>(c - '0');
    }
    return put(value, true);
  }

  std::optional<std::uint32_t> hex(std::size_t digits) {
    if (at_ + digits > text_.size()) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const int digit = hex_digit(text_[at_++]);
      if (digit < 0) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
  }

  bool code(std::size_t digits, bool octet) {
    auto value = hex(digits);
    if (!value) return false;
    if (digits == 4 && *value >= 0xd800 && *value < 0xdc00 && text_.substr(at_, 2) == "\\u") {
      at_ += 2;
      const auto low = hex(4);
      if (!low || *low < 0xdc00 || *low > 0xdfff) return false;
      value = 0x10000 + ((*value - 0xd800) << 10) + (*low - 0xdc00);
    }
    return put(*value, octet);
  }

  bool put(std::uint32_t value, bool octet) {
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return false;
    if (bytes_ && octet) {
      out_ += static_cast<char>(value);
    } else {
      append_code_point(out_, value);
    }
    return true;
  }

  std::string_view text_;
  bool bytes_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

Token Lexer::finish(Token token, std::size_t begin) const {
  token.begin = static_cast<std::uint32_t>(begin);
  token.end = static_cast<std::uint32_t>(at_);
  return token;
}

Token Lexer::fail(std::size_t begin, std::string_view message) const {
  Token token;
  token.type = Token::Type::error;
  token.text = message;
  return finish(token, begin);
}

void Lexer::skip_blanks() {
  while (at_ < source_.size()) {
    const char c = source_[at_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      ++at_;
    } else if (c == '/' && peek(1) == '/') {
      at_ = std::min(source_.find('\n', at_), source_.size());
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_blanks();
  if (at_ == source_.size()) return finish({}, at_);
  const char c = peek();
  if (is_letter(c)) return name();
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
  if (c == '"' || c == '\'') return string(false, false, at_);
  if (c == '`') return quoted_name();
  return mark();
}

// A name, unless it is the prefix of a string: r"…", b'…', rb"…", in any case and order.
Token Lexer::name() {
  const std::size_t begin = at_;
  bool raw = false;
  bool bytes = false;
  std::size_t i = 0;
  for (; i < 2; ++i) {
    const char c = static_cast<char>(peek(i) | 0x20);
    if (c == 'r' && !raw) {
      raw = true;
    } else if (c == 'b' && !bytes) {
      bytes = true;
    } else {
      break;
    }
  }
  if (i > 0 && (peek(i) == '"' || peek(i) == '\'')) {
    at_ += i;
    return string(raw, bytes, begin);
  }
  while (is_letter(peek()) || is_digit(peek())) ++at_;
  Token token;
  token.type = Token::Type::name;
  token.text = source_.substr(begin, at_ - begin);
  return finish(token, begin);
}

Token Lexer::quoted_name() {
  const std::size_t begin = at_++;
  const std::size_t close = source_.find_first_of("`\n\r", at_);
  if (close == std::string_view::npos || source_[close] != '`' || close == at_) {
    return fail(begin, "a name in `backticks` is empty or has no end");
  }
  Token token;
  token.type = Token::Type::quoted_name;
  token.text = source_.substr(at_, close - at_);
  at_ = close + 1;
  return finish(token, begin);
}

Token Lexer::number() {
  const std::size_t begin = at_;
  if (peek() == '0' && (peek(1) | 0x20) == 'x' && hex_digit(peek(2)) >= 0) {
    at_ += 2;
    return integer(begin, 16);
  }
  std::size_t i = 0;
  while (is_digit(peek(i))) ++i;
  const bool fraction = peek(i) == '.' && is_digit(peek(i + 1));
  const std::size_t sign = peek(i + 1) == '+' || peek(i + 1) == '-' ? 1 : 0;
  const bool exponent = (peek(i) | 0x20) == 'e' && is_digit(peek(i + 1 + sign));
  return fraction || exponent ? real(begin) : integer(begin, 10);
}

Token Lexer::integer(std::size_t begin, int base) {
  Token token;
  token.type = Token::Type::literal;
  const char* first = source_.data() + at_;
  const auto [end, error] =
      std::from_chars(first, source_.data() + source_.size(), token.magnitude, base);
  at_ += static_cast<std::size_t>(end - first);
  if (error != std::errc()) return fail(begin, "the number does not fit 64 bits");
  if ((peek() | 0x20) == 'u') {
    ++at_;
    token.literal = token.magnitude;
  } else {
    token.is_int = true;
  }
  if (is_letter(peek()) || is_digit(peek())) return fail(begin, "a number runs into a name");
  return finish(token, begin);
}

Token Lexer::real(std::size_t begin) {
  while (is_digit(peek())) ++at_;
  if (peek() == '.') ++at_;
  while (is_digit(peek())) ++at_;
  if ((peek() | 0x20) == 'e') {
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (is_digit(peek(1 + sign))) at_ += 1 + sign;
    while (is_digit(peek())) ++at_;
  }
  if (is_letter(peek())) return fail(begin, "a number runs into a name");
  const std::string text(source_.substr(begin, at_ - begin));
  const double value = std::strtod(text.c_str(), nullptr);  // what is too small becomes 0
  if (std::isinf(value)) return fail(begin, "the number does not fit a double");
  Token token;
  token.type = Token::Type::literal;
  token.is_real = true;
  token.literal = value;
  return finish(token, begin);
}

Token Lexer::string(bool raw, bool bytes, std::size_t begin) {
  const char quote = peek();
  const bool triple = peek(1) == quote && peek(2) == quote;
  const std::size_t width = triple ? 3 : 1;
  const std::size_t inside = at_ + width;
  std::size_t i = inside;
  for (;; ++i) {
    if (i >= source_.size() || (!triple && (source_[i] == '\n' || source_[i] == '\r'))) {
      at_ = std::min(i, source_.size());
      return fail(begin, "the string has no closing quote");
    }
    if (source_[i] == '\\' && !raw) {
      ++i;
    } else if (source_[i] == quote && (!triple || source_.substr(i, 3) == std::string(3, quote))) {
      break;
    }
  }
  const std::string_view text = source_.substr(inside, i - inside);
  at_ = i + width;
  auto value = raw ? std::string(text) : Unescaper(text, bytes).run();
  if (!value) return fail(begin, "the string has an escape that does not exist");
  if (!is_utf8(text)) return fail(begin, "the string is not UTF-8");
  Token token;
  token.type = Token::Type::literal;
  if (bytes) {
    token.literal = Bytes{std::move(*value)};
  } else {
    token.literal = std::move(*value);
  }
  return finish(std::move(token), begin);
}

Token Lexer::mark() {
  static constexpr std::array<std::string_view, 26> kMarks = {
      "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%",
      "!",  "?",  ":",  ".",  ",",  "(",  ")", "[", "]", "{", "}", "=", ";"};
  const std::size_t begin = at_;
  for (const std::string_view m : kMarks) {
    if (source_.substr(at_, m.size()) == m) {
      at_ += m.size();
      Token token;
      token.type = Token::Type::mark;
      token.text = source_.substr(begin, m.size());
      return finish(token, begin);
    }
  }
  ++at_;
  return fail(begin, "no such character in this language");
}

}  // namespace streamutils::expr
