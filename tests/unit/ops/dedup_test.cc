// sdedup against a slow reference that never forgets and looks at every event of a key.
// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "../rounds.h"
#include "filter_fixture.h"

namespace streamutils {
namespace {

using Lines = std::vector<std::string>;

struct Event {
  int key;
  Timestamp time;
  Timestamp watermark;  // when it comes; never goes back
};

// How a random stream is made, in nanoseconds.
struct Shape {
  int keys;
  int step;      // at most so far from one event to the next
  int disorder;  // at most so far behind
  int broken;    // one in so many is up to 10 times as far behind; 0: none
  int cadence;   // a watermark about once in so many events
  Duration within;
};

std::vector<Event> random_stream(const Shape& shape, std::mt19937& random) {
  auto below = [&random](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::vector<Event> events;
  std::int64_t newest = 1000 - below(2000);
  Timestamp watermark = kMinTime;
  for (int i = 0; i < 400; ++i) {
    newest += below(shape.step + 1);
    const bool breaks = shape.broken > 0 && below(shape.broken) == 0;
    const int behind = below((breaks ? 10 : 1) * shape.disorder + 1);
    events.push_back({below(shape.keys), from_nanos(newest - behind), watermark});
    if (below(shape.cadence) == 0) watermark = from_nanos(newest - shape.disorder);
  }
  return events;
}

enum class Answer { pass, repeat, late };

// forgets: whether it obeys the rule that what is older than W - D is forgotten.
std::vector<Answer> reference(const std::vector<Event>& events, const DedupOptions& options,
                              bool forgets) {
  const Duration d = *options.within;
  std::vector<Event> seen;
  std::vector<Answer> answers;
  for (const Event& event : events) {
    const Timestamp horizon = forgets ? minus(event.watermark, d) : kMinTime;
    const bool is_repeat = std::any_of(seen.begin(), seen.end(), [&](const Event& old) {
      return old.key == event.key && old.time >= horizon && old.time <= plus(event.time, d) &&
             old.time >= minus(event.time, d);
    });
    const bool is_late = event.time < horizon;
    answers.push_back(is_late ? Answer::late : is_repeat ? Answer::repeat : Answer::pass);
    if (!is_late && (!is_repeat || options.refresh)) seen.push_back(event);
  }
  return answers;
}

DedupOptions options_of(Duration within, bool refresh) {
  DedupOptions options;
  options.fields = Path::parse_list("k").value();
  options.within = within;
  options.refresh = refresh;
  return options;
}

OperatorPtr dedup(const DedupOptions& options) { return std::move(*make_dedup(options)); }

// With a restart now and then.
std::vector<Answer> answers_of(const std::vector<Event>& events, const DedupOptions& options) {
  OperatorPtr op = dedup(options);
  Recorder out;
  std::vector<Answer> answers;
  Timestamp watermark = kMinTime;
  for (const Event& event : events) {
    if (event.watermark > watermark) op->on_watermark(watermark = event.watermark, out);
    const TextRecord record("{\"k\":" + std::to_string(event.key) + "}", event.time);
    const Outcome outcome = op->on_record(record.get(), out);
    answers.push_back(outcome.fate == Fate::dropped ? Answer::repeat
                      : outcome.late_partly         ? Answer::late
                                                    : Answer::pass);
    if (answers.size() % 97 != 0) continue;
    OperatorPtr fresh = dedup(options);
    REQUIRE(move_state(*op, *fresh).ok());
    op = std::move(fresh);
  }
  const auto passed = std::count(answers.begin(), answers.end(), Answer::repeat);
  CHECK(out.lines.size() == answers.size() - static_cast<std::size_t>(passed));
  return answers;
}

constexpr std::int64_t kDay = std::int64_t{86'400} * 1'000'000'000 - 1;

Timestamp scaled(Timestamp t, std::int64_t scale) {
  return t == kMinTime ? t : from_nanos(to_nanos(t) * scale);
}

TEST_CASE("the answers are those of a reference, however far out of order events come") {
  std::mt19937 random(1);
  for (unsigned round = 0; round < rounds(300); ++round) {
    const bool refresh = round % 2 == 0;
    // Spans of up to three days, of up to 52, of up to 833, and longer ones are kept in different
    // ways.
    const std::int64_t days = round % 8 < 4 ? kDay : 20 * kDay;
    const std::int64_t scale = round % 4 < 2 ? 1 : days;
    const int within = static_cast<int>(random() % 4 == 0 ? random() % 3 : random() % 60);
    const Shape shape{.keys = 1 + static_cast<int>(random() % 5),
                      .step = static_cast<int>(random() % 20),
                      .disorder = static_cast<int>(random() % 150),
                      .broken = static_cast<int>(random() % 10),
                      .cadence = 1 + static_cast<int>(random() % 30),
                      .within = Duration(within)};
    std::vector<Event> events = random_stream(shape, random);
    for (Event& event : events) {
      event.time = scaled(event.time, scale);
      event.watermark = scaled(event.watermark, scale);
    }
    const DedupOptions options = options_of(shape.within * scale, refresh);
    CAPTURE(round, refresh, within, scale, shape.disorder);
    CHECK(answers_of(events, options) == reference(events, options, true));
  }
}

TEST_CASE("forgetting changes no answer while events keep the watermark's promise") {
  std::mt19937 random(2);
  for (unsigned round = 0; round < rounds(300); ++round) {
    const Shape shape{.keys = 1 + static_cast<int>(random() % 5),
                      .step = static_cast<int>(random() % 20),
                      .disorder = static_cast<int>(random() % 150),
                      .broken = 0,
                      .cadence = 1 + static_cast<int>(random() % 30),
                      .within = Duration(random() % 60)};
    const std::vector<Event> events = random_stream(shape, random);
    const DedupOptions options = options_of(shape.within, round % 2 == 0);
    CAPTURE(round, shape.within.count(), shape.disorder);
    CHECK(answers_of(events, options) == reference(events, options, false));
  }
}

// --- Groups --------------------------------------------------------------------------------------

struct Whole {
  int key;
  Timestamp anchor, least, greatest;
  std::size_t last;  // the number of the event that is kept
  int repeats;
};

// The groups of a stream that keeps its promise, however it is cut by watermarks.
std::vector<Whole> groups_of(const std::vector<Event>& events, const DedupOptions& options) {
  const Duration d = options.within.value_or(Duration::max());
  std::vector<Whole> groups;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& [key, t, watermark] = events[i];
    Whole fresh{key, t, t, t, i, 0};
    std::vector<Whole> others;
    std::vector<Whole> near;
    for (const Whole& g : groups) {
      const Timestamp from = options.refresh ? g.least : g.anchor;
      const Timestamp to = options.refresh ? g.greatest : g.anchor;
      const bool meets = g.key == key && t >= minus(from, d) && t <= plus(to, d);
      (meets ? near : others).push_back(g);
    }
    std::sort(near.begin(), near.end(),
              [](const Whole& a, const Whole& b) { return a.least < b.least; });
    if (!options.refresh && near.size() > 1) {
      std::sort(near.begin(), near.end(),
                [](const Whole& a, const Whole& b) { return a.anchor < b.anchor; });
      others.insert(others.end(), near.begin() + 1, near.end());
      near.resize(1);
    }
    for (const Whole& g : near) {
      fresh.anchor = g.anchor;
      fresh.repeats += g.repeats;
      fresh.least = std::min(fresh.least, g.least);
      if (g.greatest > fresh.greatest) fresh.last = g.last;
      fresh.greatest = std::max(fresh.greatest, g.greatest);
    }
    if (!near.empty()) ++fresh.repeats;
    if (near.size() > 1 && options.keep_last) ++fresh.repeats;
    others.push_back(fresh);
    groups = std::move(others);
  }
  std::sort(groups.begin(), groups.end(), [](const Whole& a, const Whole& b) {
    return std::pair(a.greatest, a.last) < std::pair(b.greatest, b.last);
  });
  return groups;
}

class TwoFiles final : public Emitter {
 public:
  void emit(std::string_view line) override { lines.emplace_back(line); }
  void emit_aside(std::string_view line) override { aside.emplace_back(line); }
  bool count(std::string_view, std::uint64_t) override { return true; }
  void say(std::string_view) override {}
  Lines lines, aside;
};

std::string line_of(const Event& event, std::size_t number) {
  return "{\"k\":" + std::to_string(event.key) + ",\"n\":" + std::to_string(number) + "}";
}

// With a restart now and then.
TwoFiles output_of(const std::vector<Event>& events, const DedupOptions& options) {
  OperatorPtr op = dedup(options);
  TwoFiles out;
  Timestamp watermark = kMinTime;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].watermark > watermark) op->on_watermark(watermark = events[i].watermark, out);
    op->on_record(TextRecord(line_of(events[i], i), events[i].time).get(), out);
    if (i % 89 != 88) continue;
    OperatorPtr fresh = dedup(options);
    REQUIRE(move_state(*op, *fresh).ok());
    op = std::move(fresh);
  }
  op->on_watermark(kMaxTime, out);
  op->on_end(out);
  return out;
}

