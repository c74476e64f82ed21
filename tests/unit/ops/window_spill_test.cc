// Windows that are larger than memory: the same rows, whatever is spilled, on a disk of any size.
// SPDX-License-Identifier: Apache-2.0
#include "ops/window_spill.h"

#include <catch2/catch.hpp>

#include "../rounds.h"
#include "ops/group.h"
#include "ops/group_args.h"
#include "small_disk.h"
#include "window_random.h"

namespace streamutils::testing {
namespace {

WindowOptions spilling(std::size_t memory, std::size_t disk) {
  WindowOptions options;
  options.memory = memory;
  options.make_scratch = [disk] { return std::make_unique<SmallDisk>(disk); };
  return options;
}

TEST_CASE("spilled windows have the rows that they would have in memory") {
  for (unsigned seed = 0; seed < rounds(300); ++seed) {
    Stream random(seed);
    const std::string arguments = "tumbling" + seconds(1 + random.below(300));
    const std::int64_t disorder = random.below(12);
    std::vector<TestEvent> events = random.events(disorder);
    const auto memory = static_cast<std::size_t>(random.below(3000));
    const auto disk = static_cast<std::size_t>(random.below(2) == 0 ? 1 << 20 : random.below(5000));
    CAPTURE(seed, arguments, disorder, memory, disk);
    Stream twin = random;  // the same watermarks and restarts
    std::vector<TestEvent> same = events;
    const auto expected = run(arguments, 0, same, disorder, twin);
    REQUIRE(run(arguments, spilling(memory, disk), events, disorder, random) == expected);
  }
}

std::string rows(std::int64_t n) { return " " + std::to_string(n) + "rows"; }

// A kind of windows, and the options that go with it.
struct Kind {
  std::string arguments;
  WindowOptions options;
};

Kind random_kind(Stream& random) {
  Kind kind;
  const std::int64_t slide = 1 + random.below(40);
  if (random.below(3) == 0) kind.options.max_keys = 1 + random.below(4);
  switch (random.below(6)) {
    case 5:
      kind.arguments = "rolling" + (random.below(2) == 0 ? seconds(1 + random.below(100))
                                                         : rows(1 + random.below(30)));
      return kind;
    case 4:
      kind.arguments = "sliding" + rows(1 + random.below(30)) + rows(1 + random.below(30));
      return kind;
    case 3:
      kind.arguments = "session" + seconds(1 + random.below(40));
      if (random.below(2) == 0) kind.arguments += " max" + seconds(1 + random.below(60));
      if (random.below(3) == 0) kind.options.every = std::chrono::seconds(1 + random.below(30));
      return kind;
    case 0:
      kind.arguments = "tumbling" + seconds(1 + random.below(300));
      break;
    case 1:
      kind.arguments = "cumulate" + seconds(slide * (1 + random.below(6))) + seconds(slide);
      return kind;
    default:
      kind.arguments = "sliding" + seconds(slide + 1 + random.below(200)) + seconds(slide);
  }
  if (random.below(2) == 0) kind.options.grace = std::chrono::seconds(1 + random.below(60));
  kind.options.fill = random.below(3) == 0;
  if (random.below(2) == 0) kind.options.fill_for = std::chrono::seconds(random.below(200));
  return kind;
}

std::string to_text(const Outcome& outcome) {
  return std::to_string(static_cast<int>(outcome.fate)) + (outcome.late_partly ? "p" : "") +
         std::to_string(to_nanos(outcome.deadline));
}

TEST_CASE("whatever the windows are, --mem changes no row, no order and no fate") {
  for (unsigned seed = 0; seed < rounds(1500); ++seed) {
    Stream random(seed);
    const Kind kind = random_kind(random);
    const std::int64_t disorder = random.below(12);
    std::vector<TestEvent> events = random.events(disorder + 2 * random.below(20));
    const auto memory = static_cast<std::size_t>(random.below(4000));
    const auto disk = static_cast<std::size_t>(random.below(3) > 0 ? 1 << 20 : random.below(5000));
    CAPTURE(seed, kind.arguments, kind.options.grace.count(), disorder, memory, disk);
    Stream twin = random;  // the same watermarks and restarts
    std::vector<TestEvent> same = events;
    const auto expected = run(kind.arguments, kind.options, same, disorder, twin);
    WindowOptions options = kind.options;
    options.memory = memory;
    options.make_scratch = [disk] { return std::make_unique<SmallDisk>(disk); };
    REQUIRE(run(kind.arguments, options, events, disorder, random) == expected);
    for (std::size_t i = 0; i < events.size(); ++i) {
      REQUIRE(to_text(events[i].outcome) == to_text(same[i].outcome));
    }
  }
}

TEST_CASE("many keys are merged from many runs, in the order in which they were first seen") {
  WindowHarness windows("tumbling 1h count last v by k", spilling(1, 1 << 20));
  std::vector<std::string> expected;
  constexpr int kKeys = 1000;
  for (int i = 0; i < 5 * kKeys; ++i) {
    const std::string key = std::to_string(i * 7919 % kKeys);
    windows.feed(i / 10, "{\"k\":" + key + ",\"v\":" + std::to_string(i) + "}");
    if (i >= kKeys) continue;
    expected.push_back(R"({"window_start":0,"window_end":3600,"k":)" + key +
                       R"(,"count":5,"last_v":)" + std::to_string(i + 4 * kKeys) + "}");
  }
  windows.end();
  CHECK(windows.take_rows() == expected);
  CHECK(windows.out.said.empty());
}

TEST_CASE("a table of sgroup leaves whole and in order, whatever of it was on disk") {
  for (const std::size_t memory : {std::size_t{1}, std::size_t{20'000}}) {
    GroupOptions options;
    options.arguments = parse_group_arguments(split_words("k count distinct v"), [](const auto&) {
                          return false;
                        }).value();
    options.memory = memory;
    options.make_scratch = [] { return std::make_unique<SmallDisk>(1 << 20); };
    const OperatorPtr op = std::move(make_group(options).value());
    Recorder out;
    std::vector<std::string> expected;
    constexpr int kKeys = 1000;
    for (int i = 0; i < 5 * kKeys; ++i) {
      const std::string key = std::to_string(i * 7919 % kKeys);
      std::string line = "{\"k\":" + key + ",\"v\":" + std::to_string(i / kKeys / 2) + "}";
      const std::size_t size = line.size();
      line.append(Record::kPadding, '\0');
      Record record;
      record.reset(std::string_view(line).substr(0, size));
      REQUIRE(op->on_record(record, out).fate == Fate::used);
      if (i < kKeys) expected.push_back("{\"k\":" + key + ",\"count\":5,\"distinct_v\":3}");
    }
    op->on_end(out);
    CHECK(out.rows == expected);
    CHECK(out.said.empty());
  }
}

TEST_CASE("a full disk, and one that cannot be read, are said") {
  WindowHarness full("tumbling 1h count by k", spilling(1, 100));
  for (int i = 0; i < 200; ++i) full.feed(i, "{\"k\":" + std::to_string(i) + "}");
  CHECK(full.out.said.size() == 1);
  CHECK(full.out.said.front().find("--mem") == 0);
  full.end();
  CHECK(full.take_rows().size() == 200);

  WindowOptions options;
  options.memory = 1;
  options.make_scratch = [] { return std::make_unique<SmallDisk>(1 << 20, false); };
  WindowHarness broken("tumbling 1h count by k", options);
  for (int i = 0; i < 200; ++i) broken.feed(i, "{\"k\":" + std::to_string(i) + "}");
  broken.end();
  CHECK(broken.take_rows().empty());
  REQUIRE(broken.out.failed.size() == 1);
  CHECK(broken.out.failed.front().find("cannot be read") != std::string::npos);
}

}  // namespace
}  // namespace streamutils::testing
