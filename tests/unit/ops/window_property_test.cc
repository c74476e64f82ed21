// Every kind of window against its definition, on random events that come in random order, with
// watermarks at random places and restarts at random moments.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "../rounds.h"
#include "base/decimal.h"
#include "window_random.h"
#include "window_reference.h"

namespace streamutils::testing {

std::string shortest(double d) {
  std::string text;
  append_double(text, d);
  return text;
}

namespace {

constexpr unsigned kRuns = rounds(1000);

TEST_CASE("fixed windows are what their definition says, late events included") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::int64_t size = 1 + random.below(20);
    const bool tumbling = random.below(3) == 0;
    const std::int64_t slide = tumbling ? size : 1 + random.below(12);
    const std::int64_t offset = random.below(30) - 15;
    const std::int64_t spread = random.below(12);
    const std::int64_t disorder = random.below(2) == 0 ? spread : random.below(6);
    std::vector<TestEvent> events = random.events(spread);
    const std::string arguments =
        tumbling ? "tumbling" + seconds(size) : "sliding" + seconds(size) + seconds(slide);
    CAPTURE(seed, arguments, offset, disorder);
    const auto rows = run(arguments, offset, events, disorder, random);
    REQUIRE(rows == reference_fixed(events, size, slide, offset));
    for (const TestEvent& event : events) {
      const Outcome expected = reference_outcome(event, size, slide, offset);
      CAPTURE(event.time, event.watermark);
      REQUIRE(event.outcome.fate == expected.fate);
      REQUIRE(event.outcome.late_partly == expected.late_partly);
      REQUIRE(event.outcome.deadline == expected.deadline);
    }
  }
}

TEST_CASE("sessions are what their definition says") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::int64_t gap = 1 + random.below(8);
    const bool capped = random.below(2) == 0;
    const std::int64_t cap = 1 + random.below(20);
    const std::int64_t disorder = random.below(12);
    std::vector<TestEvent> events = random.events(disorder);
    const std::string arguments = "session" + seconds(gap) + (capped ? " max" + seconds(cap) : "");
    CAPTURE(seed, arguments, disorder);
    const auto rows = run(arguments, 0, events, disorder, random);
    REQUIRE(rows == reference_sessions(events, gap, capped ? std::optional(cap) : std::nullopt));
  }
}

TEST_CASE("a shuffle within the disorder changes nothing but the order of keys") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::string kinds[] = {"tumbling 7s", "sliding 10s 4s", "sliding 4s 10s", "session 3s",
                                 "session 3s max 5s"};
    const std::string& arguments = kinds[random.below(5)];
    const std::int64_t disorder = random.below(12);
    std::vector<TestEvent> events = random.events(disorder);
    // Equal times may change places, so that first and last could differ: none are equal.
    std::map<std::int64_t, TestEvent> unique;
    for (const TestEvent& event : events) unique.try_emplace(event.time, event);
    std::vector<TestEvent> straight;
    for (const auto& [time, event] : unique) straight.push_back(event);
    std::vector<TestEvent> shuffled = random.shuffle(straight, disorder);
    CAPTURE(seed, arguments, disorder);
    auto rows = run(arguments, 0, straight, disorder, random);
    auto shuffled_rows = run(arguments, 0, shuffled, disorder, random);
    std::ranges::sort(rows);
    std::ranges::sort(shuffled_rows);
    REQUIRE(rows == shuffled_rows);
  }
}

}  // namespace
}  // namespace streamutils::testing