TEST_CASE("the last of each group leaves in order of time, whatever the cadence of watermarks") {
  std::mt19937 random(3);
  for (unsigned round = 0; round < rounds(300); ++round) {
    const Shape shape{.keys = 1 + static_cast<int>(random() % 5),
                      .step = static_cast<int>(random() % 20),
                      .disorder = static_cast<int>(random() % 100),
                      .broken = 0,
                      .cadence = 1 + static_cast<int>(random() % 30),
                      .within = Duration(random() % 60)};
    const std::vector<Event> events = random_stream(shape, random);
    DedupOptions options = options_of(shape.within, round % 2 == 0);
    options.keep_last = true;
    options.counts = true;
    if (round % 10 == 1) options.within = std::nullopt;
    Lines expected, expected_aside;
    for (const Whole& group : groups_of(events, options)) {
      expected.push_back(line_of(events[group.last], group.last));
      if (group.repeats == 0) continue;
      expected_aside.push_back("{\"k\":" + std::to_string(group.key) +
                               ",\"repeats\":" + std::to_string(group.repeats) + ",\"first\":\"" +
                               format_time(group.least) + "\",\"last\":\"" +
                               format_time(group.greatest) + "\"}");
    }
    CAPTURE(round, shape.within.count(), shape.disorder);
    const TwoFiles out = output_of(events, options);
    CHECK(out.lines == expected);
    CHECK(out.aside == expected_aside);
  }
}

