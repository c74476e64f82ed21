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
  explicit Bench(const std::string& function) : Bench(words_of(function)) {}
  explicit Bench(const std::vector<std::string>& words) : list_(specs(words)), pool_(list_) {}
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
    list_.write(of, std::chrono::seconds(10), text, messages);
    return text.substr(5);
  }

  Recorder out;
  Recorder messages;  // of writing

 private:
  // The words of the function with its parameter, and those behind it.
  static std::vector<std::string> words_of(const std::string& function) {
    const bool unary = !find_aggregate(split_words(function).front())->argument.empty();
    return split_words(function + (unary ? " v as r" : " as r"));
  }
  static std::vector<AggregateSpec> specs(const std::vector<std::string>& words) {
    std::size_t position = 0;
    return parse_aggregates(words, position).value();
  }

  AggregateList list_;
  BlockPool pool_;
  std::vector<std::byte*> blocks_;
  Record record_;
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
    {"max", {{1, "12.5"}, {2, "1.3e1"}, {3, "12.75"}}, "13"},
    {"max", {{1, "1e-3"}, {2, "0.0011"}, {3, "0.0010999999999999999999999"}}, "0.0011"},
    {"min", {{1, "-0"}, {2, "0.0"}}, "0"},
    {"min", {{1, "\"a\""}, {2, "123456789012345678901"}, {3, "5"}}, "5"},
    {"range", {{1, "0.25"}, {2, "1e3"}, {3, "-0.75"}}, "1000.75"},
    {"p50", {{1, "0.3"}, {2, "123456789012345678"}, {3, "0.1"}}, "0.3"},
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
    {"median", {}, "null"},
    {"median", {{1, "3"}, {2, "1"}, {3, "2.50"}}, "2.5"},
    {"median", {{1, "0.1"}, {2, "0.2"}}, "0.15"},
    {"median", {{1, "5"}, {2, "5"}, {3, "1"}, {4, "\"9\""}}, "5"},
    {"median", {{1, "-1"}, {2, "-0.0"}, {3, "1e-9"}}, "0"},
    {"p50", {{1, "4"}, {2, "1"}, {3, "3"}, {4, "2"}}, "2"},
    {"p50.1", {{1, "4"}, {2, "1"}, {3, "3"}, {4, "2"}}, "3"},
    {"p0", {{1, "4"}, {2, "1"}}, "1"},
    {"p100", {{1, "4"}, {2, "1"}}, "4"},
    {"p99", {{1, "4"}, {2, "1"}}, "4"},
    {"quantile 0.25", {{1, "4"}, {2, "1"}, {3, "3"}, {4, "2"}}, "1"},
    {"quantile 0.250001", {{1, "4"}, {2, "1"}, {3, "3"}, {4, "2"}}, "2"},
    {"approx_p50", {}, "null"},
    {"approx_p50", {{1, "7.5"}}, "7.5"},
    {"approx_p50", {{1, "1000"}, {2, "-1000"}, {3, "10"}}, "9.986"},
    {"approx_p50", {{1, "0"}, {2, "-1000"}, {3, "10"}}, "0"},
    {"approx_p40", {{1, "-5"}, {2, "-1000"}, {3, "10"}}, "-4.983"},
    {"stddev", {}, "null"},
    {"stddev", {{1, "5"}}, "null"},
    {"stddev",
     {{1, "2"}, {2, "4"}, {3, "4"}, {4, "4"}, {5, "5"}, {6, "5"}, {7, "7"}, {8, "9"}},
     "2.138089935299395"},
    {"var", {{1, "1"}, {2, "2"}, {3, "3"}}, "1"},
    {"var", {{1, "1000000000000001"}, {2, "1000000000000002"}, {3, "1000000000000003"}}, "1"},
    {"var", {{1, "0.1"}, {2, "0.1"}, {3, "0.1"}}, "0"},
    {"var", {{1, "1e150"}, {2, "-1e150"}}, "2e+300"},
    {"var", {{1, "1e-150"}, {2, "-1e-150"}}, "2e-300"},
    {"var", {{1, "123456789012345678901234567890"}, {2, "123456789012345678901234567892"}}, "2"},
    {"range", {}, "null"},
    {"range", {{1, "0.3"}, {2, "0.1"}, {3, "0.2"}}, "0.2"},
    {"range", {{1, "-5"}, {2, "\"a\""}}, "0"},
    {"delta", {}, "null"},
    {"delta", {{2, "5"}}, "0"},
    {"delta", {{2, "5"}, {3, "4.9"}, {1, "5.2"}}, "-0.3"},
    {"ewma 10s", {}, "null"},
    {"ewma 10s", {{3, "0.1"}}, "0.1"},
    {"ewma 10s", {{3, "0.1"}, {7, "0.1"}, {11, "0.1"}}, "0.1"},
    {"ewma 1s", {{2, "6"}, {1, "3"}}, "5"},
    {"ewma 2s", {{1, "1"}, {5, "6"}}, "5"},
    {"ewma 1s", {{1, "1e300"}, {65, "7"}}, "7"},
    {"distinct", {}, "0"},
    {"distinct", {{1, "1"}, {2, "1.0"}, {3, "\"1\""}, {4, "null"}, {5, "10e-1"}}, "2"},
    {"distinct", {{1, "{\"a\":1,\"b\":2}"}, {2, "{\"b\":2.0, \"a\":1}"}}, "1"},
    {"approx_distinct", {}, "0"},
    {"approx_distinct", {{1, "1"}, {2, "1.0"}, {3, "\"1\""}}, "2"},
    {"mode", {}, "null"},
    {"mode", {{1, "\"b\""}, {2, "12.50"}, {3, "12.5"}}, "12.5"},
    {"mode", {{3, "\"c\""}, {1, "\"b\""}, {2, "\"a\""}}, "\"b\""},
    {"top 2", {}, "null"},
    {"top 2",
     {{1, "\"a\""}, {2, "\"b\""}, {3, "\"b\""}, {4, "\"c\""}},
     "[{\"value\":\"b\",\"count\":2},{\"value\":\"a\",\"count\":1}]"},
    {"bottom 2",
     {{1, "\"b\""}, {2, "\"b\""}, {4, "\"c\""}, {3, "\"a\""}},
     "[{\"value\":\"a\",\"count\":1},{\"value\":\"c\",\"count\":1}]"},
    {"top 9", {{1, "true"}}, "[{\"value\":true,\"count\":1}]"},
    {"list", {}, "null"},
    {"list", {{2, "2.0"}, {1, "\"a b\""}, {3, "null"}, {4, "[1, 2]"}}, "[\"a b\",2.0,[1, 2]]"},
    {"set", {}, "null"},
    {"set", {{2, "2.0"}, {1, "3"}, {4, "2"}, {3, "\"x\""}}, "[3,2,\"x\"]"},
    {"set", {{3, "2"}, {2, "3"}, {1, "2.0"}}, "[2,3]"},
    {"argmax", {}, "null"},
    {"argmax", {{1, "5"}, {2, "7"}, {3, "7.0"}}, "[{\"v\":7},{\"v\":7.0}]"},
    {"argmin", {{3, "5"}, {2, "\"x\""}, {1, "5.0"}}, "[{\"v\":5.0},{\"v\":5}]"},
    {"argmin", {{1, "\"b\""}, {2, "\"a\""}}, "[{\"v\":\"a\"}]"},
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

