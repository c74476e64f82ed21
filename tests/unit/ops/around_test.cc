// --around against its definition: an event leaves iff a match of its key is at most D away.
// SPDX-License-Identifier: Apache-2.0
#include "ops/around.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "../rounds.h"
#include "filter_fixture.h"
#include "ops/filter.h"
#include "ops/term.h"

namespace streamutils {
namespace {

using Lines = std::vector<std::string>;

struct Event {
  int time;
  int key;
  bool match;

  std::string line() const {
    return "{\"t\":" + std::to_string(time) + ",\"k\":" + std::to_string(key) +
           ",\"m\":" + (match ? "1}" : "0}");
  }
};

struct Options {
  int distance = 5;
  bool by_key = false;
  std::optional<std::uint64_t> limit = {};
};

OperatorPtr around(const Options& options) {
  FilterOptions filter;
  filter.predicates.push_back(std::move(*make_term("m=1")));
  filter.around = Duration(options.distance);
  if (options.by_key) filter.by = {*Path::parse("k")};
  filter.limit = options.limit;
  auto made = make_filter(std::move(filter));
  REQUIRE(made.ok());
  return std::move(*made);
}

Outcome feed(Operator& op, const Event& event, Recorder& out) {
  return op.on_record(TextRecord(event.line(), from_nanos(event.time)).get(), out);
}

Lines by_definition(const std::vector<Event>& events, const Options& options) {
  Lines lines;
  for (const Event& e : events) {
    const bool near = std::any_of(events.begin(), events.end(), [&](const Event& m) {
      return m.match && std::abs(m.time - e.time) <= options.distance &&
             (!options.by_key || m.key == e.key);
    });
    if (near) lines.push_back(e.line());
  }
  return lines;
}

// Times that fall back by less than the disorder.
std::vector<Event> random_events(std::mt19937& random, int n, int disorder) {
  std::vector<Event> events;
  int now = 0;
  for (int i = 0; i < n; ++i) {
    now += static_cast<int>(random() % 4);
    const int back = static_cast<int>(random() % static_cast<unsigned>(disorder + 1));
    events.push_back({now - back, static_cast<int>(random() % 3), random() % 10 == 0});
  }
  return events;
}

TEST_CASE("events near a match leave in input order, whatever the disorder and the restarts") {
  std::mt19937 random(11);
  for (unsigned round = 0; round < rounds(300); ++round) {
    const int disorder = static_cast<int>(random() % 12);
    const Options options{.distance = static_cast<int>(random() % 15), .by_key = random() % 2 == 0};
    const auto events = random_events(random, 80, disorder);
    auto op = around(options);
    Recorder out;
    int newest = 0;
    for (const Event& event : events) {
      const Outcome outcome = feed(*op, event, out);
      REQUIRE(outcome.fate != Fate::late);
      REQUIRE_FALSE(outcome.late_partly);
      newest = std::max(newest, event.time);
      if (random() % 3 != 0) op->on_watermark(from_nanos(newest - disorder), out);
      if (random() % 4 == 0) {
        auto fresh = around(options);
        REQUIRE(move_state(*op, *fresh).ok());
        op = std::move(fresh);
      }
    }
    op->on_watermark(kMaxTime, out);
    op->on_end(out);
    CAPTURE(round, disorder, options.distance, options.by_key);
    REQUIRE(out.lines == by_definition(events, options));
  }
}

// What leaves at which watermark, D = 5:
//
//      time       0    5    10   15   20
//      event      a    b    M    c    d       M is the match
TEST_CASE("an event waits until the watermark has judged it and all before it") {
  const auto op = around({});
  Recorder out;
  const Event a{0, 0, false}, b{5, 0, false}, match{10, 0, true}, c{15, 0, false}, d{20, 0, false};
  const auto watermark = [&](int w) { op->on_watermark(from_nanos(w), out); };

  feed(*op, a, out);
  feed(*op, b, out);
  CHECK(out.lines.empty());
  CHECK(op->least_time_to_come(from_nanos(5)) == from_nanos(0));
  feed(*op, match, out);
  CHECK(out.lines.empty());  // a may still be near a match at 5
  watermark(5);
  CHECK(out.lines.empty());
  watermark(6);
  CHECK(out.lines == Lines{b.line(), match.line()});
  CHECK(op->least_time_to_come(from_nanos(6)) == from_nanos(6));
  feed(*op, c, out);
  CHECK(out.lines.size() == 3);  // the past decides it
  feed(*op, d, out);
  watermark(25);
  CHECK(op->least_time_to_come(from_nanos(25)) == from_nanos(20));
  watermark(26);
  CHECK(op->least_time_to_come(from_nanos(26)) == from_nanos(26));
  CHECK(out.lines.size() == 3);
}

TEST_CASE("an event is late if a match near it may be forgotten, a match if its context may be") {
  const auto op = around({});
  Recorder out;
  feed(*op, {20, 0, true}, out);
  op->on_watermark(from_nanos(25), out);

  const Outcome near = feed(*op, {16, 0, false}, out);
  CHECK(near.fate == Fate::used);
  CHECK_FALSE(near.late_partly);
  CHECK(feed(*op, {14, 0, false}, out).fate == Fate::dropped);  // nothing is forgotten yet

  const Outcome match = feed(*op, {13, 0, true}, out);
  CHECK(match.fate == Fate::used);
  CHECK(match.late_partly);
  CHECK(match.deadline == from_nanos(14));

  op->on_watermark(from_nanos(26), out);
  const Outcome far = feed(*op, {16, 0, false}, out);
  CHECK(far.fate == Fate::late);
  CHECK(far.deadline == from_nanos(17));
  const Outcome held = feed(*op, {24, 0, false}, out);
  CHECK(held.fate == Fate::used);
  CHECK(held.late_partly);
  op->on_watermark(from_nanos(40), out);
  const Outcome beyond = feed(*op, {36, 0, false}, out);
  CHECK(beyond.fate == Fate::used);
  CHECK_FALSE(beyond.late_partly);
  CHECK(out.lines.size() == 3);
}

TEST_CASE("disorder without matches is not late") {
  const auto op = around({});
  Recorder out;
  op->on_watermark(from_nanos(100), out);
  CHECK_FALSE(feed(*op, {97, 0, false}, out).late_partly);
  CHECK(feed(*op, {50, 0, false}, out).fate == Fate::dropped);
}

TEST_CASE("-m ends when the context of the last match is complete") {
  const auto op = around({.limit = 2});
  Recorder out;
  const Event one{10, 0, true}, two{20, 0, true}, three{24, 0, true}, far{40, 0, false};
  feed(*op, one, out);
  feed(*op, two, out);
  CHECK_FALSE(op->is_done());
  feed(*op, three, out);  // no match any more, but near one
  feed(*op, far, out);
  op->on_watermark(from_nanos(25), out);
  CHECK_FALSE(op->is_done());
  op->on_watermark(from_nanos(26), out);
  CHECK(op->is_done());
  CHECK(out.lines == Lines{one.line(), two.line(), three.line()});
  CHECK(around({.limit = 0})->is_done());
}

TEST_CASE("no distance goes beyond the ends of time") {
  const auto op = around({.distance = 1000});
  Recorder out;
  for (const Timestamp t : {kMinTime, kMaxTime}) {
    op->on_record(TextRecord(R"({"m":1})", t).get(), out);
    op->on_record(TextRecord(R"({"m":0})", t).get(), out);
  }
  op->on_watermark(kMaxTime, out);
  op->on_end(out);
  CHECK(out.lines.size() == 4);
}

TEST_CASE("keys and lines of any bytes survive a restart") {
  FilterOptions options[2];
  for (FilterOptions& each : options) {
    each.predicates.push_back(std::move(*make_term("m=1")));
    each.around = Duration(5);
    each.by = Path::parse_list("k,j").value();
  }
  const auto op = std::move(*make_filter(std::move(options[0])));
  const auto fresh = std::move(*make_filter(std::move(options[1])));
  Recorder out;
  const Lines lines = {
      "{\"k\":\"a\\n\\u0000\",\"j\":\"\\\"\",\"m\":0}", "{\"k\":\"x\",\"j\":0,\"m\":0}",
      "{\"k\":\"x\",\"j\":0,\"m\":1,\"z\":\"\xff\x01\"}", "{\"k\":\"a\",\"j\":0,\"m\":0}"};
  for (const std::string& line : lines) op->on_record(TextRecord(line).get(), out);
  REQUIRE(out.lines.empty());
  REQUIRE(move_state(*op, *fresh).ok());

  SnapshotWriter before, after;
  op->save(before);
  fresh->save(after);
  CHECK(before.take() == after.take());
  fresh->on_record(TextRecord("{\"k\":\"a\\n\\u0000\",\"j\":\"\\u0022\",\"m\":1}").get(), out);
  fresh->on_end(out);
  REQUIRE(out.lines.size() == 4);
  CHECK(std::equal(lines.begin(), lines.begin() + 3, out.lines.begin()));
}

TEST_CASE("a damaged snapshot is an error") {
  const auto op = around({.by_key = true});
  Recorder out;
  feed(*op, {1, 0, true}, out);
  feed(*op, {2, 1, false}, out);
  feed(*op, {3, 1, false}, out);
  SnapshotWriter writer;
  op->save(writer);
  const std::string lines = writer.take();
  for (const char* gone : {"\"around\"", "\"watermark\"", "\"matches\"", "\"key\"", "\"line\"",
                           "\"time\"", "\"wanted\"", "\"first\""}) {
    CAPTURE(lines, gone);
    std::string damaged = lines;
    const std::size_t at = damaged.find(gone);
    REQUIRE(at != std::string::npos);
    damaged[at + 1] = 'X';
    SnapshotReader reader(damaged);
    CHECK_FALSE(around({.by_key = true})->restore(reader).ok());
  }
}

}  // namespace
}  // namespace streamutils