TEST_CASE("counting changes nothing about what passes, and counts what does not") {
  std::mt19937 random(4);
  for (unsigned round = 0; round < rounds(200); ++round) {
    const Shape shape{.keys = 1 + static_cast<int>(random() % 5),
                      .step = static_cast<int>(random() % 20),
                      .disorder = static_cast<int>(random() % 100),
                      .broken = static_cast<int>(random() % 5),
                      .cadence = 1 + static_cast<int>(random() % 30),
                      .within = Duration(random() % 60)};
    const std::vector<Event> events = random_stream(shape, random);
    DedupOptions options = options_of(shape.within, round % 2 == 0);
    const Lines plain = output_of(events, options).lines;
    options.counts = true;
    const TwoFiles out = output_of(events, options);
    CAPTURE(round, shape.within.count(), shape.disorder);
    CHECK(out.lines == plain);
    std::size_t repeats = 0;
    for (const std::string& line : out.aside) {
      repeats += std::stoul(line.substr(line.find("repeats") + 9));
    }
    CHECK(repeats + out.lines.size() == events.size());
  }
}

// --- Filters -------------------------------------------------------------------------------------

DedupOptions approximate(double rate, std::uint64_t max_keys) {
  DedupOptions options;
  options.fields = Path::parse_list("k").value();
  options.approx = rate;
  options.max_keys = max_keys;
  return options;
}

