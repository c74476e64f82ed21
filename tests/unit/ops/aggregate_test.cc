// What each aggregate makes of a group, of two parts of it merged, and of its state saved and
// restored.
// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate.h"

#include <catch2/catch.hpp>

#include "ops/aggregate_list.h"
#include "ops/aggregate_pool.h"
#include "window_harness.h"

namespace streamutils::testing {
namespace {

struct Event {
  std::int64_t time;
  std::string value;  // JSON; empty: the member is missing
};

// The aggregate of the field v, with its states in blocks.
class Bench {
 public:
  explicit Bench(const std::string& function) : list_(specs(function)), pool_(list_) {}
  ~Bench() {
    for (std::byte* block : blocks_) pool_.free(block);
  }

  std::byte* block() { return blocks_.emplace_back(pool_.make()); }
  std::byte* of(const std::vector<Event>& events, std::size_t begin, std::size_t end) {
    std::byte* made = block();
    for (std::size_t i = begin; i < end; ++i) add(made, events[i]);
    return made;
  }
  void add(std::byte* to, const Event& event) {
    std::string line = event.value.empty() ? "{}" : "{\"v\":" + event.value + "}";
    const std::size_t size = line.size();
    line.append(Record::kPadding, '\0');
    record_.reset(std::string_view(line).substr(0, size));
    record_.set_time(at_seconds(event.time));
    list_.read(record_);
    REQUIRE(record_.ok());
    list_.add(to, out);
  }
  void merge(std::byte* to, const std::byte* from) { list_.merge(to, from); }
  std::byte* restored(const std::byte* from) {
    SnapshotWriter writer;
    writer.entry("test");
    list_.save(from, writer);
    SnapshotReader reader(writer.take());
    REQUIRE(reader.next());
    std::byte* made = block();
    list_.restore(made, reader);
    REQUIRE(reader.status().ok());
    return made;
  }
  // Without `,"r":`.
  std::string text(const std::byte* of) {
    std::string text;
    list_.write(of, std::chrono::seconds(10), text, messages_);
    return text.substr(5);
  }

  Recorder out;

 private:
  // The words of the function, its parameters among them, without the argument.
  static std::vector<AggregateSpec> specs(const std::string& function) {
    const bool unary = !find_aggregate(split_words(function).front())->argument.empty();
    std::size_t position = 0;
    return parse_aggregates(split_words(function + (unary ? " v as r" : " as r")), position)
        .value();
  }

