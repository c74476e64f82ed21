// SPDX-License-Identifier: Apache-2.0
#include "run/man_part.h"

#include <catch2/catch.hpp>

#include "run/exit_status.h"

using namespace streamutils;

TEST_CASE("Options become tagged paragraphs of man(7)") {
  const std::vector<OptionEntry> options = {
      {{"-t", "--time"},
       "FIELD",
       "Event time",
       "The member. Without it: 'ts'",
       {},
       "",
       false,
       false},
      {{"--stats"},
       "[=json]",
       "Reports",
       ".hidden files are ~/x^2 with a \\",
       {},
       "",
       false,
       false},
      {{"-z"}, "", "Event time", "Last of its group", {}, "", false, false},
  };
  CHECK(man_options(options) == R"(.SS Event time
.TP
\fB\-t\fR, \fB\-\-time\fR \fIFIELD\fR
The member.
Without it: \(aqts\(aq.
.TP
\fB\-z\fR
Last of its group.
.SS Reports
.TP
\fB\-\-stats\fR[=json]
\&.hidden files are \(ti/x\(ha2 with a \e.
)");
}

TEST_CASE("Every exit status has its paragraph") {
  const std::string text = man_exit_statuses();
  for (const ExitStatusRow& row : exit_statuses()) {
    CAPTURE(row.status);
    CHECK(text.find(".TP\n\\fB" + std::string(row.status) + "\\fR\n") != std::string::npos);
  }
}

TEST_CASE("A part of a page is replaced between its comments, whatever stood there") {
  const std::string page = "a\n.\\\" OPTIONS BEGIN\nold\n.\\\" OPTIONS END\nb\n";
  CHECK(has_man_part(page, "OPTIONS"));
  CHECK_FALSE(has_man_part(page, "EXIT STATUS"));
  const auto replaced = replace_man_part(page, "OPTIONS", "new\n");
  REQUIRE(replaced.ok());
  CHECK(*replaced == "a\n.\\\" OPTIONS BEGIN\nnew\n.\\\" OPTIONS END\nb\n");
  const auto again = replace_man_part(*replaced, "OPTIONS", "new\n");
  REQUIRE(again.ok());
  CHECK(*again == *replaced);
}

TEST_CASE("A page without both comments is refused") {
  for (const char* page :
       {"", "a\n", ".\\\" OPTIONS BEGIN\n", ".\\\" OPTIONS END\n.\\\" OPTIONS BEGIN\n"}) {
    CAPTURE(page);
    const auto replaced = replace_man_part(page, "OPTIONS", "new\n");
    REQUIRE_FALSE(replaced.ok());
    CHECK(replaced.error().message ==
          "there is no pair of lines '.\\\" OPTIONS BEGIN' and '.\\\" OPTIONS END'");
  }
}
