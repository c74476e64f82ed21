// Every kind of window against its definition, on random events that come in random order, with
// watermarks at random places and restarts at random moments.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <random>

#include "base/decimal.h"
#include "window_harness.h"
#include "window_reference.h"

namespace streamutils::testing {

std::string shortest(double d) {
  std::string text;
  append_double(text, d);
  return text;
}

namespace {

constexpr std::string_view kAggregates = " count sum v avg v min v max v first v last v by k";

class Stream {
 public:
  explicit Stream(unsigned seed) : random_(seed) {}

  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }

  // Mostly dense, with a hole now and then; out of order by up to `disorder` seconds.
  std::vector<TestEvent> events(std::int64_t disorder) {
    std::vector<TestEvent> events;
    std::int64_t now = below(200) - 100;
    const std::int64_t hole = 1 + below(60);
    for (std::int64_t n = below(below(3) == 0 ? 300 : 50); n > 0; --n) {
      now += below(8) == 0 ? below(hole) : below(3);
      const int key = static_cast<int>(below(4)) - 1;
      events.push_back({now - below(disorder + 1), key, below(200) - 100});
    }
    return events;
  }

  // The same events in another order within the disorder: each may move up by what is left of it.
  std::vector<TestEvent> shuffle(std::vector<TestEvent> events, std::int64_t disorder) {
    std::ranges::stable_sort(events, {}, &TestEvent::time);
    std::vector<std::pair<std::int64_t, TestEvent>> keyed;
    for (const TestEvent& event : events) {
      keyed.emplace_back(event.time + below(disorder + 1), event);
    }
    std::ranges::stable_sort(keyed, {}, [](const auto& pair) { return pair.first; });
    for (std::size_t i = 0; i < events.size(); ++i) events[i] = keyed[i].second;
    return events;
  }

 private:
  std::mt19937 random_;
};

// Feeds the events, with the watermark max(time) - disorder now and then; notes with each event
// which watermark it met.
std::vector<std::string> run(const std::string& arguments, std::int64_t offset,
                             std::vector<TestEvent>& events, std::int64_t disorder,
                             Stream& random) {
  WindowHarness windows(arguments + std::string(kAggregates), std::chrono::seconds(offset));
  const std::int64_t rarely = 1 + random.below(4);
  std::int64_t watermark = -1'000'000;
  std::int64_t greatest = watermark;
  for (TestEvent& event : events) {
    event.watermark = watermark;
    event.outcome = windows.feed(event.time, to_json(event));
    greatest = std::max(greatest, event.time);
    if (random.below(rarely) == 0 && greatest - disorder > watermark) {
      watermark = greatest - disorder;
      windows.watermark(watermark);
    }
    if (random.below(10) == 0) REQUIRE(windows.restart());
  }
  windows.end();
  CHECK(windows.restart());
  return windows.take_rows();
}

std::string seconds(std::int64_t n) { return " " + std::to_string(n) + "s"; }

constexpr unsigned kRuns = 1000;

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