  AggregateList list_;
  BlockPool pool_;
  std::vector<std::byte*> blocks_;
  Record record_;
  Recorder messages_;
};

struct Row {
  std::string function;
  std::vector<Event> events;
  std::string result;
};

const Row kRows[] = {
    {"count", {}, "0"},
    {"count", {{1, "1"}, {2, ""}, {3, "null"}}, "3"},
    {"sum", {}, "0"},
    {"sum", {{1, ""}, {2, "null"}}, "0"},
    {"sum", {{1, "0.1"}, {2, "0.2"}}, "0.3"},
    {"sum", {{1, "1.50"}, {2, "1.50"}}, "3"},
    {"sum", {{1, "9223372036854775807"}, {2, "1"}}, "9223372036854775808"},
    {"sum", {{1, "1e30"}, {2, "1"}, {3, "-1e30"}}, "1"},
    {"sum", {{1, "-0.0"}, {2, "-0"}}, "0"},
    {"sum", {{1, "1"}, {2, "\"5\""}, {3, "true"}}, "1"},
    {"avg", {}, "null"},
    {"avg", {{1, "1"}, {2, "2"}}, "1.5"},
    {"avg", {{1, "0.1"}, {2, "0.2"}, {3, "0.3"}}, "0.2"},
    {"avg", {{1, "1"}, {2, "0"}, {3, "0"}}, "0.3333333333333333"},
    {"avg", {{1, "2"}, {2, "4"}}, "3"},
    {"avg", {{1, "1"}, {2, "\"x\""}}, "1"},
    {"min", {}, "null"},
    {"min", {{1, "2"}, {2, "1.0"}}, "1"},
    {"min", {{1, "9007199254740993"}, {2, "9007199254740992"}}, "9007199254740992"},
    {"max", {{1, "9007199254740993"}, {2, "9007199254740992"}}, "9007199254740993"},
    {"max", {{1, "-5"}, {2, "-1e1"}}, "-5"},
    {"max", {{1, "1e2"}, {2, "99.90"}}, "100"},
    {"max", {{1, "12.50"}}, "12.5"},
    {"max", {{1, "1e999"}, {2, "1e998"}}, "1e999"},
    {"min", {{1, "\"b\""}, {2, "\"a\""}}, "\"a\""},
    {"max", {{1, "\"b\""}, {2, "\"\\u0063\""}}, "\"c\""},
    {"max", {{1, "\"b\""}, {2, "1"}}, "1"},
    {"min", {{1, "1"}, {2, "\"b\""}}, "1"},
    {"min", {{1, "true"}, {2, "[1]"}}, "null"},
    {"first", {}, "null"},
    {"first", {{2, "2"}, {1, "1"}, {3, "3"}}, "1"},
    {"first", {{1, ""}, {2, "null"}, {3, "{\"a\": 1.0}"}}, "{\"a\": 1.0}"},
    {"last", {{2, "2"}, {3, "3.0"}, {1, "1"}}, "3.0"},
    {"rate", {}, "0"},
    {"rate", {{1, "1"}, {2, ""}, {3, "null"}}, "0.3"},
    {"any", {}, "null"},
    {"any", {{1, "false"}, {2, "null"}}, "false"},
    {"any", {{1, "false"}, {2, "true"}, {3, "1"}}, "true"},
    {"every", {}, "null"},
    {"every", {{1, "true"}, {2, "false"}}, "false"},
    {"every", {{1, "true"}, {2, ""}}, "true"},
    {"last", {{2, "\"x\\u0041\""}, {3, "null"}}, "\"x\\u0041\""},
};

TEST_CASE("an aggregate comes to its result, in one part or two, and after a restart") {
  for (const Row& row : kRows) {
    for (std::size_t cut = 0; cut <= row.events.size(); ++cut) {
      CAPTURE(row.function, row.result, cut);
      Bench bench(row.function);
      std::byte* whole = bench.of(row.events, 0, row.events.size());
      CHECK(bench.text(whole) == row.result);
      CHECK(bench.text(bench.restored(whole)) == row.result);
      std::byte* left = bench.of(row.events, 0, cut);
      std::byte* right = bench.of(row.events, cut, row.events.size());
      std::byte* joined = bench.restored(left);
      bench.merge(joined, right);
      CHECK(bench.text(joined) == row.result);
      bench.merge(right, left);
      CHECK(bench.text(right) == row.result);
    }
  }
}

TEST_CASE("of equal times, the first that came is first and the last that came is last") {
  const std::vector<Event> events = {{5, "1"}, {5, "2"}, {5, "3"}};
  Bench first("first");
  Bench last("last");
  CHECK(first.text(first.of(events, 0, 3)) == "1");
  CHECK(last.text(last.of(events, 0, 3)) == "3");
}

TEST_CASE("what is skipped is counted each time and said once") {
  Bench sum("sum");
  sum.of({{1, "\"5\""}, {2, "[6]"}, {3, "7"}, {4, "1e99999"}}, 0, 4);
  CHECK(sum.out.counts == std::map<std::string, std::uint64_t>{{"field 'v' is not a number", 2},
                                                               {"field 'v' is out of range", 1}});
  CHECK(sum.out.said ==
        std::vector<std::string>{"field 'v': not a number: \"5\" (sum skips it)",
                                 "field 'v': the number is out of range: 1e99999 (sum skips it)"});
}

TEST_CASE("a field that two aggregates skip is counted once for each event") {
  WindowHarness windows("tumbling 10s sum v avg v max v");
  windows.feed(1, "{\"v\":[1]}");
  windows.feed(2, "{\"v\":\"x\"}");
  CHECK(windows.out.counts ==
        std::map<std::string, std::uint64_t>{{"field 'v' is not a number", 2}});
}

TEST_CASE("a state that is none is refused") {
  struct Damage {
    std::string function, state;
  };
  const Damage rows[] = {{"any", "3"},     {"every", "12"}, {"max", "1x"},  {"sum", ""},
                         {"sum", "1,5"},   {"avg", "3"},    {"avg", "x 3"}, {"avg", "3 x"},
                         {"min", "abc"},   {"min", "\""},   {"max", "01"},  {"first", "5"},
                         {"first", "x 1"}, {"last", "5 "}};
  for (const Damage& row : rows) {
    CAPTURE(row.function, row.state);
    std::size_t position = 0;
    const auto specs = parse_aggregates(split_words(row.function + " v"), position).value();
    const AggregatePtr aggregate = *find_aggregate(row.function)->make(specs.front());
    alignas(16) std::byte state[256];
    REQUIRE(aggregate->size() <= sizeof(state));
    aggregate->create(state);
    CHECK_FALSE(aggregate->restore(state, row.state));
    aggregate->destroy(state);
  }
}

}  // namespace
}  // namespace streamutils::testing
