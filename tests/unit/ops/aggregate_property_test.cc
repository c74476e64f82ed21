// Aggregates against slow references: in any order of events of different times, cut into any
// parts, saved and restored anywhere, the bytes are the same; and they are what a few lines of
// obvious code compute from the events sorted by time.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "../rounds.h"
#include "base/decimal.h"
#include "ops/aggregate_list.h"
#include "ops/aggregate_pool.h"
#include "window_harness.h"

namespace streamutils::testing {
namespace {

// v is a decimal of two places, in hundredths, if the event has one.
struct Event {
  std::int64_t time;
  std::optional<int> hundredths;
  int number;  // the order in which it came among those of its time

  std::string value() const {
    std::string text;
    append_double(text, *hundredths / 100.0);
    return text;
  }
  std::string line() const {
    return hundredths ? "{\"i\":" + std::to_string(number) + ",\"v\":" + value() + "}"
                      : "{\"i\":" + std::to_string(number) + "}";
  }
};
using Events = std::vector<Event>;

// Every aggregate of v, one of them with a `where` that some events fail.
const std::vector<std::string> kWords = {"count",
                                         "rate",
                                         "sum",
                                         "v",
                                         "avg",
                                         "v",
                                         "min",
                                         "v",
                                         "max",
                                         "v",
                                         "first",
                                         "v",
                                         "last",
                                         "v",
                                         "any",
                                         "v>0",
                                         "every",
                                         "v>0",
                                         "median",
                                         "v",
                                         "p10",
                                         "v",
                                         "p99",
                                         "v",
                                         "quantile",
                                         "0.5",
                                         "v",
                                         "approx_p75",
                                         "v",
                                         "stddev",
                                         "v",
                                         "var",
                                         "v",
                                         "range",
                                         "v",
                                         "delta",
                                         "v",
                                         "ewma",
                                         "3s",
                                         "v",
                                         "distinct",
                                         "v",
                                         "distinct",
                                         "v",
                                         "where",
                                         "i%2==0",
                                         "as",
                                         "even",
                                         "approx_distinct",
                                         "v",
                                         "mode",
                                         "v",
                                         "top",
                                         "3",
                                         "v",
                                         "approx_top",
                                         "3",
                                         "v",
                                         "bottom",
                                         "3",
                                         "v",
                                         "list",
                                         "v",
                                         "set",
                                         "v",
                                         "argmin",
                                         "v",
                                         "argmax",
                                         "v",
                                         "fold",
                                         "0",
                                         "acc * 0.5 + v"};

std::vector<AggregateSpec> aggregates(const std::vector<std::string>& words) {
  std::size_t position = 0;
  auto specs = parse_aggregates(words, position).value();
  REQUIRE(position == words.size());
  return specs;
}

class Lab {
 public:
  Lab(std::mt19937& random, const std::vector<std::string>& words)
      : list_(aggregates(words)), pool_(list_), random_(random) {}

  // The results of events that come in this order, in a random number of parts.
  std::string in_parts(const Events& events) { return in_parts(events, 0, events.size(), 4); }

 private:
  std::string in_parts(const Events& events, std::size_t begin, std::size_t end, int depth) {
    std::byte* block = part(events, begin, end, depth);
    std::string text;
    list_.write(block, std::chrono::seconds(10), text, out_);
    pool_.free(block);
    return text;
  }

  std::byte* part(const Events& events, std::size_t begin, std::size_t end, int depth) {
    std::byte* block = nullptr;
    if (depth > 0 && random_() % 4 != 0) {
      const std::size_t middle = begin + random_() % (end - begin + 1);
      block = part(events, begin, middle, depth - 1);
      std::byte* other = part(events, middle, end, depth - 1);
      list_.merge(block, other);
      pool_.free(other);
    } else {
      block = pool_.make();
      for (std::size_t i = begin; i < end; ++i) add(block, events[i]);
    }
    return random_() % 3 == 0 ? restored(block) : block;
  }