TEST_CASE("a filter is wrong about new keys with at most its rate, and knows about how often") {
  for (const double rate : {0.2, 0.01, 0.001}) {
    const OperatorPtr op = dedup(approximate(rate, 50000));
    Recorder out;
    constexpr int kKeys = 300000;
    int errors = 0;
    for (int i = 0; i < kKeys; ++i) {
      const TextRecord record("{\"k\":" + std::to_string(i) + "}");
      errors += op->on_record(record.get(), out).fate == Fate::dropped ? 1 : 0;
    }
    CAPTURE(rate, errors);
    CHECK(errors <= 1.1 * rate * kKeys);
    std::string state;
    op->describe_state(state);
    const double expected = std::stod(state.substr(state.rfind(':') + 1));
    CHECK(std::abs(expected - errors) <= 6 * std::sqrt(expected) + 0.1 * expected);
  }
}

TEST_CASE("a filter remembers at least the last max_keys keys") {
  const OperatorPtr op = dedup(approximate(1e-6, 1000));
  Recorder out;
  for (int i = 0; i < 10000; ++i) {
    op->on_record(TextRecord("{\"k\":" + std::to_string(i) + "}").get(), out);
    const int old = std::max(0, i - 990);
    const TextRecord again("{\"k\":" + std::to_string(old) + "}");
    REQUIRE(op->on_record(again.get(), out).fate == Fate::dropped);
  }
  std::string state;
  op->describe_state(state);
  CHECK(state.starts_with("\"filters\":2,"));
}

TEST_CASE("with a time, a filter finds repeats up to 7/8 of it, and none beyond it") {
  std::mt19937 random(5);
  for (unsigned round = 0; round < rounds(200); ++round) {
    const Shape shape{.keys = 1 + static_cast<int>(random() % 3),
                      .step = static_cast<int>(random() % 40),
                      .disorder = static_cast<int>(random() % 300),
                      .broken = 0,
                      .cadence = 1 + static_cast<int>(random() % 30),
                      .within = Duration(random() % 400)};
    const std::vector<Event> events = random_stream(shape, random);
    DedupOptions options = approximate(1e-6, 100000);
    options.within = shape.within;
    const std::vector<Answer> answers = answers_of(events, options);
    std::vector<Event> firsts;
    for (std::size_t i = 0; i < events.size(); ++i) {
      auto is_within = [&](Duration d) {
        return std::any_of(firsts.begin(), firsts.end(), [&](const Event& first) {
          return first.key == events[i].key && first.time >= minus(events[i].time, d) &&
                 first.time <= plus(events[i].time, d);
        });
      };
      const Duration surely = shape.within - (shape.within + Duration(7)) / 8;
      CAPTURE(round, i, shape.within.count());
      if (surely > Duration::zero() && is_within(surely)) CHECK(answers[i] == Answer::repeat);
      if (!is_within(shape.within)) CHECK(answers[i] == Answer::pass);
      if (answers[i] != Answer::repeat) firsts.push_back(events[i]);
    }
  }
}

// --- State ---------------------------------------------------------------------------------------

std::string state_of(const Operator& op) {
  std::string state;
  op.describe_state(state);
  return state;
}

TEST_CASE("keys that no event can meet any more are freed") {
  const OperatorPtr op = dedup(options_of(Duration(9), false));
  Recorder out;
  for (int i = 0; i < 1000; ++i) {
    op->on_record(TextRecord("{\"k\":" + std::to_string(i) + "}", from_nanos(i)).get(), out);
    op->on_watermark(from_nanos(i), out);
  }
  CHECK(state_of(*op).starts_with("\"keys\":10,"));  // of the slice from 990 on
  op->on_watermark(from_nanos(1100), out);
  CHECK(state_of(*op) == "\"keys\":0,\"bytes\":0");
}

