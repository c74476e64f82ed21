// --max-keys: which events it refuses, by the definition of what a key is counted in, whatever the
// windows keep in memory, on disk or in a restart.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>

#include "../rounds.h"
#include "small_disk.h"
#include "window_more_reference.h"
#include "window_random.h"

namespace streamutils::testing {
namespace {

constexpr unsigned kRuns = rounds(1000);

WindowOptions limited(std::size_t most, Stream& random) {
  WindowOptions options;
  options.max_keys = most;
  if (random.below(2) == 0) {
    options.memory = static_cast<std::size_t>(random.below(4000));
    options.make_scratch = [] { return std::make_unique<SmallDisk>(); };
  }
  return options;
}

// The events that are not refused, where each key is counted in one of many places.
// place(event): where, or nullopt if it reaches none.
template <typename Place>
std::vector<TestEvent> within(std::size_t most, const std::vector<TestEvent>& events,
                              const Place& place) {
  std::map<std::int64_t, std::set<int>> keys;
  std::vector<TestEvent> admitted;
  for (const TestEvent& event : events) {
    const std::optional<std::int64_t> at = place(event);
    const bool is_known = at && keys[*at].contains(event.key);
    const bool is_refused = at && !is_known && keys[*at].size() >= most;
    CAPTURE(event.time, event.watermark, event.key);
    REQUIRE(event.outcome.lost == is_refused);
    if (at && !is_refused) keys[*at].insert(event.key);
    if (!is_refused) admitted.push_back(event);
  }
  return admitted;
}

TEST_CASE("keys are counted in each slice of fixed windows") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::int64_t size = 1 + random.below(20);
    const std::int64_t slide = random.below(3) == 0 ? size : 1 + random.below(12);
    const std::int64_t spread = random.below(12);
    const std::int64_t disorder = random.below(6);
    const auto most = static_cast<std::size_t>(1 + random.below(4));
    std::vector<TestEvent> events = random.events(spread);
    const std::string arguments = "sliding" + seconds(size) + seconds(slide);
    CAPTURE(seed, arguments, disorder, most);
    const auto written = run(arguments, limited(most, random), events, disorder, random);
    const auto slice = [&](const TestEvent& event) -> std::optional<std::int64_t> {
      const Fate fate = reference_outcome(event, size, slide, 0).fate;
      if (fate != Fate::used) return std::nullopt;
      const std::int64_t start = floor_divide(event.time, slide) * slide;
      const std::int64_t cut = start + size % slide;  // where an earlier window ends
      return slide < size && event.time >= cut ? cut : start;
    };
    REQUIRE(written == reference_fixed(within(most, events, slice), size, slide, 0));
  }
}

TEST_CASE("keys are counted in each step of cumulating windows") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::int64_t size = 1 + random.below(20);
    const std::int64_t step = 1 + random.below(size);
    const std::int64_t disorder = random.below(6);
    const auto most = static_cast<std::size_t>(1 + random.below(4));
    std::vector<TestEvent> events = random.events(random.below(12));
    const std::string arguments = "cumulate" + seconds(size) + seconds(step);
    CAPTURE(seed, arguments, disorder, most);
    const auto written = run(arguments, limited(most, random), events, disorder, random);
    // The end of the step: its own, or the one that is open.
    const auto step_end = [&](const TestEvent& event) -> std::optional<std::int64_t> {
      const std::int64_t start = floor_divide(event.time, size) * size;
      if (start + size <= event.watermark) return std::nullopt;
      const std::int64_t t = std::max(event.time, event.watermark);
      return std::min(start + size, start + floor_divide(t - start, step) * step + step);
    };
    REQUIRE(written == reference_cumulating(within(most, events, step_end), size, step));
  }
}

// The keys that are held at a time: until then and then, each.
template <typename HeldUntil>
std::vector<TestEvent> within_held(std::size_t most, const std::vector<TestEvent>& events,
                                   const HeldUntil& held_until) {
  std::map<int, std::int64_t> until;
  std::vector<TestEvent> admitted;
  for (const TestEvent& event : events) {
    std::erase_if(until, [&](const auto& key) { return key.second < event.watermark; });
    const bool is_refused = until.size() >= most && !until.contains(event.key);
    CAPTURE(event.time, event.watermark, event.key);
    REQUIRE(event.outcome.lost == is_refused);
    if (is_refused) continue;
    std::int64_t& end = until.try_emplace(event.key, event.watermark).first->second;
    end = std::max(end, held_until(event));
    admitted.push_back(event);
  }
  return admitted;
}

TEST_CASE("keys with sessions are counted until their last one has closed") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::int64_t gap = 1 + random.below(20);
    const bool capped = random.below(3) == 0;
    const std::int64_t cap = 1 + random.below(20);
    const std::int64_t disorder = random.below(12);
    const auto most = static_cast<std::size_t>(1 + random.below(4));
    std::vector<TestEvent> events = random.events(disorder);
    const std::string arguments = "session" + seconds(gap) + (capped ? " max" + seconds(cap) : "");
    CAPTURE(seed, arguments, disorder, most);
    const auto written = run(arguments, limited(most, random), events, disorder, random);
    const auto admitted =
        within_held(most, events, [&](const TestEvent& event) { return event.time + gap; });
    REQUIRE(written ==
            reference_sessions(admitted, gap, capped ? std::optional(cap) : std::nullopt));
  }
}

TEST_CASE("keys with a past are counted until all of it is out") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::int64_t size = 1 + random.below(20);
    const std::int64_t disorder = random.below(12);
    const auto most = static_cast<std::size_t>(1 + random.below(4));
    std::vector<TestEvent> events = random.events(disorder);
    const std::string arguments = "rolling" + seconds(size);
    CAPTURE(seed, arguments, disorder, most);
    const auto written = run(arguments, limited(most, random), events, disorder, random);
    const auto admitted =
        within_held(most, events, [&](const TestEvent& event) { return event.time + size - 1; });
    REQUIRE(written == reference_rolling(admitted, size, 1'000'000));
  }
}

}  // namespace
}  // namespace streamutils::testing