  void add(std::byte* block, const Event& event) {
    std::string line = event.line();
    const std::size_t size = line.size();
    line.append(Record::kPadding, '\0');
    record_.reset(std::string_view(line).substr(0, size));
    record_.set_time(at_seconds(event.time));
    list_.read(record_);
    list_.add(block, out_);
  }

  std::byte* restored(std::byte* block) {
    SnapshotWriter writer;
    writer.entry("test");
    list_.save(block, writer);
    pool_.free(block);
    SnapshotReader reader(writer.take());
    REQUIRE(reader.next());
    std::byte* made = pool_.make();
    list_.restore(made, reader);
    REQUIRE(reader.status().ok());
    return made;
  }

  AggregateList list_;
  BlockPool pool_;
  std::mt19937& random_;
  Record record_;
  Recorder out_;
};

Events random_events(std::mt19937& random) {
  Events events;
  const std::size_t n = random() % 60;
  const int values = 1 + static_cast<int>(random() % 50);
  for (std::size_t i = 0; i < n; ++i) {
    Event event{static_cast<std::int64_t>(random() % 40), std::nullopt, static_cast<int>(i)};
    if (random() % 8 != 0) event.hundredths = static_cast<int>(random() % values) * 37 - 300;
    events.push_back(event);
  }
  return events;
}

// Another order, in which events of equal times keep theirs.
Events shuffled(const Events& events, std::mt19937& random) {
  Events other = events;
  std::ranges::shuffle(other, random);
  std::map<std::int64_t, std::vector<Event>> by_time;
  for (const Event& event : events) by_time[event.time].push_back(event);
  std::map<std::int64_t, std::size_t> used;
  for (Event& event : other) event = by_time[event.time][used[event.time]++];
  return other;
}

// --- The slow references: members of the row as text, from the events in order of time ----------

std::string text_of(double d) {
  std::string text;
  append_double(text, d);
  return text;
}

std::string hundredths(std::int64_t n) { return text_of(static_cast<double>(n) / 100); }

template <typename Items, typename Show>
std::string array_of(const Items& items, Show show) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "[" : ",") + show(item);
  return text.empty() ? "null" : text + "]";
}

// All events, and those that have a value, by time.
struct Reference {
  Events all;
  Events valued;

  explicit Reference(Events events) : all(std::move(events)) {
    std::ranges::stable_sort(all, {}, &Event::time);
    std::ranges::copy_if(all, std::back_inserter(valued),
                         [](const Event& e) { return e.hundredths.has_value(); });
  }

