// The queue of slices against a plain list of them, under pushes, drops and late events.
// SPDX-License-Identifier: Apache-2.0
#include "ops/window_history.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "../rounds.h"
#include "window_harness.h"

namespace streamutils::testing {
namespace {

struct Model {
  struct Part {
    std::int64_t count = 0;
    std::int64_t greatest = 0;
    std::uint64_t first_seen = 0;
  };
  std::map<std::int64_t, Part> parts;

  std::string text() const {
    std::int64_t count = 0;
    std::int64_t greatest = 0;
    for (const auto& [slice, part] : parts) {
      greatest = count == 0 ? part.greatest : std::max(greatest, part.greatest);
      count += part.count;
    }
    return ",\"count\":" + std::to_string(count) + ",\"max_v\":" + std::to_string(greatest);
  }
  std::uint64_t first_seen() const {
    std::uint64_t least = parts.begin()->second.first_seen;
    for (const auto& [slice, part] : parts) least = std::min(least, part.first_seen);
    return least;
  }
};

class Queue {
 public:
  explicit Queue(std::string_view aggregates)
      : list_(specs(aggregates)), pool_(list_), tools_{list_, pool_} {}
  ~Queue() {
    queue_.clear(tools_);
    for (const auto& [slice, block] : slices_) pool_.free(block);
  }

  void add(std::int64_t slice, std::int64_t value, std::uint64_t number,
           Duration after_start = {}) {
    std::string line = "{\"v\":" + std::to_string(value) + "}";
    const std::size_t size = line.size();
    line.append(Record::kPadding, '\0');
    record_.reset(std::string_view(line).substr(0, size));
    record_.set_time(at_seconds(slice) + after_start);
    std::byte* block = pool_.make();
    list_.read(record_);
    list_.add(block, out_);
    queue_.add(at_seconds(slice), block, number, tools_);
    std::byte*& known = slices_[slice];
    if (!known) known = pool_.make();
    list_.merge(known, block);
    pool_.free(block);
  }
  void drop_before(std::int64_t slice) {
    queue_.drop_before(at_seconds(slice), tools_);
    const auto end = slices_.lower_bound(slice);
    for (auto one = slices_.begin(); one != end; ++one) pool_.free(one->second);
    slices_.erase(slices_.begin(), end);
  }
  bool is_empty() const { return queue_.is_empty(); }
  std::uint64_t first_seen() const { return queue_.first_seen(); }

  std::string text() {
    std::byte* scratch = pool_.make();
    const SliceQueue::Whole whole = queue_.whole(scratch, tools_);
    std::string text;
    list_.write(whole.block, std::nullopt, text, out_, whole.totals);
    pool_.free(scratch);
    return text;
  }

  // What the slices come to when they are merged one after the other.
  std::string merged_text() {
    std::byte* whole = pool_.make();
    for (const auto& [slice, block] : slices_) list_.merge(whole, block);
    std::string text;
    list_.write(whole, std::nullopt, text, out_);
    pool_.free(whole);
    return text;
  }

  bool restart() {
    SnapshotWriter writer;
    GroupTable table(0);
    SliceRows rows(list_, writer);
    queue_.save(rows, *table.find_or_add({"1", ""}).group);
    SnapshotReader reader(writer.take());
    queue_.clear(tools_);
    if (!reader.next_is(SliceFacts::kEntry)) return false;
    while (reader.next_row()) queue_.restore_row(reader, tools_);
    return reader.status().ok();
  }

 private:
  static std::vector<AggregateSpec> specs(std::string_view aggregates) {
    std::size_t position = 0;
    return parse_aggregates(split_words(aggregates), position).value();
  }

  AggregateList list_;
  BlockPool pool_;
  SliceQueue::Tools tools_;
  SliceQueue queue_;
  std::map<std::int64_t, std::byte*> slices_;  // the same, each for itself
  Record record_;
  Recorder out_;
};

TEST_CASE("a queue of slices comes to what its slices come to") {
  for (unsigned seed = 0; seed < rounds(300); ++seed) {
    std::mt19937 random(seed);
    Queue queue("count max v");
    Model model;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    for (std::uint64_t step = 1; step < 120; ++step) {
      CAPTURE(seed, step, begin, end);
      const auto action = random() % 8;
      if (action < 2) {
        begin = std::min<std::int64_t>(end, begin + random() % 4);
        queue.drop_before(begin);
        model.parts.erase(model.parts.begin(), model.parts.lower_bound(begin));
      } else if (action == 2) {
        REQUIRE(queue.restart());
      } else {
        const bool late = action < 5 && end > begin;
        const std::int64_t slice = late ? begin + random() % (end - begin) : end + random() % 3;
        end = std::max(end, slice + 1);
        const std::int64_t value = static_cast<std::int64_t>(random() % 1000) - 500;
        queue.add(slice, value, step);
        Model::Part& part = model.parts[slice];
        part.greatest = part.count == 0 ? value : std::max(part.greatest, value);
        if (part.count++ == 0) part.first_seen = step;
      }
      REQUIRE(queue.is_empty() == model.parts.empty());
      if (model.parts.empty()) continue;
      REQUIRE(queue.text() == model.text());
      REQUIRE(queue.first_seen() == model.first_seen());
    }
  }
}

TEST_CASE("totals that slices join and leave are what the slices come to when they are merged") {
  for (unsigned seed = 0; seed < rounds(200); ++seed) {
    std::mt19937 random(seed);
    Queue queue(
        "count distinct v distinct v where v>3 as d3 set v mode v top 3 v bottom 2 v median v "
        "p90 v list v last v");
    std::int64_t begin = 0;
    std::int64_t end = 0;
    for (std::uint64_t step = 1; step < 150; ++step) {
      CAPTURE(seed, step, begin, end);
      const auto action = random() % 10;
      if (action < 2) {
        begin = std::min<std::int64_t>(end, begin + random() % 3);
        queue.drop_before(begin);
      } else if (action == 2) {
        REQUIRE(queue.restart());
      } else {
        const bool late = action < 5 && end > begin;
        const std::int64_t slice = late ? begin + random() % (end - begin) : end + random() % 2;
        end = std::max(end, slice + 1);
        queue.add(slice, random() % 12, step, std::chrono::milliseconds(random() % 5));
      }
      if (!queue.is_empty()) REQUIRE(queue.text() == queue.merged_text());
    }
  }
}

TEST_CASE("a total of more values than are kept exactly is the sketch of all") {
  std::mt19937_64 random(7);
  Queue queue("median v p99 v p0 v p100 v");
  std::uint64_t number = 0;
  const auto add = [&](std::int64_t slice, int events, std::int64_t range) {
    for (int i = 0; i < events; ++i) {
      queue.add(slice, static_cast<std::int64_t>(random() % range) - range / 3, ++number);
    }
  };
  for (std::int64_t slice = 0; slice < 8; ++slice) add(slice, 14'000, 1'000'000'000);
  CHECK(queue.text() == queue.merged_text());
  add(3, 70'000, 1'000'000'000);  // turns a slice that was counted exactly into a sketch
  CHECK(queue.text() == queue.merged_text());
  for (std::int64_t slice = 8; slice < 14; ++slice) {
    add(slice, 100, 50);
    queue.drop_before(slice - 7);
    CHECK(queue.text() == queue.merged_text());
  }
}

}  // namespace
}  // namespace streamutils::testing
