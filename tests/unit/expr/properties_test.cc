// What holds for all expressions: a printed tree parses back to itself, && and || commute, folding
// changes nothing, errors never depend on the order of evaluation.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "expr/parser.h"
#include "expr/tree.h"
#include "support.h"

namespace streamutils::expr::test {
namespace {

using absl::StrCat;

// Random texts of the grammar. Not all mean something; all parse.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string expression(int depth) {
    if (depth == 0) return leaf();
    const auto sub = [&] { return expression(depth - 1); };
    switch (below(17)) {
      case 0:
        return StrCat("(", sub(), " ? ", sub(), " : ", sub(), ")");
      case 1:
        return StrCat(sub(), " && ", sub(), " && ", sub());
      case 2:
        return StrCat("(", sub(), " || ", sub(), ")");
      case 3:
        return StrCat("(", sub(), pick({" == ", " != ", " < ", " <= ", " > ", " >= ", " in "}),
                      sub(), ")");
      case 4:
      case 5:
        return StrCat("(", sub(), pick({" + ", " - ", " * ", " / ", " % "}), sub(), ")");
      case 6:
        return StrCat(pick({"!", "-", "- -"}), "(", sub(), ")");
      case 7:
        return StrCat("(", sub(), ")", pick({".a", ".?b", ".`odd-key`"}));
      case 8:
        return StrCat("(", sub(), ")", pick({"[", "[?"}), sub(), "]");
      case 9:
        return StrCat("[", sub(), ", ", pick({"", "?"}), sub(), "]");
      case 10:
        return StrCat("{", sub(), ": ", sub(), pick({"", ", ?'k': optional.none()"}), "}");
      case 11:
        return StrCat("(", sub(), ")", pick({".map(x, ", ".filter(x, ", ".all(x, ", ".exists(y, "}),
                      sub(), ")");
      case 12:
        return StrCat(pick({"size(", "string(", "type(", "int("}), sub(), ")");
      case 13:
        return StrCat("(", sub(), ")", pick({".contains(", ".matches(", ".split("}), sub(), ")");
      case 14:
        return StrCat("cel.bind(x, ", sub(), ", ", sub(), ")");
      case 15:
        return StrCat("has(", pick({"a", "this.a", "a.b", "({'a': 1}).a"}), ")");
      default:
        return leaf();
    }
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  std::string pick(std::initializer_list<const char*> words) {
    return *(words.begin() + below(words.size()));
  }

  std::string leaf() {
    return pick({"a",
                 "b",
                 "c",
                 "x",
                 "y",
                 "this",
                 "type",
                 "a.b",
                 "o.n.x",
                 "1",
                 "-1",
                 "0",
                 "2u",
                 "1.5",
                 "-2.5",
                 "1e300",
                 "true",
                 "false",
                 "null",
                 "'s'",
                 "\"t\\n\"",
                 "b'\\xff'",
                 "[]",
                 "{}",
                 "[1, 2, 3]",
                 "{'a': 1}",
                 "1/0",
                 "timestamp(0)",
                 "duration('1s')",
                 "optional.of(1)",
                 "9223372036854775807",
                 "-9223372036854775808",
                 "18446744073709551615u"});
  }

  std::mt19937 random_;
};

const char* const kEvents[] = {
    "{}",
    "{\"a\":1,\"b\":2.5,\"c\":\"s\",\"x\":[1,2,{\"a\":3}],\"type\":\"view\",\"o\":{\"n\":{\"x\":1}}"
    "}",
    "{\"a\":true,\"b\":false,\"c\":null,\"x\":true,\"y\":{\"a\":[]},\"a.b\":7}",
};

TEST_CASE("a printed tree parses back to the same tree", "[expr]") {
  Generator generator(1);
  for (int i = 0; i < 5000; ++i) {
    const std::string text = generator.expression(i % 5);
    CAPTURE(text);
    const auto tree = parse(text);
    REQUIRE(tree.ok());
    const std::string printed = to_string(**tree);
    CAPTURE(printed);
    const auto again = parse(printed);
    REQUIRE(again.ok());
    REQUIRE(to_string(**again) == printed);
  }
}

TEST_CASE("a printed tree means what the text meant", "[expr]") {
  Generator generator(2);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = generator.expression(i % 4);
    const auto tree = parse(text);
    REQUIRE(tree.ok());
    for (const char* event : kEvents) {
      CAPTURE(text, event);
      REQUIRE(result_of(to_string(**tree), event) == result_of(text, event));
    }
  }
}

// Errors may differ in what they are, not in that they are.
std::string outcome(const std::string& text, const char* event) {
  const std::string result = result_of(text, event);
  return result == "refused" || result.starts_with("error") ? "fails" : result;
}

TEST_CASE("&& and || commute, also in their errors", "[expr]") {
  Generator generator(3);
  for (int i = 0; i < 3000; ++i) {
    const std::string a = generator.expression(i % 3);
    const std::string b = generator.expression(i % 3);
    for (const char* event : kEvents) {
      CAPTURE(a, b, event);
      REQUIRE(outcome(StrCat("(", a, ") && (", b, ")"), event) ==
              outcome(StrCat("(", b, ") && (", a, ")"), event));
      REQUIRE(outcome(StrCat("(", a, ") || (", b, ")"), event) ==
              outcome(StrCat("(", b, ") || (", a, ")"), event));
    }
  }
}

TEST_CASE("a constant computed at compile time is the value computed per event", "[expr]") {
  Generator generator(4);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = generator.expression(i % 4);
    for (const char* event : kEvents) {
      CAPTURE(text, event);
      // Behind a variable of a macro nothing can be folded.
      const std::string late = StrCat("[true].map(once, once ? (", text, ") : null)[0]");
      REQUIRE(outcome(late, event) == outcome(text, event));
    }
  }
}

}  // namespace
}  // namespace streamutils::expr::test
