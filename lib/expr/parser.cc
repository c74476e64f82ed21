// A recursive descent parser with one token of look-ahead.  Binary operators climb by precedence;
// what the grammar leaves to macros (has, all, map…) is an ordinary call here.
// SPDX-License-Identifier: Apache-2.0
#include "expr/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "expr/token.h"

namespace streamutils::expr {
namespace {

constexpr std::array<std::string_view, 4> kNever = {"true", "false", "null", "in"};
constexpr std::array<std::string_view, 17> kReserved = {
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// How tightly a binary operator binds; 0: it is none.
int precedence(const Token& t) {
  if (t.type == Token::Type::name) return t.text == "in" ? 3 : 0;
  if (t.type != Token::Type::mark) return 0;
  static constexpr std::array<std::pair<std::string_view, int>, 13> kOperators = {{{"||", 1},
                                                                                   {"&&", 2},
                                                                                   {"==", 3},
                                                                                   {"!=", 3},
                                                                                   {"<", 3},
                                                                                   {"<=", 3},
                                                                                   {">", 3},
                                                                                   {">=", 3},
                                                                                   {"+", 4},
                                                                                   {"-", 4},
                                                                                   {"*", 5},
                                                                                   {"/", 5},
                                                                                   {"%", 5}}};
  for (const auto& [text, level] : kOperators) {
    if (t.text == text) return level;
  }
  return 0;
}

class Parser {
 public:
  Parser(std::string_view text, std::size_t at) : text_(text), lexer_(text, at) { advance(); }

  NodePtr whole() {
    NodePtr node = expression();
    if (!failed() && token_.type != Token::Type::end) unexpected();
    return failed() ? nullptr : std::move(node);
  }

  NodePtr prefix() {
    NodePtr node = expression();
    return failed() ? nullptr : std::move(node);
  }

  std::size_t last_end() const { return last_end_; }
  Error error() const { return error_at(text_, error_offset_, *error_); }

 private:
  // Counts nesting while it lives.
  class Level {
   public:
    explicit Level(Parser& p) : p_(p) {
      if (++p_.nesting_ > kMaxNesting) p_.refuse(p_.token_.begin, "nested too deeply");
    }
    ~Level() { --p_.nesting_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& p_;
  };

  bool failed() const { return error_.has_value(); }

  // The first error counts.  After it the token is `end`, so that everything unwinds.
  void refuse(std::size_t offset, std::string_view message) {
    if (failed()) return;
    error_ = std::string(message);
    error_offset_ = offset;
    token_ = Token();
  }

  void advance() {
    last_end_ = token_.end;
    token_ = failed() ? Token() : lexer_.next();
    if (token_.type == Token::Type::error) refuse(token_.begin, token_.text);
  }

  void unexpected() {
    if (token_.type == Token::Type::end)
      return refuse(text_.size(), "the expression ends too early");
    const std::string_view word = text_.substr(token_.begin, token_.end - token_.begin);
    std::string message = "unexpected " + quote(word, 40);
    if (token_.is("=")) message += ", equality is written ==";
    if (word == "and") message += ", 'and' is written &&";
    if (word == "or") message += ", 'or' is written ||";
    if (word == "not" || text_.substr(0, last_end_).ends_with("not")) {
      message += ", 'not' is written !";
    }
    if (word == "is") message += ", 'is null' is written == null";
    if (word == "like") message += ", 'like' is written s.matches(re)";
    refuse(token_.begin, message);
  }

  bool accept(std::string_view mark) {
    if (!token_.is(mark)) return false;
    advance();
    return true;
  }

  void expect(std::string_view mark) {
    if (accept(mark) || failed()) return;
    const std::string found =
        token_.type == Token::Type::end
            ? std::string("the end")
            : quote(text_.substr(token_.begin, token_.end - token_.begin), 40);
    refuse(token_.begin, fmt::format("expected '{}', found {}", mark, found));
  }

  NodePtr make(Node::Type type, std::size_t offset, std::string_view text = {}) const {
    auto node = std::make_unique<Node>();
    node->type = type;
    node->offset = static_cast<std::uint32_t>(offset);
    node->text = text;
    return node;
  }

  void adopt(Node& parent, NodePtr child) {
    if (child == nullptr) child = make(Node::Type::literal, 0);  // only after an error
    parent.depth =
        std::max<std::uint16_t>(parent.depth, static_cast<std::uint16_t>(child->depth + 1));
    if (parent.depth > kMaxDepth) refuse(parent.offset, "nested too deeply");
    parent.children.push_back(std::move(child));
  }

  NodePtr expression() {
    const Level level(*this);
    NodePtr condition = binary(1);
    if (!token_.is("?")) return condition;
    NodePtr node = make(Node::Type::conditional, token_.begin);
    advance();
    adopt(*node, std::move(condition));
    adopt(*node, binary(1));
    expect(":");
    adopt(*node, expression());
    return node;
  }

  // A chain of operators that bind at least as tightly as `level`, left to right.
  NodePtr binary(int level) {
    NodePtr left = unary();
    for (int found = precedence(token_); found >= level && !failed(); found = precedence(token_)) {
      left = found <= 2 ? logical(std::move(left), found) : operation(std::move(left), found);
    }
    return left;
  }

  NodePtr operation(NodePtr left, int level) {
    NodePtr node = make(Node::Type::binary, token_.begin, token_.text);
    advance();
    adopt(*node, std::move(left));
    adopt(*node, binary(level + 1));
    return node;
  }

  // a && b && c is one node: the operator is associative even in its errors, and long chains stay
  // flat.
  NodePtr logical(NodePtr first, int level) {
    const bool all = level == 2;
    const std::string_view mark = all ? "&&" : "||";
    NodePtr node = make(all ? Node::Type::all_of : Node::Type::any_of, token_.begin);
    adopt(*node, std::move(first));
    while (accept(mark)) adopt(*node, binary(level + 1));
    return node;
  }

  NodePtr unary() {
    if (!token_.is("!") && !token_.is("-")) return postfix(primary());
    const Level level(*this);
    const Token sign = token_;
    advance();
    if (sign.is("-") && token_.type == Token::Type::literal && (token_.is_int || token_.is_real)) {
      return postfix(negative_literal(sign.begin));
    }
    NodePtr node = make(Node::Type::unary, sign.begin, sign.text);
    adopt(*node, unary());
    return node;
  }

  NodePtr negative_literal(std::size_t offset) {
    constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
    NodePtr node = make(Node::Type::literal, offset);
    if (token_.is_real) {
      node->literal = -std::get<double>(token_.literal);
    } else if (token_.magnitude > kLimit) {
      refuse(offset, "the number does not fit 64 bits");
    } else {
      node->literal = static_cast<std::int64_t>(0 - token_.magnitude);
    }
    advance();
    return node;
  }

  NodePtr primary() {
    switch (token_.type) {
      case Token::Type::literal:
        return literal();
      case Token::Type::name:
        return name(false);
      case Token::Type::mark:
        return bracketed();
      case Token::Type::quoted_name:
        refuse(token_.begin, "a name in `backticks` stands behind a dot: this.`odd-key`");
        return nullptr;
      default:
        unexpected();
        return nullptr;
    }
  }

  NodePtr bracketed() {
    const std::size_t begin = token_.begin;
    if (accept("(")) {
      NodePtr inner = expression();
      expect(")");
      if (inner != nullptr && inner->type == Node::Type::select) inner->grouped = true;
      return inner;
    }
    if (accept("[")) return list(begin);
    if (accept("{")) return map(begin);
    if (accept(".")) {
      if (token_.type == Token::Type::name) return name(true);
    }
    unexpected();
    return nullptr;
  }

  NodePtr literal() {
    NodePtr node = make(Node::Type::literal, token_.begin);
    if (token_.is_int && token_.magnitude >= std::uint64_t{1} << 63) {
      refuse(token_.begin, "the number does not fit 64 bits; with a 'u' behind it, it would");
    }
    node->literal = token_.is_int ? Literal(static_cast<std::int64_t>(token_.magnitude))
                                  : std::move(token_.literal);
    advance();
    return node;
  }

  // A name, a call, or one of the words that are literals.
  NodePtr name(bool absolute) {
    const Token word = token_;
    if (!absolute && (word.text == "true" || word.text == "false" || word.text == "null")) {
      NodePtr node = make(Node::Type::literal, word.begin);
      if (word.text != "null") node->literal = word.text == "true";
      advance();
      return node;
    }
    if (is_one_of(kNever, word.text)) {
      unexpected();
      return nullptr;
    }
    if (is_one_of(kReserved, word.text)) {
      refuse(word.begin, fmt::format("'{0}' is a reserved word: the field is this.{0}", word.text));
      return nullptr;
    }
    advance();
    const std::string text = (absolute ? "." : "") + std::string(word.text);
    if (!token_.is("(")) return make(Node::Type::name, word.begin, text);
    NodePtr node = make(Node::Type::call, word.begin, text);
    arguments(*node);
    return node;
  }

  NodePtr list(std::size_t begin) {
    NodePtr node = make(Node::Type::list, begin);
    while (!token_.is("]") && !failed()) {
      optional_item(*node, node->children.size());
      adopt(*node, expression());
      if (!accept(",")) break;
    }
    expect("]");
    return node;
  }

  NodePtr map(std::size_t begin) {
    NodePtr node = make(Node::Type::map, begin);
    while (!token_.is("}") && !failed()) {
      optional_item(*node, node->children.size() / 2);
      adopt(*node, expression());
      expect(":");
      adopt(*node, expression());
      if (!accept(",")) break;
    }
    expect("}");
    return node;
  }

  void optional_item(Node& node, std::size_t i) {
    const bool marked = accept("?");
    if (!marked && node.optional_items.empty()) return;
    node.optional_items.resize(i);
    node.optional_items.push_back(marked);
  }

  void arguments(Node& node) {
    expect("(");
    while (!token_.is(")") && !failed()) {
      adopt(node, expression());
      if (!token_.is(",")) break;
      advance();
      if (token_.is(")")) unexpected();
    }
    expect(")");
  }

  NodePtr postfix(NodePtr operand) {
    while (!failed()) {
      if (token_.is(".")) {
        operand = member(std::move(operand));
      } else if (token_.is("[")) {
        operand = element(std::move(operand));
      } else if (token_.is("{") && is_name_chain(*operand)) {
        refuse(token_.begin, "messages are not part of this language; a map is {\"key\": value}");
      } else {
        break;
      }
    }
    return operand;
  }

  static bool is_name_chain(const Node& n) {
    const Node* at = &n;
    while (at->type == Node::Type::select && !at->optional) at = at->children[0].get();
    return at->type == Node::Type::name;
  }

  NodePtr member(NodePtr operand) {
    advance();
    const bool optional = accept("?");
    const Token word = token_;
    if (word.type != Token::Type::name && word.type != Token::Type::quoted_name) {
      unexpected();
      return nullptr;
    }
    if (word.type == Token::Type::name && is_one_of(kNever, word.text)) {
      refuse(word.begin, fmt::format("'{0}' cannot be a field here: write [\"{0}\"]", word.text));
      return nullptr;
    }
    advance();
    const bool call = !optional && word.type == Token::Type::name && token_.is("(");
    NodePtr node = make(call ? Node::Type::method : Node::Type::select, word.begin, word.text);
    node->optional = optional;
    adopt(*node, std::move(operand));
    if (call) arguments(*node);
    return node;
  }

  NodePtr element(NodePtr operand) {
    NodePtr node = make(Node::Type::index, token_.begin);
    advance();
    node->optional = accept("?");
    adopt(*node, std::move(operand));
    adopt(*node, expression());
    expect("]");
    return node;
  }

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  std::size_t last_end_ = 0;
  int nesting_ = 0;
  std::optional<std::string> error_;
  std::size_t error_offset_ = 0;
};

Result<NodePtr> finish(Parser& parser, NodePtr node) {
  if (node == nullptr) return parser.error();
  return node;
}

}  // namespace

Result<NodePtr> parse(std::string_view text) {
  if (text.size() > kMaxText) return Error{"the expression is longer than 1 MiB"};
  Parser parser(text, 0);
  return finish(parser, parser.whole());
}

Result<NodePtr> parse_prefix(std::string_view text, std::size_t& at) {
  if (text.size() > kMaxText) return Error{"the text is longer than 1 MiB"};
  Parser parser(text, at);
  NodePtr node = parser.prefix();
  at = parser.last_end();
  return finish(parser, std::move(node));
}

Position position_of(std::string_view text, std::size_t offset) {
  Position p;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++p.line;
      p.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++p.column;
    }
  }
  return p;
}

Error error_at(std::string_view text, std::size_t offset, std::string_view what) {
  const Position p = position_of(text, offset);
  const std::size_t before = text.substr(0, offset).rfind('\n');
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  std::string line(text.substr(begin, text.find('\n', begin) - begin));
  std::size_t caret = p.column - 1;
  constexpr std::size_t kWidth = 100;
  if (line.size() > kWidth) {  // a window around the place, cut at code points
    std::size_t from = offset - begin > kWidth / 2 ? offset - begin - kWidth / 2 : 0;
    while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xc0) == 0x80) --from;
    std::size_t to = std::min(line.size(), from + kWidth);
    while (to < line.size() && (static_cast<unsigned char>(line[to]) & 0xc0) == 0x80) ++to;
    caret -= position_of(line, from).column - 1;
    line = line.substr(from, to - from);
  }
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return Error{
      fmt::format("{}:{}: {}\n  {}\n  {}^", p.line, p.column, what, line, std::string(caret, ' '))};
}

}  // namespace streamutils::expr
