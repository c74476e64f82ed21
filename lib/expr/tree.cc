// SPDX-License-Identifier: Apache-2.0
#include "expr/tree.h"

#include <fmt/format.h>

#include <charconv>

namespace streamutils::expr {
namespace {

// The shortest digits that read back, and always a double to the parser: "7.0", "1e+300".
std::string spell_real(double d) {
  char buffer[40];
  std::string text(buffer, std::to_chars(buffer, buffer + sizeof buffer, d).ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

struct LiteralSpeller {
  std::string operator()(std::monostate) const { return "null"; }
  std::string operator()(bool b) const { return b ? "true" : "false"; }
  std::string operator()(std::int64_t i) const { return fmt::format("{}", i); }
  std::string operator()(std::uint64_t u) const { return fmt::format("{}u", u); }
  std::string operator()(double d) const { return spell_real(d); }
  std::string operator()(const std::string& s) const { return quote_literal(s, false); }
  std::string operator()(const Bytes& b) const { return quote_literal(b.text, true); }
};

class Printer {
 public:
  void print(const Node& n) {
    switch (n.type) {
      case Node::Type::literal:
        out_ += std::visit(LiteralSpeller(), n.literal);
        break;
      case Node::Type::name:
        out_ += n.text;
        break;
      case Node::Type::select:
        operand(*n.children[0]);
        out_ += n.optional ? ".?" : ".";
        field(n.text);
        break;
      case Node::Type::index:
        operand(*n.children[0]);
        out_ += n.optional ? "[?" : "[";
        print(*n.children[1]);
        out_ += ']';
        break;
      case Node::Type::call:
        out_ += n.text;
        arguments(n, 0);
        break;
      case Node::Type::method:
        operand(*n.children[0]);
        (out_ += '.') += n.text;
        arguments(n, 1);
        break;
      case Node::Type::unary:
        (out_ += n.text) += '(';
        print(*n.children[0]);
        out_ += ')';
        break;
      case Node::Type::binary:
        joined(n, n.text);
        break;
      case Node::Type::all_of:
        joined(n, "&&");
        break;
      case Node::Type::any_of:
        joined(n, "||");
        break;
      case Node::Type::conditional:
        conditional(n);
        break;
      case Node::Type::list:
        list(n);
        break;
      case Node::Type::map:
        map(n);
        break;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  // A negative literal would bind its sign to what follows, "1.x" would read as a number.
  void operand(const Node& n) {
    const bool wrap = n.grouped || n.type == Node::Type::literal || n.type == Node::Type::unary;
    if (wrap) out_ += '(';
    print(n);
    if (wrap) out_ += ')';
  }

  void field(const std::string& name) {
    if (is_identifier(name)) {
      out_ += name;
    } else {
      ((out_ += '`') += name) += '`';
    }
  }

  void arguments(const Node& n, std::size_t first) {
    out_ += '(';
    for (std::size_t i = first; i < n.children.size(); ++i) {
      if (i > first) out_ += ", ";
      print(*n.children[i]);
    }
    out_ += ')';
  }

  void joined(const Node& n, std::string_view op) {
    out_ += '(';
    for (std::size_t i = 0; i < n.children.size(); ++i) {
      if (i > 0) ((out_ += ' ') += op) += ' ';
      print(*n.children[i]);
    }
    out_ += ')';
  }

  void conditional(const Node& n) {
    out_ += '(';
    print(*n.children[0]);
    out_ += " ? ";
    print(*n.children[1]);
    out_ += " : ";
    print(*n.children[2]);
    out_ += ')';
  }

  static bool is_optional(const Node& n, std::size_t i) {
    return !n.optional_items.empty() && n.optional_items[i];
  }

  void list(const Node& n) {
    out_ += '[';
    for (std::size_t i = 0; i < n.children.size(); ++i) {
      if (i > 0) out_ += ", ";
      if (is_optional(n, i)) out_ += '?';
      print(*n.children[i]);
    }
    out_ += ']';
  }

  void map(const Node& n) {
    out_ += '{';
    for (std::size_t i = 0; i < n.children.size(); i += 2) {
      if (i > 0) out_ += ", ";
      if (is_optional(n, i / 2)) out_ += '?';
      print(*n.children[i]);
      out_ += ": ";
      print(*n.children[i + 1]);
    }
    out_ += '}';
  }

  std::string out_;
};

}  // namespace

std::string to_string(const Node& node) {
  Printer printer;
  printer.print(node);
  return printer.take();
}

bool is_identifier(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || !is_letter(text[0])) return false;
  for (const char c : text) {
    if (!is_letter(c) && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

std::string quote_literal(std::string_view text, bool bytes) {
  std::string out = bytes ? "b\"" : "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (byte < 0x20 || byte == 0x7f || (bytes && byte >= 0x80)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out += '"';
}

}  // namespace streamutils::expr