TEST_CASE("no time goes beyond the ends") {
  for (const bool refresh : {false, true}) {
    const OperatorPtr op = dedup(options_of(Duration(5), refresh));
    Recorder out;
    for (const Timestamp t : {kMinTime, kMaxTime, kMinTime, kMaxTime}) {
      op->on_record(TextRecord("{\"k\":1}", t).get(), out);
    }
    CHECK(out.lines.size() == 2);
  }
}

TEST_CASE("a key costs at most 32 bytes, and all of many keys are found again") {
  DedupOptions options;
  options.fields = Path::parse_list("k").value();
  using std::chrono::hours;
  for (const auto& [within, refresh] : {std::pair(hours(0), false),
                                        {hours(1), false},
                                        {hours(1), true},
                                        {hours(78), true},
                                        {hours(1200), true},
                                        {hours(1300), true},
                                        {hours(19000), true}}) {
    CAPTURE(within.count(), refresh);
    if (within > hours(0)) options.within = within;
    options.refresh = refresh;
    const OperatorPtr op = dedup(options);
    Recorder out;
    for (int i = 0; i < 100000; ++i) {
      const TextRecord record("{\"k\":" + std::to_string(i) + "}", from_nanos(i));
      REQUIRE(op->on_record(record.get(), out).fate == Fate::used);
      if (i < 20000 || i % 100 != 0) continue;
      const std::string state = state_of(*op);
      const double bytes = std::stod(state.substr(state.rfind(':') + 1));
      CHECK(bytes / (i + 1) <= 32.0);
    }
    const OperatorPtr fresh = dedup(options);
    REQUIRE(move_state(*op, *fresh).ok());
    for (int i = 0; i < 100000; ++i) {
      const TextRecord record("{\"k\":" + std::to_string(i) + ".0}", from_nanos(100000 - i));
      REQUIRE(op->on_record(record.get(), out).fate == Fate::dropped);
      REQUIRE(fresh->on_record(record.get(), out).fate == Fate::dropped);
    }
  }
}

TEST_CASE("memory without end is said once, also across a restart") {
  DedupOptions options;
  options.fields = Path::parse_list("k").value();
  options.warn_bytes = std::size_t{1} << 20;
  OperatorPtr op = dedup(options);
  Recorder out;
  for (int i = 0; i < 100000; ++i) {
    op->on_record(TextRecord("{\"k\":" + std::to_string(i) + "}").get(), out);
    if (i % 40000 != 0) continue;
    OperatorPtr fresh = dedup(options);
    REQUIRE(move_state(*op, *fresh).ok());
    op = std::move(fresh);
  }
  REQUIRE(out.said.size() == 1);
  CHECK(out.said[0].find("more than 1 MiB") != std::string::npos);
}

TEST_CASE("a damaged snapshot of sdedup is an error") {
  const DedupOptions options = options_of(Duration(5), false);
  const OperatorPtr op = dedup(options);
  Recorder out;
  for (int i = 0; i < 5; ++i)
    op->on_record(TextRecord("{\"k\":" + std::to_string(i) + "}").get(), out);
  SnapshotWriter writer;
  op->save(writer);
  const std::string lines = writer.take();
  for (const std::size_t cut : {1, 8, 16}) {
    std::string damaged = lines;
    damaged.erase(damaged.rfind('"') - cut, cut);
    SnapshotReader reader(damaged);
    CHECK_FALSE(dedup(options)->restore(reader).ok());
  }
  for (const char* gone : {"\"dedup\"", "\"warned\"", "\"secret_low\"", "\"horizon\"", "\"slots\"",
                           "\"slice\":", "\"number\""}) {
    CAPTURE(lines, gone);
    std::string damaged = lines;
    const std::size_t at = damaged.find(gone);
    REQUIRE(at != std::string::npos);
    damaged[at + 1] = 'X';
    SnapshotReader reader(damaged);
    CHECK_FALSE(dedup(options)->restore(reader).ok());
  }
}

}  // namespace
}  // namespace streamutils
