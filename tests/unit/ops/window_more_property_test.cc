// The windows of window_more_reference.h against their definitions, and the rows beside those at
// the close: revisions, early results, filled windows.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "../rounds.h"
#include "window_more_reference.h"
#include "window_random.h"

namespace streamutils::testing {
namespace {

constexpr unsigned kRuns = rounds(1000);

std::string rows(std::int64_t n) { return " " + std::to_string(n) + "rows"; }

TEST_CASE("cumulating windows are what their definition says, late events included") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::int64_t size = 1 + random.below(20);
    const std::int64_t step = 1 + random.below(size);
    const std::int64_t spread = random.below(12);
    const std::int64_t disorder = random.below(2) == 0 ? spread : random.below(6);
    std::vector<TestEvent> events = random.events(spread);
    const std::string arguments = "cumulate" + seconds(size) + seconds(step);
    CAPTURE(seed, arguments, disorder);
    const auto written = run(arguments, 0, events, disorder, random);
    REQUIRE(written == reference_cumulating(events, size, step));
  }
}

TEST_CASE("windows of rows are what their definition says, late events left out") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::int64_t size = 1 + random.below(9);
    const bool tumbling = random.below(3) == 0;
    const std::int64_t slide = tumbling ? size : 1 + random.below(9);
    const std::int64_t spread = random.below(12);
    const std::int64_t disorder = random.below(2) == 0 ? spread : random.below(6);
    std::vector<TestEvent> events = random.events(spread);
    const std::string arguments =
        tumbling ? "tumbling" + rows(size) : "sliding" + rows(size) + rows(slide);
    CAPTURE(seed, arguments, disorder);
    std::int64_t watermark = 0;
    const auto written = run(arguments, WindowOptions(), events, disorder, random, &watermark);
    REQUIRE(written == reference_rows(events, static_cast<std::size_t>(size),
                                      static_cast<std::size_t>(slide), watermark));
    for (const TestEvent& event : events) {
      const bool late = event.time < event.watermark;
      REQUIRE(event.outcome.fate == (late ? Fate::late : Fate::used));
    }
  }
}

TEST_CASE("rolling windows are what their definition says") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::int64_t size = 1 + random.below(15);
    const bool by_rows = random.below(2) == 0;
    const std::int64_t disorder = random.below(12);
    std::vector<TestEvent> events = random.events(disorder);
    const std::string arguments = "rolling" + (by_rows ? rows(size) : seconds(size));
    CAPTURE(seed, arguments, disorder);
    const auto written = run(arguments, 0, events, disorder, random);
    REQUIRE(written == reference_rolling(events, by_rows ? 1'000'000 : size,
                                         by_rows ? static_cast<std::size_t>(size) : 1'000'000));
  }
}

// The last row of each window and key, in order, without the marks.
std::vector<std::string> last_words(const std::vector<std::string>& rows) {
  std::map<std::string, std::string> last;
  for (const std::string& row : rows) {
    std::string whole = row;
    const std::size_t mark = whole.find(",\"revision\"");
    if (mark != std::string::npos) whole = whole.substr(0, mark) + "}";
    last[whole.substr(0, whole.find(",\"count\""))] = whole;
  }
  std::vector<std::string> words;
  for (auto& [window, row] : last) words.push_back(std::move(row));
  std::ranges::sort(words);
  return words;
}

TEST_CASE("with --grace the last row of a window is what would be if it had closed so much later") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::int64_t size = 1 + random.below(20);
    const std::int64_t slide = random.below(3) == 0 ? size : 1 + random.below(12);
    const std::int64_t grace = random.below(15);
    const std::int64_t spread = random.below(20);
    const std::int64_t disorder = random.below(6);
    std::vector<TestEvent> events = random.events(spread);
    const std::string arguments = "sliding" + seconds(size) + seconds(slide);
    CAPTURE(seed, arguments, disorder, grace);
    WindowOptions options;
    options.grace = std::chrono::seconds(grace);
    const auto written = run(arguments, options, events, disorder, random);
    for (TestEvent& event : events) event.watermark -= grace;
    auto expected = reference_fixed(events, size, slide, 0);
    std::ranges::sort(expected);
    REQUIRE(last_words(written) == expected);
    for (const TestEvent& event : events) {
      const Outcome outcome = reference_outcome(event, size, slide, 0);
      REQUIRE(event.outcome.fate == outcome.fate);
      REQUIRE(event.outcome.late_partly == outcome.late_partly);
    }
  }
}

TEST_CASE("--fill adds the windows in which a key has no events, and nothing else") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const std::int64_t size = 1 + random.below(20);
    const std::int64_t slide = random.below(3) == 0 ? size : 1 + random.below(12);
    const std::int64_t origin = random.below(30) - 15;
    const std::int64_t disorder = random.below(12);
    std::vector<TestEvent> events = random.events(disorder);
    const std::string arguments = "sliding" + seconds(size) + seconds(slide);
    CAPTURE(seed, arguments, disorder, origin);
    WindowOptions options;
    options.offset = std::chrono::seconds(origin);
    options.fill = true;
    std::int64_t watermark = 0;
    auto written = run(arguments, options, events, disorder, random, &watermark);
    auto expected = reference_fixed(events, size, slide, origin);
    const auto filled = reference_fill(events, size, slide, origin, watermark);
    expected.insert(expected.end(), filled.begin(), filled.end());
    std::ranges::sort(expected);
    std::ranges::sort(written);
    REQUIRE(written == expected);
  }
}

TEST_CASE("early results are marked, and change nothing else") {
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Stream random(seed);
    const bool session = random.below(2) == 0;
    const std::int64_t size = 1 + random.below(20);
    const std::int64_t disorder = random.below(12);
    std::vector<TestEvent> events = random.events(disorder);
    const std::string arguments = (session ? "session" : "tumbling") + seconds(size);
    CAPTURE(seed, arguments, disorder);
    WindowOptions options;
    options.every = std::chrono::seconds(1 + random.below(9));
    auto written = run(arguments, options, events, disorder, random);
    std::erase_if(written,
                  [](const std::string& row) { return row.ends_with(",\"partial\":true}"); });
    REQUIRE(written == (session ? reference_sessions(events, size, std::nullopt)
                                : reference_fixed(events, size, size, 0)));
  }
}

}  // namespace
}  // namespace streamutils::testing
