// SPDX-License-Identifier: Apache-2.0
#include "stream/watermark.h"

#include <catch2/catch.hpp>

#include "stream/snapshot.h"

using namespace streamutils;
using namespace std::chrono_literals;

namespace {

// Seconds of a day on which nothing is near the ends of time.
Timestamp at(double seconds) {
  return from_nanos(1795341600000000000) +
         std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

InputClock live_clock(WatermarkOptions options = {}) { return InputClock(options, true); }

}  // namespace

TEST_CASE("a derived watermark is the greatest time minus the disorder") {
  InputClock clock({.disorder = 5s}, false);
  CHECK(clock.watermark() == kMinTime);
  for (const auto& [time, watermark] :
       {std::pair{10.0, 5.0}, {12.0, 7.0}, {3.0, 7.0}, {12.5, 7.5}}) {
    clock.on_time(at(time), kMinTime);
    CHECK(clock.watermark() == at(watermark));
  }
  clock.end();
  CHECK(clock.watermark() == kMaxTime);
}

TEST_CASE("watermark lines take the place of the derived one") {
  InputClock clock({.disorder = 5s}, false);
  clock.trust_lines();
  clock.on_time(at(100), kMinTime);
  CHECK(clock.watermark() == kMinTime);
  clock.on_watermark(at(20));
  clock.on_watermark(at(10));
  CHECK(clock.watermark() == at(20));
  CHECK_FALSE(clock.idle_after());
}

TEST_CASE("the idle rule") {
  const struct {
    const char* why;
    double event;    // time of an event
    double arrival;  // when it came
    double quiet;    // since then
    double watermark;
  } rows[] = {
      {"nothing happens before the idle time", 10, 10, 0.999, 9},
      {"nor at it", 10, 10, 1, 9},
      {"then event time goes on at the pace of the clock", 10, 10, 3, 11},
      {"never past now - disorder - delay", 10, 10.5, 3, 11},
      {"a slow writer has a large delay", 10, 30, 5, 13},
      {"with a delay of a minute it is a replay", 10, 70, 50, 9},
      {"and just under a minute it is not", 10.001, 70, 5, 13.001},
      {"an event from the future does not make the clock run ahead", 12, 10, 3, 12},
  };
  for (const auto& row : rows) {
    CAPTURE(row.why);
    InputClock clock = live_clock();
    clock.on_time(at(row.event), at(row.arrival));
    clock.on_quiet(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(row.quiet)),
                   at(row.arrival + row.quiet));
    CHECK(clock.watermark() - at(row.watermark) < 10us);
    CHECK(at(row.watermark) - clock.watermark() < 10us);
    CHECK(clock.data_watermark() == at(row.event) - 1s);
  }
}

TEST_CASE("the idle rule holds on live inputs only, unless it was given by hand") {
  const struct {
    bool live;
    bool given;
    bool off;
    bool applies;
  } rows[] = {{true, false, false, true},
              {false, false, false, false},
              {false, true, false, true},
              {true, false, true, false}};
  for (const auto& row : rows) {
    WatermarkOptions options;
    options.idle_given = row.given;
    if (row.off) options.idle = std::nullopt;
    InputClock clock(options, row.live);
    clock.on_time(at(10), at(10));
    CHECK(clock.idle_after().has_value() == row.applies);
    clock.on_quiet(10s, at(20));
    CHECK((clock.watermark() > at(9)) == row.applies);
  }
}

TEST_CASE("delays are forgotten after ten minutes") {
  InputClock clock = live_clock();
  clock.on_time(at(0), at(120));
  clock.on_time(at(121), at(121));
  clock.on_quiet(5s, at(126));
  CHECK(clock.watermark() == at(120));
  clock.on_time(at(1000), at(1000));
  clock.on_quiet(5s, at(1005));
  CHECK(clock.watermark() == at(1003));
}

TEST_CASE("an input that never had an event stops holding the watermark") {
  InputClock clock = live_clock();
  CHECK_FALSE(clock.has_given_up());
  clock.on_quiet(999ms, at(1));
  CHECK_FALSE(clock.has_given_up());
  clock.on_quiet(1s, at(1));
  CHECK(clock.has_given_up());
  CHECK(clock.watermark() == kMaxTime);
  clock.on_time(at(2), at(2));
  CHECK(clock.watermark() == at(1));
}

TEST_CASE("an absurd time does not move a live watermark") {
  InputClock live = live_clock();
  CHECK_FALSE(live.on_time(at(300), at(0)));
  CHECK(live.on_time(at(300.001), at(0)));
  CHECK(live.watermark() == at(299));
  InputClock file({}, false);
  CHECK_FALSE(file.on_time(at(1e6), kMinTime));
}

TEST_CASE("a clock at the ends of time does not overflow") {
  InputClock clock({.disorder = 24h * 365}, true);
  CHECK_FALSE(clock.on_time(kMinTime + Duration(1), kMaxTime));
  CHECK(clock.watermark() == kMinTime);
  clock.on_quiet(Duration::max(), kMaxTime);
  clock.on_time(kMaxTime - Duration(1), kMaxTime);
  CHECK(clock.watermark() <= kMaxTime);
}

TEST_CASE("a restored clock says the same") {
  InputClock clock = live_clock();
  clock.on_time(at(10), at(12));
  clock.on_quiet(6s, at(18));
  SnapshotWriter out;
  clock.save(out);
  SnapshotReader in(out.take());
  InputClock restored = live_clock();
  restored.restore(in);
  REQUIRE(in.status().ok());
  CHECK(restored.watermark() == clock.watermark());
  CHECK(restored.data_watermark() == clock.data_watermark());
  CHECK(restored.max_time() == clock.max_time());
  for (InputClock* one : {&clock, &restored}) one->on_quiet(20s, at(32));
  CHECK(restored.watermark() == clock.watermark());
}

TEST_CASE("an input that was given up before its begin line came holds back again") {
  InputClock clock({}, true);
  clock.on_quiet(std::chrono::seconds(2), from_nanos(5'000'000'000));
  REQUIRE(clock.has_given_up());
  clock.trust_lines();
  CHECK(clock.watermark() == kMinTime);
  clock.on_watermark(from_nanos(7));
  CHECK(clock.watermark() == from_nanos(7));
}
