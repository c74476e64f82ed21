// SPDX-License-Identifier: Apache-2.0
#include "json/pointer.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "json/path.h"

namespace streamutils {
namespace {

TEST_CASE("the pointer to a name leads to that name") {
  for (const std::string name : {"a", "a.b", "a/b", "~", "~1", "/~0/", "this", " "}) {
    CAPTURE(name);
    const std::string pointer = pointer_to(name);
    CHECK(name_of_step(pointer.substr(1)) == name);
    const Path path = Path::parse(pointer).value();
    CHECK(path.steps() == std::vector<std::string>{name});
  }
  CHECK(pointer_to("a~/b") == "/a~0~1b");
}

}  // namespace
}  // namespace streamutils