TEST_CASE("a fold goes by time, and what fails leaves it as it is") {
  struct FoldRow {
    std::vector<std::string> words;
    std::vector<Event> events;
    std::string result;
  };
  const FoldRow rows[] = {
      {{"fold", "0", "acc + v"}, {}, "0"},
      {{"fold", "0", "acc + v"}, {{3, "3"}, {1, "1"}, {2, ""}}, "4"},
      {{"fold", "''", "acc + v"}, {{2, "\"b\""}, {1, "\"a\""}, {3, "7"}}, "\"ab\""},
      {{"fold", "[]", "acc + [v.x]"}, {{2, "{\"x\":2}"}, {1, "{\"x\":1,\"y\":9}"}}, "[1,2]"},
      {{"fold", "1 + 1", "acc + this.v"}, {{1, "5"}, {2, "7"}}, "14"},
      {{"fold", "0", "v"}, {{2, "2"}, {1, "1"}}, "2"},
  };
  for (const FoldRow& row : rows) {
    CAPTURE(row.words[1], row.words[2], row.result);
    std::vector<std::string> words = row.words;
    words.insert(words.end(), {"as", "r"});
    Bench bench(words);
    std::byte* whole = bench.of(row.events, 0, row.events.size());
    CHECK(bench.text(whole) == row.result);
    CHECK(bench.text(bench.restored(whole)) == row.result);
  }
  Bench bench(std::vector<std::string>{"fold", "0", "acc + v", "as", "r"});
  bench.text(bench.of({{1, ""}, {2, "1"}, {3, "\"x\""}}, 0, 3));
  CHECK(bench.messages.counts ==
        std::map<std::string, std::uint64_t>{{"fold 'acc + v': no such field at 1:7", 1},
                                             {"fold 'acc + v': wrong type at 1:5", 1}});
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
  const Damage rows[] = {
      {"any", "3"},
      {"every", "12"},
      {"sum", ""},
      {"sum", "1,5"},
      {"avg", "3"},
      {"avg", "x 3"},
      {"avg", "3 x"},
      {"min", "abc"},
      {"min", "\""},
      {"max", "01"},
      {"first", "5"},
      {"first", "x 1"},
      {"last", "5 "},
      {"median", "1"},
      {"median", "1 0 "},
      {"median", "x 1 "},
      {"p50", "sketch 0 0 0 0 0 "},
      {"p50", "sketch 0 2 1 1 3 1 0 "},
      {"p50", "sketch 0 1 2 1 999999 1 0 "},
      {"p50", "sketch 0 1 2 2 3 1 3 1 0 "},
      {"p50", "sketch 0 1 2 99999999999 3 1 0 "},
      {"approx_p50", "1 1 "},
      {"var", "2 1"},
      {"var", "2 5 1"},
      {"var", "2 1e-201 1"},
      {"stddev", "2 x 1"},
      {"range", "1"},
      {"range", "1 x"},
      {"range", "1e999 1e999"},
      {"delta", "1 2 3"},
      {"delta", "1 \"a\" 2 3"},
      {"ewma 1s", "1 2"},
      {"ewma 1s", "1 2 0 "},
      {"ewma 1s", "2 1 1 1 1 1 "},
      {"ewma 1s", "2 1 1 66 1 1 "},
      {"distinct", "1 5 abc"},
      {"distinct", "0 1 a"},
      {"distinct", "300 1 a"},
      {"approx_distinct", "5 5 "},
      {"approx_distinct", "#00"},
      {"approx_distinct", "x"},
      {"mode", "x"},
      {"mode", "1 "},
      {"set", "1 0 5 0 1 a"},
      {"top 3", "1 1 5 1 1 a"},
      {"list", "1 5 abc"},
      {"list", "1 0 "},
      {"argmax", "1 5"},
      {"argmax", "1 x1 1 a"},
      {"argmin", "9 1"},
      {"fold 0", "1 2"},
  };
  for (const Damage& row : rows) {
    CAPTURE(row.function, row.state);
    std::size_t position = 0;
    const auto specs = parse_aggregates(split_words(row.function + " v"), position).value();
    const AggregatePtr aggregate = *find_aggregate(specs.front().function)->make(specs.front());
    alignas(16) std::byte state[256];
    REQUIRE(aggregate->size() <= sizeof(state));
    aggregate->create(state);
    CHECK_FALSE(aggregate->restore(state, row.state));
    aggregate->destroy(state);
  }
}

}  // namespace
}  // namespace streamutils::testing
