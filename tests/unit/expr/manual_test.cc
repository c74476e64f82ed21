// streamutils-expr(7) has every function and macro, as its row says.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "expr/functions.h"

namespace streamutils::expr::test {
namespace {

// Text as roff spells it.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
  }
  return out;
}

// The part of the manual that a row makes.
std::string entry(std::string_view signature, std::string_view help, std::string_view example,
                  std::string_view result) {
  std::string out = ".TP\n.B ";
  (out += escaped(signature)) += '\n';
  (out += escaped(help)) += "\n.br\n.I ";
  (out += escaped(example)) += "\n\\(-> ";
  (out += escaped(result)) += '\n';
  return out;
}

TEST_CASE("the manual page has the row of every function", "[expr]") {
  std::ifstream file(STREAMUTILS_SOURCE "/man/streamutils-expr.7", std::ios::binary);
  REQUIRE(file.good());
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::string expected;
  for (const Library& library : libraries()) {
    ((expected += ".SS ") += library.title) += '\n';
    for (const Macro& m : library.macros)
      expected += entry(m.signature, m.help, m.example, m.result);
    for (const Function& f : library.functions) {
      expected += entry(f.signature, f.help, f.example, f.result);
    }
  }
  // The expected text, if it is not there: to be put in its place.
  CAPTURE(expected);
  CHECK(page.find(expected) != std::string::npos);
}

}  // namespace
}  // namespace streamutils::expr::test
