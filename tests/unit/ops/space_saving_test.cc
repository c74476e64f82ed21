// SpaceSaving: its guarantee, under any tree of merges, with restarts in between.
// SPDX-License-Identifier: Apache-2.0
#include "ops/space_saving.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace streamutils {
namespace {

using Counts = std::map<std::string, std::uint64_t>;

std::uint64_t total(const Counts& counts) {
  std::uint64_t n = 0;
  for (const auto& [text, count] : counts) n += count;
  return n;
}

void check_guarantee(const SpaceSaving& summary, const Counts& truth, std::size_t counters) {
  CHECK(summary.unseen() <= total(truth) / counters);
  Counts uncounted = truth;
  for (const SpaceSaving::Counter* counter : summary.top(counters)) {
    const auto known = truth.find(counter->text);
    REQUIRE(known != truth.end());
    CHECK(counter->least <= known->second);
    CHECK(known->second <= counter->count);
    CHECK(counter->count - counter->least <= summary.unseen());
    uncounted.erase(counter->text);
  }
  for (const auto& [text, count] : uncounted) CHECK(count <= summary.unseen());
}

SpaceSaving restarted(const SpaceSaving& summary, std::size_t counters) {
  std::string saved;
  summary.save(saved);
  SpaceSaving other(counters);
  REQUIRE(other.restore(saved));
  std::string again;
  other.save(again);
  REQUIRE(again == saved);
  return other;
}

TEST_CASE("counts and their errors hold what they promise, however a stream is parted") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const std::size_t counters = 1 + random() % 20;
    const double skew = 0.3 + 0.1 * static_cast<double>(random() % 20);
    struct Part {
      SpaceSaving summary;
      Counts truth;
    };
    std::vector<Part> parts(1 + random() % 6, Part{SpaceSaving(counters), {}});
    for (int step = 0; step < 600; ++step) {
      Part& part = parts[random() % parts.size()];
      const double uniform = static_cast<double>(random() % 10'000 + 1) / 10'000;
      const auto value = static_cast<int>(std::pow(uniform, -1 / skew)) % 200;
      part.summary.add(std::to_string(value), Timestamp(std::chrono::seconds(step)));
      ++part.truth[std::to_string(value)];
      if (random() % 100 == 0) {
        Part& other = parts[random() % parts.size()];
        if (&other == &part) continue;
        part.summary.merge(other.summary);
        for (const auto& [text, count] : other.truth) part.truth[text] += count;
        other = {SpaceSaving(counters), {}};
      }
      if (random() % 50 == 0) part.summary = restarted(part.summary, counters);
    }
    for (const Part& part : parts) {
      if (!part.truth.empty()) check_guarantee(part.summary, part.truth, counters);
    }
  }
}

TEST_CASE("with a counter for each value counts are exact, and merge to the exact ones") {
  SpaceSaving a(3);
  SpaceSaving b(3);
  for (const char* text : {"x", "y", "x"}) a.add(text, Timestamp());
  for (const char* text : {"z", "x"}) b.add(text, Timestamp());
  a.merge(b);
  const auto top = a.top(5);
  REQUIRE(top.size() == 3);
  CHECK(top[0]->text == "x");
  CHECK(top[0]->count == 3);
  CHECK(top[0]->least == 3);
  CHECK(top[1]->text == "y");
  CHECK(top[2]->text == "z");
  CHECK(a.unseen() == 1);
}

TEST_CASE("what no summary has saved is refused") {
  for (const char* text : {"", "1", "x 0 ", "0 0 ", "1 0 1 2 0 0 1 a", "1 0 1 1 0 1 1 a",
                           "2 0 1 1 0 0 1 a1 1 0 1 1 a", "1 5 1 1 0 0 1 a", "1 0 1 1 0 0 9 a"}) {
    CAPTURE(text);
    CHECK_FALSE(SpaceSaving(2).restore(text));
  }
}

}  // namespace
}  // namespace streamutils