  std::vector<int> sorted() const {
    std::vector<int> values;
    for (const Event& e : valued) values.push_back(*e.hundredths);
    std::ranges::sort(values);
    return values;
  }
  std::int64_t sum() const {
    const std::vector<int> values = sorted();
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
  }
  // The least rank r with r >= share * n.
  std::string quantile(int percent) const {
    const std::vector<int> values = sorted();
    std::size_t rank = 1;
    while (rank * 100 < static_cast<std::size_t>(percent) * values.size()) ++rank;
    return hundredths(values[rank - 1]);
  }
  std::string median() const {
    const std::vector<int> values = sorted();
    return text_of((values[(values.size() - 1) / 2] + values[values.size() / 2]) / 200.0);
  }
  std::string variance() const {
    if (valued.size() < 2) return "null";
    const auto n = static_cast<std::int64_t>(valued.size());
    std::int64_t squares = 0;
    for (const Event& e : valued) squares += std::int64_t{*e.hundredths} * *e.hundredths;
    return text_of(static_cast<double>(n * squares - sum() * sum()) /
                   static_cast<double>(10000 * n * (n - 1)));
  }
  // Values in order of their first time, with their counts.
  std::vector<std::pair<int, int>> counts() const {
    std::vector<std::pair<int, int>> counts;
    for (const Event& e : valued) {
      auto known = std::ranges::find(counts, *e.hundredths, &std::pair<int, int>::first);
      if (known == counts.end()) known = counts.insert(counts.end(), {*e.hundredths, 0});
      ++known->second;
    }
    return counts;
  }
  std::string ranking(bool top, const std::string& more = "") const {
    auto ranked = counts();
    std::ranges::stable_sort(
        ranked, [top](auto a, auto b) { return top ? a.second > b.second : a.second < b.second; });
    ranked.resize(std::min<std::size_t>(3, ranked.size()));
    return array_of(ranked, [&](auto one) {
      return "{\"value\":" + hundredths(one.first) + ",\"count\":" + std::to_string(one.second) +
             more + "}";
    });
  }
  std::string champions(int wanted) const {
    Events best;
    std::ranges::copy_if(valued, std::back_inserter(best),
                         [&](const Event& e) { return e.hundredths == wanted; });
    return array_of(best, [](const Event& e) { return e.line(); });
  }
  std::string fold() const {
    double acc = 0;
    for (const Event& e : valued) acc = acc * 0.5 + *e.hundredths / 100.0;
    return text_of(acc);
  }
  double ewma() const {
    double values = 0;
    double weights = 0;
    for (const Event& e : valued) {
      const double weight = std::exp2(static_cast<double>(e.time - valued.back().time) / 3);
      values += weight * *e.hundredths / 100;
      weights += weight;
    }
    return values / weights;
  }
};

// The row as one text; what is empty here is compared by value, not by bytes.
std::map<std::string, std::string> expected(const Reference& r) {
  const auto n = std::to_string(r.all.size());
  std::map<std::string, std::string> row = {
      {"count", n},
      {"rate", text_of(static_cast<double>(r.all.size()) / 10)},
      {"sum_v", hundredths(r.sum())},
      {"distinct_v", std::to_string(r.counts().size())},
      {"approx_distinct_v", std::to_string(r.counts().size())},
      {"top_3_v", r.ranking(true)},
      {"approx_top_3_v", r.ranking(true, ",\"error\":0")},
      {"bottom_3_v", r.ranking(false)},
      {"var_v", r.variance()},
      {"list_v", array_of(r.valued, [](const Event& e) { return e.value(); })},
      {"set_v", array_of(r.counts(), [](auto one) { return hundredths(one.first); })},
      {"fold_0_acc_0_5_v", r.fold()}};
  std::set<int> even;
  for (const Event& e : r.valued) {
    if (e.number % 2 == 0) even.insert(*e.hundredths);
  }
  row["even"] = std::to_string(even.size());
  if (r.valued.empty()) return row;
  const std::vector<int> values = r.sorted();
  row["avg_v"] =
      text_of(static_cast<double>(r.sum()) / (100.0 * static_cast<double>(values.size())));
  row["min_v"] = hundredths(values.front());
  row["max_v"] = hundredths(values.back());
  row["range_v"] = hundredths(values.back() - values.front());
  row["first_v"] = r.valued.front().value();
  row["last_v"] = r.valued.back().value();
  row["delta_v"] = hundredths(*r.valued.back().hundredths - *r.valued.front().hundredths);
  row["median_v"] = r.median();
  row["p10_v"] = r.quantile(10);
  row["p99_v"] = r.quantile(99);
  row["quantile_0_5_v"] = r.quantile(50);
  const auto counts = r.counts();
  const auto mode = std::ranges::max_element(counts, {}, &std::pair<int, int>::second);
  row["mode_v"] = hundredths(mode->first);
  row["argmin_v"] = r.champions(values.front());
  row["argmax_v"] = r.champions(values.back());
  row["any_v_0"] = values.back() > 0 ? "true" : "false";
  row["every_v_0"] = values.front() > 0 ? "true" : "false";
  return row;
}

