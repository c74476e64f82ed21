// Tables of --every against their definition, on random events in random order, with watermarks at
// random places and restarts at random moments.
// SPDX-License-Identifier: Apache-2.0
#include "ops/group.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "../rounds.h"
#include "ops/group_args.h"
#include "window_harness.h"

namespace streamutils::testing {
namespace {

struct Event {
  std::int64_t time;
  int key;
  std::int64_t value;
};

std::string to_json(const Event& event) {
  return "{\"k\":" + std::to_string(event.key) + ",\"v\":" + std::to_string(event.value) + "}";
}

OperatorPtr make(std::int64_t every, bool changes) {
  const auto words = split_words("k count sum v last v");
  GroupOptions options;
  options.arguments =
      parse_group_arguments(words, [](const std::string&) { return false; }).value();
  options.every = std::chrono::seconds(every);
  options.changes = changes;
  OperatorPtr op = std::move(make_group(std::move(options)).value());
  op->set_time_style({TimeStyle::Kind::epoch, EpochUnit::seconds, false});
  return op;
}

class Table {
 public:
  Table(std::int64_t every, bool changes)
      : every_(every), changes_(changes), op_(make(every, changes)) {}

  void feed(const Event& event) {
    std::string line = to_json(event);
    const std::size_t size = line.size();
    line.append(Record::kPadding, '\0');
    Record record;
    record.reset(std::string_view(line).substr(0, size));
    record.set_time(at_seconds(event.time));
    CHECK(op_->on_record(record, out).fate == Fate::used);
  }
  void watermark(std::int64_t w) { op_->on_watermark(at_seconds(w), out); }
  void end() { op_->on_watermark(kMaxTime, out), op_->on_end(out); }
  void restart() {
    SnapshotWriter saved;
    op_->save(saved);
    const std::string text = saved.take();
    op_ = make(every_, changes_);
    SnapshotReader reader(text);
    REQUIRE(op_->restore(reader).ok());
    SnapshotWriter again;
    op_->save(again);
    REQUIRE(again.take() == text);
  }

  Recorder out;

 private:
  std::int64_t every_;
  bool changes_;
  OperatorPtr op_;
};

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// The rows by definition, without order: for each period with events, each key with an event before
// its end (or in it, for changes).
std::vector<std::string> reference(const std::vector<Event>& events, std::int64_t every,
                                   bool changes) {
  std::vector<std::string> rows;
  std::vector<std::int64_t> ends;
  for (const Event& event : events) ends.push_back((floor_div(event.time, every) + 1) * every);
  std::ranges::sort(ends);
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  for (const std::int64_t end : ends) {
    struct Sums {
      int count = 0;
      std::int64_t sum = 0;
      std::int64_t last_time = -1'000'000;
      std::int64_t last = 0;
      bool changed = false;
    };
    std::map<int, Sums> keys;
    for (const Event& event : events) {
      if (event.time >= end) continue;
      Sums& sums = keys[event.key];
      ++sums.count;
      sums.sum += event.value;
      if (event.time >= sums.last_time) sums.last_time = event.time, sums.last = event.value;
      sums.changed |= event.time >= end - every;
    }
    for (const auto& [key, sums] : keys) {
      if (changes && !sums.changed) continue;
      rows.push_back("{\"window_end\":" + std::to_string(end) + ",\"k\":" + std::to_string(key) +
                     ",\"count\":" + std::to_string(sums.count) + ",\"sum_v\":" +
                     std::to_string(sums.sum) + ",\"last_v\":" + std::to_string(sums.last) + "}");
    }
  }
  std::ranges::sort(rows);
  return rows;
}

TEST_CASE("a table of --every holds the events before its time, in whatever order they came") {
  for (unsigned seed = 0; seed < rounds(500); ++seed) {
    std::mt19937 random(seed);
    const std::int64_t every = 1 + static_cast<std::int64_t>(random() % 12);
    const std::int64_t disorder = static_cast<std::int64_t>(random() % 20);
    const bool changes = random() % 2 == 0;
    std::vector<Event> events;
    std::int64_t now = static_cast<std::int64_t>(random() % 100) - 50;
    for (auto n = random() % 60; n > 0; --n) {
      now += 1 + static_cast<std::int64_t>(random() % 4 == 0 ? random() % 40 : random() % 3);
      const auto back = static_cast<std::int64_t>(random() % static_cast<unsigned>(disorder + 1));
      // No two of one time, so that `last` has one answer.
      events.push_back({now * 100 - back * 100 + static_cast<std::int64_t>(n),
                        static_cast<int>(random() % 4),
                        static_cast<std::int64_t>(random() % 100) - 50});
    }
    CAPTURE(seed, every, disorder, changes);
    Table table(every * 100, changes);
    std::int64_t greatest = -1'000'000;
    for (const Event& event : events) {
      table.feed(event);
      greatest = std::max(greatest, event.time);
      if (random() % 3 == 0) table.watermark(greatest - (disorder + 1) * 100);
      if (random() % 8 == 0) table.restart();
    }
    table.end();
    std::ranges::sort(table.out.rows);
    REQUIRE(table.out.rows == reference(events, every * 100, changes));
  }
}

}  // namespace
}  // namespace streamutils::testing
