// SPDX-License-Identifier: Apache-2.0
#include "ops/line_end.h"

#include <catch2/catch.hpp>

namespace streamutils {

TEST_CASE("a line ends in a scalar member if that is plain to see") {
  struct Row {
    const char* line;
    bool ends;
  };
  for (const Row& row :
       {Row{R"({"a":5})", true}, Row{R"({"a":-1.5e+3 } )", true}, Row{R"({"a" : "x y"})", true},
        Row{R"({"a":""})", true}, Row{R"({"b":1,"a":true})", true}, Row{R"({"a":null})", true},
        Row{R"({"a":false})", true}, Row{R"({"a":{"b":1},"c":2})", true},
        // Sound, but not plain to see.
        Row{R"({"a":"x\"y"})", false}, Row{R"({"a":"x\\"})", false}, Row{R"({"a":[1]})", false},
        Row{R"({"a":{"b":1}})", false}, Row{R"({})", false},
        // Damaged.
        Row{R"({"a":5,})", false}, Row{R"({"a":})", false}, Row{R"({"a"})", false},
        Row{R"({"a":"x})", false}, Row{R"({"a":[1,2})", false}, Row{R"({"a":"x5})", false},
        Row{R"({"a":untrue})", false}, Row{R"("a"})", false}, Row{R"(}})", false}, Row{"}", false},
        Row{"\"}", false}, Row{"5}", false}, Row{"", false}, Row{R"({"a":5)", false}}) {
    CAPTURE(row.line);
    CHECK(ends_in_scalar_member(row.line) == row.ends);
  }
}

}  // namespace streamutils
