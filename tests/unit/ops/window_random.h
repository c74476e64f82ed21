// Random streams for windows, and how they are run: events in random order, watermarks at random
// places, restarts at random moments.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "window_harness.h"
#include "window_reference.h"

namespace streamutils::testing {

inline constexpr std::string_view kAggregates =
    " count sum v avg v min v max v first v last v by k";

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
inline std::vector<std::string> run(const std::string& arguments, const WindowOptions& options,
                                    std::vector<TestEvent>& events, std::int64_t disorder,
                                    Stream& random, std::int64_t* last_watermark = nullptr) {
  WindowHarness windows(arguments + std::string(kAggregates), options);
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
  if (last_watermark) *last_watermark = watermark;
  windows.end();
  CHECK(windows.restart());
  return windows.take_rows();
}

inline std::vector<std::string> run(const std::string& arguments, std::int64_t offset,
                                    std::vector<TestEvent>& events, std::int64_t disorder,
                                    Stream& random) {
  WindowOptions options;
  options.offset = std::chrono::seconds(offset);
  return run(arguments, options, events, disorder, random);
}

inline std::string seconds(std::int64_t n) { return " " + std::to_string(n) + "s"; }

}  // namespace streamutils::testing
