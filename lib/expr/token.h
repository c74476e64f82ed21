// Tokens of the expression language.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "expr/tree.h"

namespace streamutils::expr {

struct Token {
  enum class Type : std::uint8_t {
    end,
    name,         // also reserved words
    quoted_name,  // `odd-key`
    literal,      // int, uint, double (all without sign), string, bytes
    mark,         // an operator or a bracket
    error,        // text says what is wrong
  };
  Type type = Type::end;
  std::uint32_t begin = 0;  // offsets in the source
  std::uint32_t end = 0;
  std::string_view text;  // name, mark, message
  Literal literal;
  // The magnitude of an integer literal: 9223372036854775808 is one only behind a minus.
  std::uint64_t magnitude = 0;
  bool is_int = false;
  bool is_real = false;

  bool is(std::string_view mark) const { return type == Type::mark && text == mark; }
};

// Cuts source into tokens, one at a time.  Spaces and comments (// to the end of the line)
// separate.
class Lexer {
 public:
  explicit Lexer(std::string_view source, std::size_t at = 0) : source_(source), at_(at) {}

  Token next();

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  void skip_blanks();
  Token name();
  Token quoted_name();
  Token number();
  Token integer(std::size_t begin, int base);
  Token real(std::size_t begin);
  Token string(bool raw, bool bytes, std::size_t begin);
  Token mark();
  Token finish(Token token, std::size_t begin) const;
  Token fail(std::size_t begin, std::string_view message) const;

  std::string_view source_;
  std::size_t at_;
};

}  // namespace streamutils::expr
