// What a case cannot reach: outcomes, interrupts, promises about time, and damaged snapshots.
// SPDX-License-Identifier: Apache-2.0
#include "ops/window.h"

#include <catch2/catch.hpp>

#include "window_harness.h"

namespace streamutils::testing {
namespace {

using Rows = std::vector<std::string>;

constexpr Duration kInstant = Duration(1);

TEST_CASE("an event is late for the windows that have closed, and the deadline saves it for all") {
  //            0         5         10        15
  //            |---------|---------|                  closed at 10
  //                      |---------|---------|        open
  //   t = 7                   x
  WindowHarness windows("sliding 10s 5s count");
  windows.watermark(10);
  Outcome outcome = windows.feed(7);
  CHECK(outcome.fate == Fate::used);
  CHECK(outcome.late_partly);
  CHECK(outcome.deadline == at_seconds(10));
  outcome = windows.feed(4);
  CHECK(outcome.fate == Fate::late);
  CHECK_FALSE(outcome.late_partly);
  CHECK(outcome.deadline == at_seconds(5));
  outcome = windows.feed(10);
  CHECK(outcome.fate == Fate::used);
  CHECK(outcome.deadline == kMaxTime);
}

TEST_CASE("a session takes what is within its gap, and a late event when its own would be open") {
  struct Row {
    std::int64_t time;
    Fate fate;
    Duration deadline;  // since the epoch
  };
  // gap 5, an open session at 20, the watermark at 20:
  //       13   14   15        20        25   26
  //       late late `-- joins the session --´ its own
  const Row rows[] = {{14, Fate::late, std::chrono::seconds(19) + kInstant},
                      {15, Fate::used, {}},
                      {25, Fate::used, {}},
                      {26, Fate::used, {}}};
  for (const Row& row : rows) {
    CAPTURE(row.time);
    WindowHarness windows("session 5s count");
    windows.feed(20);
    windows.watermark(20);
    const Outcome outcome = windows.feed(row.time);
    CHECK(outcome.fate == row.fate);
    if (row.fate == Fate::late) CHECK(outcome.deadline == Timestamp(row.deadline));
    CHECK(windows.restart());
    windows.end();
    const std::size_t sessions = row.time == 26 ? 2 : 1;
    CHECK(windows.take_rows().size() == sessions);
  }
}

TEST_CASE("an event below the watermark whose own session is still open forms one") {
  WindowHarness windows("session 5s count by k");
  windows.watermark(20);
  CHECK(windows.feed(15, R"({"k":1})").fate == Fate::used);
  CHECK(windows.feed(14, R"({"k":2})").fate == Fate::late);
  windows.watermark_at(at_seconds(20) + kInstant);
  CHECK(windows.take_rows() == Rows{R"({"window_start":15,"window_end":20,"k":1,"count":1})"});
}

TEST_CASE("with a cap, a late event never joins two sessions nor exceeds the cap") {
  // gap 5, cap 8: 0 4 8 | 12, cut by the cap; then 10 comes late
  WindowHarness windows("session 5s max 8s count");
  for (const std::int64_t t : {0, 4, 8, 12}) windows.feed(t);
  windows.watermark(13);
  CHECK(windows.feed(10).fate == Fate::used);
  CHECK(windows.restart());
  windows.end();
  CHECK(windows.take_rows() == Rows{R"({"window_start":0,"window_end":13,"count":3})",
                                    R"({"window_start":10,"window_end":17,"count":2})"});
}

TEST_CASE("no row comes below the promised time, whatever comes late") {
  WindowHarness sessions("session 5s count");
  CHECK(sessions.op().least_time_to_come(at_seconds(20)) == at_seconds(20) - kInstant);
  CHECK(sessions.op().least_time_to_come(kMinTime) == kMinTime);
  CHECK(sessions.op().least_time_to_come(kMaxTime) == kMaxTime);
  WindowHarness tumbling("tumbling 5s count");
  CHECK(tumbling.op().least_time_to_come(at_seconds(20)) == at_seconds(20));
}

TEST_CASE("an interrupt writes what is open, in order, marked as partial") {
  struct Row {
    std::string arguments;
    Rows rows;
  };
  const Row rows[] = {
      {"tumbling 10s count",
       {R"({"window_start":0,"window_end":10,"count":2,"partial":true})",
        R"({"window_start":10,"window_end":20,"count":1,"partial":true})"}},
      {"sliding 10s 5s count",
       {R"({"window_start":-5,"window_end":5,"count":2,"partial":true})",
        R"({"window_start":0,"window_end":10,"count":2,"partial":true})",
        R"({"window_start":5,"window_end":15,"count":1,"partial":true})",
        R"({"window_start":10,"window_end":20,"count":1,"partial":true})"}},
      {"session 5s count",
       {R"({"window_start":1,"window_end":8,"count":2,"partial":true})",
        R"({"window_start":12,"window_end":17,"count":1,"partial":true})"}},
      {"session 5s max 1s count",
       {R"({"window_start":1,"window_end":6,"count":1,"partial":true})",
        R"({"window_start":3,"window_end":8,"count":1,"partial":true})",
        R"({"window_start":12,"window_end":17,"count":1,"partial":true})"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.arguments);
    WindowHarness windows(row.arguments);
    for (const std::int64_t t : {12, 1, 3}) windows.feed(t);
    windows.interrupt();
    CHECK(windows.take_rows() == row.rows);
  }
}

TEST_CASE("a partial row of a window stage is dropped and counted, wherever its members stand") {
  WindowHarness windows("tumbling 10s count");
  windows.feed(1, R"({"window_start":0,"window_end":2,"n":1})");
  CHECK(windows.feed(1, R"({"partial": true,"window_end":2})").fate == Fate::dropped);
  CHECK(windows.feed(1, R"({"window_start":0,"window_end":2,"partial":false})").fate == Fate::used);
  CHECK(windows.restart());
  CHECK(windows.feed(1, R"({"partial":true,"window_end":2})").fate == Fate::dropped);
  windows.end();
  CHECK(windows.take_rows() == Rows{R"({"window_start":0,"window_end":10,"count":2})"});
  CHECK(windows.out.counts.at("partial row of a window stage") == 2);
}

TEST_CASE("a partial event that is no row counts") {
  WindowHarness windows("tumbling 10s count");
  CHECK(windows.feed(1, R"({"partial":true})").fate == Fate::used);
  CHECK(windows.feed(1, R"({"partial":true,"window_end":5})").fate == Fate::used);
  CHECK(windows.feed(1, R"({"window_start":0,"window_end":5,"partial":true})").fate ==
        Fate::dropped);
}

TEST_CASE("a damaged record changes nothing") {
  for (const std::string arguments :
       {"tumbling 10s sum v by k", "sliding 10s 5s sum v by k", "session 5s sum v by k"}) {
    WindowHarness windows(arguments);
    windows.feed(1, R"({"k":1,"v":1})");
    const std::string before = windows.saved();
    CHECK(windows.feed(2, R"({"k":1,"v":})").fate == Fate::bad);
    CHECK(windows.feed(2, R"({"k":tru,"v":1})").fate == Fate::bad);
    CHECK(windows.saved() == before);
  }
}

TEST_CASE("windows at the ends of time open and close") {
  for (const std::string arguments :
       {"tumbling 1h count", "sliding 2h 1h count", "session 1h count", "session 1h max 2h count",
        "tumbling 100000d count"}) {
    CAPTURE(arguments);
    WindowHarness windows(arguments);
    CHECK(windows.feed_at(kMinTime + kInstant, "{}").fate == Fate::used);
    CHECK(windows.feed_at(kMaxTime - kInstant, "{}").fate == Fate::used);
    CHECK(windows.restart());
    windows.end();
    CHECK(windows.take_rows().size() >= 2);
  }
}

TEST_CASE("a snapshot that ends early or names nothing known is refused, or is the same") {
  for (const std::string arguments :
       {"tumbling 10s sum v first v by k", "sliding 10s 3s max v by k", "session 5s avg v by k",
        "session 5s max 9s last v by k"}) {
    CAPTURE(arguments);
    WindowHarness windows(arguments);
    for (int i = 0; i < 20; ++i) {
      const std::string n = std::to_string(i % 3);
      windows.feed(i, R"({"v":)" + n + R"(,"k":")" + n + "\"}");
      if (i > 12) windows.watermark(i - 3);
    }
    const std::string snapshot = windows.saved();
    WindowHarness other(arguments);
    REQUIRE(other.restore(snapshot).ok());
    REQUIRE(other.saved() == snapshot);
    for (std::size_t i = 0; i < snapshot.size(); ++i) {
      std::string damaged = snapshot;
      damaged[i] = static_cast<char>(damaged[i] ^ 1);
      // The file's checksum finds the rest; here nothing may crash.
      if (other.restore(damaged).ok()) other.end();
      if (snapshot[i] == '\n') continue;
      const bool same = other.restore(snapshot.substr(0, i)).ok() && other.saved() == snapshot;
      CHECK_FALSE(same);
    }
  }
}

}  // namespace
}  // namespace streamutils::testing
