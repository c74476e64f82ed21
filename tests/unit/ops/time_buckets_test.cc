// SessionTimers against a plain sorted list: what is taken, and when.
// SPDX-License-Identifier: Apache-2.0
#include "ops/session_timers.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "../rounds.h"

namespace streamutils {
namespace {

using Timers = SessionTimers<int>;

TEST_CASE("timers are taken in the order of their times, those before now") {
  std::mt19937 random(11);
  std::vector<int> sessions(64);
  for (unsigned round = 0; round < rounds(2000); ++round) {
    // Delays from one nanosecond, where each time has a bucket of its own, to many buckets.
    const std::int64_t delay = std::int64_t{1} << random() % 20;
    Timers timers{Duration(delay)};
    std::vector<std::int64_t> set;
    std::int64_t now = static_cast<std::int64_t>(random() % 1000) - 500;
    for (int step = 0; step < 40; ++step) {
      for (std::size_t n = random() % 4; n > 0; --n) {
        // Some are set for a time that has passed.
        const std::int64_t t = now - 20 + static_cast<std::int64_t>(random()) % (2 * delay + 40);
        timers.set(from_nanos(t), &sessions[random() % sessions.size()]);
        set.push_back(t);
      }
      now += static_cast<std::int64_t>(random() % (delay + 1));
      const bool is_last = step == 39;
      const Timestamp limit = is_last ? kMaxTime : from_nanos(now);
      std::ranges::sort(set);
      std::size_t taken = 0;
      while (timers.is_due(limit)) {
        CAPTURE(round, step, delay);
        REQUIRE(taken < set.size());
        REQUIRE(timers.take().time == from_nanos(set[taken]));
        ++taken;
      }
      set.erase(set.begin(), set.begin() + static_cast<std::ptrdiff_t>(taken));
      REQUIRE((set.empty() || (!is_last && set.front() >= now)));
    }
  }
}

TEST_CASE("a timer at the greatest time is due only when that has come") {
  int session = 0;
  Timers timers{Duration(1000)};
  timers.set(kMaxTime, &session);
  timers.set(kMinTime, &session);
  REQUIRE(timers.is_due(from_nanos(0)));
  REQUIRE(timers.take().time == kMinTime);
  REQUIRE_FALSE(timers.is_due(from_nanos(1)));
  REQUIRE(timers.is_due(kMaxTime));
  REQUIRE(timers.take().time == kMaxTime);
  REQUIRE_FALSE(timers.is_due(kMaxTime));
}

TEST_CASE("what comes some steps later is known within a bucket") {
  std::vector<int> sessions(20);
  Timers timers{Duration(1'000'000)};
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    timers.set(from_nanos(static_cast<std::int64_t>(i)), &sessions[i]);
  }
  REQUIRE(timers.is_due(kMaxTime));
  REQUIRE(timers.ahead(8) == &sessions[8]);
  timers.take();
  REQUIRE(timers.ahead(8) == &sessions[9]);
  REQUIRE(timers.ahead(19) == nullptr);
}

}  // namespace
}  // namespace streamutils