// The members of `,"a":1,"b":2`.
std::map<std::string, std::string> members(const std::string& text) {
  std::string line = "{" + text.substr(1) + "}";
  const std::size_t size = line.size();
  line.append(Record::kPadding, '\0');
  Record record;
  record.reset(std::string_view(line).substr(0, size));
  std::map<std::string, std::string> row;
  record.for_each([&](std::string_view key, Value value) {
    row.emplace(key.substr(1, key.size() - 2), value.raw());
    return true;
  });
  REQUIRE(record.check());
  return row;
}

TEST_CASE("every function of the table is among those that are tested here") {
  std::set<std::string_view> tested;
  for (const AggregateSpec& spec : aggregates(kWords)) {
    tested.insert(find_aggregate(spec.function)->name);
  }
  for (const AggregateFunction& function : aggregate_functions()) {
    CHECK(tested.contains(function.name));
  }
}

TEST_CASE("aggregates are those of the sorted whole, in any order and in any parts") {
  std::mt19937 random(20261126);
  for (unsigned round = 0; round < rounds(400); ++round) {
    CAPTURE(round);
    const Events events = random_events(random);
    Lab lab(random, kWords);
    const std::string text = lab.in_parts(events);
    for (int i = 0; i < 3; ++i) REQUIRE(lab.in_parts(shuffled(events, random)) == text);

    const Reference reference(events);
    const auto row = members(text);
    for (const auto& [name, value] : expected(reference)) {
      CAPTURE(name);
      CHECK(row.at(name) == value);
    }
    if (reference.valued.empty()) continue;
    CHECK(*to_double(row.at("ewma_3s_v")) == Approx(reference.ewma()).epsilon(1e-12));
    CHECK(*to_double(row.at("approx_p75_v")) ==
          Approx(*to_double(reference.quantile(75))).epsilon(0.00501));
  }
}

const std::vector<std::string> kSketches =
    split_words("p10 v p99 v quantile 0.5 v approx_p75 v median v distinct v approx_distinct v");

// Enough different values to leave the exact forms behind.
TEST_CASE("sketches depend on the values alone, and are as near as they promise") {
  std::mt19937 random(7);
  Events events;
  for (int i = 0; i < 70'000; ++i) {
    events.push_back({i % 500, static_cast<int>(random() % 20'000'000) - 3'000'000, i});
  }
  Lab lab(random, kSketches);
  const std::string text = lab.in_parts(events);
  REQUIRE(lab.in_parts(shuffled(events, random)) == text);
  const auto row = members(text);
  const Reference reference(events);
  for (const auto& [name, percent] :
       {std::pair("p10_v", 10), std::pair("p99_v", 99), std::pair("quantile_0_5_v", 50),
        std::pair("median_v", 50), std::pair("approx_p75_v", 75)}) {
    CAPTURE(name);
    CHECK(*to_double(row.at(name)) ==
          Approx(*to_double(reference.quantile(percent))).epsilon(0.00501));
  }
  std::set<int> different;
  for (const Event& event : events) different.insert(*event.hundredths);
  CHECK(row.at("distinct_v") == std::to_string(different.size()));
  CHECK(*to_double(row.at("approx_distinct_v")) ==
        Approx(static_cast<double>(different.size())).epsilon(0.03));
}

TEST_CASE("up to 65536 different values quantiles are exact, however many there are") {
  std::mt19937 random(9);
  Events events;
  for (int i = 0; i < 100'000; ++i) {
    events.push_back({i % 500, i < 65536 ? i : static_cast<int>(random() % 65536), i});
  }
  Lab lab(random, kSketches);
  const auto row = members(lab.in_parts(events));
  const Reference reference(events);
  CHECK(row.at("p10_v") == reference.quantile(10));
  CHECK(row.at("p99_v") == reference.quantile(99));
  CHECK(row.at("median_v") == reference.median());
}

}  // namespace
}  // namespace streamutils::testing
