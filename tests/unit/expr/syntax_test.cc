// The text of an expression and its tree: precedence, literals, what is refused and how.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "expr/parser.h"
#include "expr/tree.h"
#include "support.h"

namespace streamutils::expr {
namespace {

std::string printed(std::string_view text) {
  const auto tree = parse(text);
  return tree ? to_string(**tree) : "refused: " + tree.error().message;
}

struct Row {
  const char* text;
  const char* tree;
};

TEST_CASE("an expression parses to the tree its precedence tells", "[expr]") {
  const Row rows[] = {
      {"a", "a"},
      {"a.b.c", "a.b.c"},
      {".a.b", ".a.b"},
      {"(a.b).c", "(a.b).c"},
      {"((a).b)[0]", "(a.b)[0]"},
      {"a+b*c", "(a + (b * c))"},
      {"a*b+c", "((a * b) + c)"},
      {"a-b-c", "((a - b) - c)"},
      {"a%b/c*d", "(((a % b) / c) * d)"},
      {"a<b==c", "((a < b) == c)"},
      {"a in b == c", "((a in b) == c)"},
      {"a+b<c*d", "((a + b) < (c * d))"},
      {"a&&b||c&&d", "((a && b) || (c && d))"},
      {"a||b&&c||d", "(a || (b && c) || d)"},
      {"a&&b&&c", "(a && b && c)"},
      {"a&&(b&&c)", "(a && (b && c))"},
      {"a?b:c?d:e", "(a ? b : (c ? d : e))"},
      {"a?b?c:d:e", "refused: 1:4: expected ':', found \"?\"\n  a?b?c:d:e\n     ^"},
      {"a?(b?c:d):e", "(a ? (b ? c : d) : e)"},
      {"a||b?c:d", "((a || b) ? c : d)"},
      {"!a.b", "!(a.b)"},
      {"!!a", "!(!(a))"},
      {"-a", "-(a)"},
      {"- -1", "-(-1)"},
      {"-(1)", "-(1)"},
      {"-1", "-1"},
      {"a - 1", "(a - 1)"},
      {"a -1", "(a - 1)"},
      {"a--1", "(a - -1)"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"0x1F", "31"},
      {"-0xA", "-10"},
      {"0XffU", "255u"},
      {"18446744073709551615u", "18446744073709551615u"},
      {"1.5e3", "1500.0"},
      {".5", "0.5"},
      {"1e300", "1e+300"},
      {"1e-7", "1e-07"},
      {"-2.50", "-2.5"},
      {"[]", "[]"},
      {"[1,2,]", "[1, 2]"},
      {"[?a,b]", "[?a, b]"},
      {"{}", "{}"},
      {"{'a':1,2:b,}", "{\"a\": 1, 2: b}"},
      {"{?'a':b}", "{?\"a\": b}"},
      {"a[0]", "a[0]"},
      {"a[?0].?b.c", "a[?0].?b.c"},
      {"a.`odd-key`", "a.`odd-key`"},
      {"a.`plain`", "a.plain"},
      {"f()", "f()"},
      {".f(a)", ".f(a)"},
      {"a.f(b, c)", "a.f(b, c)"},
      {"[1].f().g[0](2)", "refused: 1:13: unexpected \"(\"\n  [1].f().g[0](2)\n              ^"},
      {"'s'.f()", "(\"s\").f()"},
      {"1.f()", "(1).f()"},
      {"true ? null : false", "(true ? null : false)"},
      {"trueish", "trueish"},
      {"this.package", "this.package"},
      {"a.in_", "a.in_"},
      {"a // b\n + c", "(a + c)"},
      {"a // to the end", "a"},
      {"has(a.b)", "has(a.b)"},
      {"a.map(x, x)", "a.map(x, x)"},
      {"r.b + b.r", "(r.b + b.r)"},
      {"br + rb", "(br + rb)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(printed(row.text) == row.tree);
  }
}

TEST_CASE("a string literal means the characters it spells", "[expr]") {
  const Row rows[] = {
      {"'a\"b'", "\"a\\\"b\""},
      {"\"a'b\"", "\"a'b\""},
      {"'''a'b\n''c'''", "\"a'b\\x0a''c\""},
      {"\"\"\"a\"b\"\"\"", "\"a\\\"b\""},
      {"r'a\\nb'", "\"a\\\\nb\""},
      {"R\"\\\"", "\"\\\\\""},
      {"'\\a\\b\\f\\n\\r\\t\\v'", "\"\\x07\\x08\\x0c\\x0a\\x0d\\x09\\x0b\""},
      {"'\\\\\\?\\\"\\'\\`'", "\"\\\\?\\\"'`\""},
      {"'\\x41\\X42\\103'", "\"ABC\""},
      {"'\\377'", "\"\xc3\xbf\""},
      {"'\\xff'", "\"\xc3\xbf\""},
      {"b'\\377\\xff'", "b\"\\xff\\xff\""},
      {"b'\xc3\xbf'", "b\"\\xc3\\xbf\""},
      {"'\\u00fc\\U0001F600'", "\"\xc3\xbc\xf0\x9f\x98\x80\""},
      {"'\\ud83d\\ude00'", "\"\xf0\x9f\x98\x80\""},
      {"br'\\x'", "b\"\\\\x\""},
      {"rb'\\x'", "b\"\\\\x\""},
      {"Br\"\"\"a\nb\"\"\"", "b\"a\\x0ab\""},
      {"''", "\"\""},
      {"''''''", "\"\""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(printed(row.text) == row.tree);
  }
  CHECK(printed(std::string_view("'a\0b'", 5)) == "\"a\\x00b\"");
}

TEST_CASE("what is no expression is refused", "[expr]") {
  for (const char* text : {"",
                           " ",
                           "// only a comment",
                           "1 +",
                           "* 1",
                           "(1",
                           "1)",
                           "[1",
                           "[,]",
                           "{1}",
                           "{a:}",
                           "{a:1",
                           "a.",
                           "a.1",
                           "a..b",
                           "a[]",
                           "f(,)",
                           "f(1,)",
                           "f(1",
                           "a ? b",
                           "a ? : c",
                           "a b",
                           "1 2",
                           "a = b",
                           "a; b",
                           "a & b",
                           "a | b",
                           "~a",
                           "a ** b",
                           "a =~ b",
                           "#",
                           "@a",
                           "$a",
                           "'a",
                           "'a\nb'",
                           "\"a\rb\"",
                           "'''a",
                           "'\\'",
                           "'\\q'",
                           "'\\x4'",
                           "'\\u12'",
                           "'\\400'",
                           "'\\09'",
                           "'\\ud800'",
                           "'\\udc00\\ud800'",
                           "'\\U00110000'",
                           "b'\\u0041'",
                           "b'\\U00000041'",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551616u",
                           "0x",
                           "1e",
                           "12abc",
                           "0x1g",
                           "1e400",
                           "as",
                           "break",
                           "const",
                           "continue",
                           "else",
                           "for",
                           "function",
                           "if",
                           "import",
                           "let",
                           "loop",
                           "package",
                           "namespace",
                           "return",
                           "var",
                           "void",
                           "while",
                           "in",
                           "a.true",
                           "a.null",
                           "a.in",
                           "true()",
                           "a.b{c: 1}",
                           "A{}",
                           "`a`",
                           "a.``",
                           "a.`b",
                           "a!",
                           "!",
                           "-",
                           "?",
                           "a.?b(c)",
                           "has(a.b",
                           "1 in",
                           "a in in b"}) {
    CAPTURE(text);
    CHECK_FALSE(parse(text).ok());
  }
  CHECK_FALSE(parse(std::string_view("'\xff'")).ok());
  CHECK_FALSE(parse(std::string_view("a\0b", 3)).ok());
}

TEST_CASE("a mistake is shown with line, column and a caret", "[expr]") {
  const Row rows[] = {
      {"amount > 100)", "1:13: unexpected \")\"\n  amount > 100)\n              ^"},
      {"a &&\n  b = 1", "2:5: unexpected \"=\", equality is written ==\n    b = 1\n      ^"},
      {"\xc3\xa9 + 1", "1:1: no such character in this language\n  \xc3\xa9 + 1\n  ^"},
      {"'\xc3\xa9' + )", "1:7: unexpected \")\"\n  '\xc3\xa9' + )\n        ^"},
      {"a and b", "1:3: unexpected \"and\", 'and' is written &&\n  a and b\n    ^"},
      {"package", "1:1: 'package' is a reserved word: the field is this.package\n  package\n  ^"},
      {"1 +", "1:4: the expression ends too early\n  1 +\n     ^"},
      {"[1, 2", "1:6: expected ']', found the end\n  [1, 2\n       ^"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(test::refusal_of(row.text) == row.tree);
  }
}

TEST_CASE("a mistake far into a long line is shown in a window", "[expr]") {
  const std::string text = "a == '" + std::string(500, 'x') + "' && )";
  const std::string message = test::refusal_of(text);
  CHECK(message.starts_with("1:512: unexpected \")\"\n  "));
  CHECK(message.size() < 250);
  const std::size_t caret_line = message.rfind('\n') + 1;
  const std::size_t shown_line = message.rfind('\n', caret_line - 2) + 1;
  CHECK(message[shown_line + (message.size() - 1 - caret_line)] == ')');
}

std::string repeated(const std::string& part, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += part;
  return out;
}

TEST_CASE("what every CEL must take, and far more, is taken", "[expr]") {
  CHECK(test::result_of(repeated("false || ", 500) + "true") == "bool true");
  CHECK(test::result_of(repeated("true && ", 500) + "true") == "bool true");
  CHECK(test::result_of(repeated("1 + ", 500) + "1") == "int 501");
  CHECK(test::result_of(repeated("false ? 1 : ", 200) + "2") == "int 2");
  CHECK(test::result_of(repeated("(", 200) + "7" + repeated(")", 200)) == "int 7");
  CHECK(test::result_of(repeated("[", 200) + repeated("]", 200)).starts_with("list"));
  CHECK(test::result_of(repeated("[", 40) + "7" + repeated("]", 40) + repeated("[0]", 40)) ==
        "int 7");
  CHECK(test::result_of(repeated("!", 200) + "true") == "bool true");
  CHECK(test::result_of(std::string("a") + repeated(".a", 40), "{\"a\":1}") == "error no_overload");
}

TEST_CASE("what nests too deeply is refused, not followed to the end of the stack", "[expr]") {
  for (const std::string& text :
       {repeated("(", 100000), repeated("[", 100000), repeated("{1:", 100000),
        repeated("!", 100000), repeated("- ", 100000) + "a", repeated("a ? ", 100000),
        repeated("a ? b : ", 100000), repeated("f(", 100000), repeated("a[", 100000),
        repeated("1+", 100000) + "1", std::string("a") + repeated(".a", 100000),
        std::string("a") + repeated("[0]", 100000)}) {
    CAPTURE(text.substr(0, 20));
    CHECK_FALSE(parse(text).ok());
  }
  CHECK_FALSE(parse(std::string(2 << 20, ' ')).ok());
}

}  // namespace
}  // namespace streamutils::expr
