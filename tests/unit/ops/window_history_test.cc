// The queue of slices against a plain list of them, under pushes, drops and late events.
// SPDX-License-Identifier: Apache-2.0
#include "ops/window_history.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

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
  Queue() : list_(specs()), pool_(list_), tools_{list_, pool_} {}
  ~Queue() { queue_.clear(tools_); }

  void add(std::int64_t slice, std::int64_t value, std::uint64_t number) {
    std::string line = "{\"v\":" + std::to_string(value) + "}";
    const std::size_t size = line.size();
    line.append(Record::kPadding, '\0');
    record_.reset(std::string_view(line).substr(0, size));
    std::byte* block = pool_.make();
    list_.read(record_);
    list_.add(block, out_);
    queue_.add(at_seconds(slice), block, number, tools_);
    pool_.free(block);
  }
  void drop_before(std::int64_t slice) { queue_.drop_before(at_seconds(slice), tools_); }
  bool is_empty() const { return queue_.is_empty(); }
  std::uint64_t first_seen() const { return queue_.first_seen(); }

  std::string text() {
    std::byte* block = pool_.make();
    if (queue_.front().block) list_.merge(block, queue_.front().block);
    if (queue_.back().block) list_.merge(block, queue_.back().block);
    std::string text;
    list_.write(block, std::nullopt, text, out_);
    pool_.free(block);
    return text;
  }

  bool restart() {
    SnapshotWriter writer;
    queue_.save(writer, list_);
    SnapshotReader reader(writer.take());
    queue_.clear(tools_);
    queue_.restore(reader, tools_);
    return reader.status().ok();
  }

 private:
  static std::vector<AggregateSpec> specs() {
    std::size_t position = 0;
    return parse_aggregates(split_words("count max v"), position).value();
  }

  AggregateList list_;
  BlockPool pool_;
  SliceQueue::Tools tools_;
  SliceQueue queue_;
  Record record_;
  Recorder out_;
};

TEST_CASE("a queue of slices comes to what its slices come to") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    Queue queue;
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

}  // namespace
}  // namespace streamutils::testing
