// Images of state that are written in slices while the state changes: each is of the moment at
// which it was begun.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "../rounds.h"
#include "ops/dedup.h"
#include "ops/group.h"
#include "ops/group_args.h"
#include "ops/join.h"
#include "window_harness.h"

namespace streamutils::testing {
namespace {

using Make = std::function<OperatorPtr()>;

std::string saved(const Operator& op) {
  SnapshotWriter out;
  op.save(out);
  return out.take();
}

// images: a whole one, and changes to be put on top.
std::string restored_and_saved(const Make& make, const std::vector<std::string>& images) {
  OperatorPtr fresh = make();
  for (const std::string& image : images) {
    SnapshotReader in(image);
    if (const Status status = fresh->restore(in); !status.ok()) return status.error().message;
  }
  return saved(*fresh);
}

// Takes one image after the other, a few entries at a time; of changes where the operator has them.
class Images {
 public:
  Images(Make make, Operator& op, std::mt19937& random)
      : make_(std::move(make)), op_(op), random_(random) {}

  void step() {
    if (!running_ && random_() % 5 != 0) return;
    if (!running_) {
      expected_ = saved(op_);
      begin();
      running_ = true;
    } else if (op_.continue_image(1 + random_() % 3)) {
      images_.push_back(out_.take());
      REQUIRE(restored_and_saved(make_, images_) == expected_);
      running_ = false;
      ++taken_;
      of_changes_ += images_.size() > 1 ? 1 : 0;
    }
  }
  int taken() const { return taken_; }
  int of_changes() const { return of_changes_; }

 private:
  void begin() {
    const bool is_long = images_.size() > 6;
    if (op_.has_changes() && !images_.empty() && !is_long) return op_.begin_changes(out_);
    images_.clear();
    op_.begin_image(out_);
  }

  Make make_;
  Operator& op_;
  std::mt19937& random_;
  SnapshotWriter out_;
  std::vector<std::string> images_;
  std::string expected_;
  bool running_ = false;
  int taken_ = 0;
  int of_changes_ = 0;
};

struct Taken {
  int images = 0;
  int of_changes = 0;
};

// Events out of order, with holes; watermarks; an image all the time.  Of the keys a few have most
// events.  Some numbers are longer than short sums hold.
void run(const Make& make, unsigned keys, std::mt19937& random, Taken& taken) {
  auto below = [&random](unsigned n) { return static_cast<std::int64_t>(random() % n); };
  OperatorPtr op = make();
  REQUIRE(op->has_images());
  Images images(make, *op, random);
  Recorder out;
  std::int64_t now = 100;
  std::int64_t watermark = 0;
  for (int i = 0; i < 600; ++i) {
    now += below(10) == 0 ? below(40) : below(2);
    const std::string number = below(5) == 0 ? "0.12345678901234567890123" : "1.0";
    std::string line = "{\"k\":\"user-" + std::to_string(below(below(3) == 0 ? keys : 12)) +
                       "\",\"v\":" + number + "}";
    if (below(8) == 0) line = "{\"k\":1.0,\"v\":\"\xff\"}";
    if (below(20) == 0) line = "{\"k\":\"user-" + std::to_string(below(12)) + "\",\"v\":null}";
    const std::size_t size = line.size();
    line.append(Record::kPadding, '\0');
    Record record;
    record.reset(std::string_view(line).substr(0, size));
    record.set_time(at_seconds(now - below(below(40) == 0 ? 60 : 12)));
    record.set_input(random() % 2);
    op->on_record(record, out);
    images.step();
    if (below(6) == 0 && now - 8 > watermark) {
      watermark = now - 8;
      op->on_watermark(at_seconds(watermark), out);
    }
    images.step();
  }
  taken.images += images.taken();
  taken.of_changes += images.of_changes();
}

Make windows(std::string_view arguments, std::optional<Duration> every = std::nullopt,
             Duration grace = Duration::zero()) {
  WindowOptions options;
  options.arguments = parse_window_arguments(split_words(arguments)).value();
  options.every = every;
  options.grace = grace;
  return [options] { return *make_window(options); };
}

Make filled_windows(std::string_view arguments, Duration fill_for) {
  WindowOptions options;
  options.arguments = parse_window_arguments(split_words(arguments)).value();
  options.fill = true;
  options.fill_for = fill_for;
  return [options] { return *make_window(options); };
}

Make groups(std::string_view arguments, std::optional<Duration> every = std::nullopt,
            std::optional<std::size_t> memory = std::nullopt) {
  GroupOptions options;
  options.memory = memory;
  options.arguments = parse_group_arguments(split_words(arguments), [](const std::string&) {
                        return false;
                      }).value();
  options.every = every;
  return [options] { return std::move(make_group(options).value()); };
}

Make dedup(std::optional<Duration> within, bool refresh, std::optional<std::uint64_t> max_keys) {
  DedupOptions options;
  options.fields = Path::parse_list("k").value();
  options.within = within;
  options.refresh = refresh;
  options.max_keys = max_keys;
  return [options] { return *make_dedup(options); };
}

Make keep_last(std::optional<Duration> within, bool refresh, bool counts,
               std::optional<std::uint64_t> max_keys = std::nullopt) {
  DedupOptions options;
  options.fields = Path::parse_list("k").value();
  options.keep_last = true;
  options.within = within;
  options.refresh = refresh;
  options.counts = counts;
  options.max_keys = max_keys;
  return [options] { return *make_dedup(options); };
}

Make count_repeats(std::optional<Duration> within, bool refresh,
                   std::optional<std::uint64_t> max_keys = std::nullopt) {
  DedupOptions options;
  options.fields = Path::parse_list("k").value();
  options.within = within;
  options.refresh = refresh;
  options.counts = true;
  options.max_keys = max_keys;
  return [options] { return *make_dedup(options); };
}

Make approximate(std::optional<Duration> within, std::uint64_t max_keys) {
  DedupOptions options;
  options.fields = Path::parse_list("k").value();
  options.within = within;
  options.max_keys = max_keys;
  options.approx = 0.01;
  return [options] { return *make_dedup(options); };
}

Make join(std::string_view words, JoinType type) {
  const auto arguments = parse_join_arguments(split_words(words), {}, {}).value();
  return [arguments, type] {
    return std::move(make_join({.arguments = arguments, .type = type}).value());
  };
}

}  // namespace

TEST_CASE("an image in slices is what the state was when it was begun") {
  using std::chrono::seconds;
  const std::vector<Make> kinds = {windows("session 3s count sum v last v by k"),
                                   windows("session 20s list v by k,v"),
                                   windows("session 5s count"),
                                   windows("session 9s max v by k", seconds(4)),
                                   windows("tumbling 7s count sum v last v by k"),
                                   windows("tumbling 7s list v by k,v"),
                                   windows("tumbling 5s count avg v", seconds(2)),
                                   windows("tumbling 4s max v by k", {}, seconds(20)),
                                   windows("session 3s max 9s count last v by k"),
                                   windows("cumulate 20s 5s count sum v last v by k"),
                                   windows("cumulate 9s 2s list v by k,v"),
                                   windows("rolling 15s count sum v last v by k"),
                                   windows("rolling 7s list v"),
                                   windows("rolling 9s sum v by k"),
                                   windows("rolling 3rows max v by k,v"),
                                   windows("tumbling 3rows count last v by k"),
                                   windows("sliding 9rows 4rows list v by k,v"),
                                   windows("sliding 2rows 5rows max v by k"),
                                   windows("sliding 2s 3s var v by k"),
                                   windows("sliding 20s 4s count sum v last v by k"),
                                   windows("sliding 9s 3s list v distinct v by k,v"),
                                   windows("sliding 20s 4s count last v by k", {}, seconds(9)),
                                   windows("sliding 9s 2s list v by k,v", {}, seconds(30)),
                                   filled_windows("tumbling 7s count by k", seconds(60)),
                                   filled_windows("tumbling 4s list v by k,v", seconds(60)),
                                   filled_windows("sliding 8s 2s count sum v by k", seconds(60)),
                                   groups("k count sum v"),
                                   groups("k,v list v"),
                                   groups("k avg v distinct v", seconds(6)),
                                   join("on k within -6s..9s l r", JoinType::inner),
                                   join("on k within 9s l r", JoinType::full),
                                   join("on k,v within 5s l r", JoinType::anti),
                                   join("on k within 2s..20s l r", JoinType::semi),
                                   join("on k table r", JoinType::left),
                                   join("on k asof r", JoinType::left),
                                   join("on k asof within 9s r", JoinType::inner),
                                   dedup({}, false, {}),
                                   dedup({}, false, 5),
                                   dedup(seconds(5), false, {}),
                                   dedup(seconds(9), true, 7),
                                   dedup(std::chrono::hours(999), true, {}),
                                   keep_last({}, false, false),
                                   keep_last(seconds(9), false, false),
                                   keep_last(seconds(9), false, true, 9),
                                   keep_last(seconds(4), true, false),
                                   keep_last(seconds(9), true, true),
                                   count_repeats({}, false),
                                   count_repeats({}, false, 8),
                                   count_repeats(seconds(9), false),
                                   count_repeats(seconds(4), true),
                                   count_repeats(seconds(9), true, 9),
                                   approximate({}, 9),
                                   approximate({}, 2000),
                                   approximate(seconds(9), 2000)};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    Taken taken;
    for (unsigned seed = 0; seed < rounds(20); ++seed) {
      CAPTURE(kind, seed);
      std::mt19937 random(seed);
      run(kinds[kind], 12, random, taken);
    }
    CHECK(taken.images > static_cast<int>(rounds(100)));
  }
}

TEST_CASE("changes put on top of an image are what the state was when they were begun") {
  using std::chrono::seconds;
  const std::vector<Make> kinds = {windows("tumbling 90s count sum v last v by k"),
                                   windows("tumbling 70s list v by k,v"),
                                   windows("tumbling 50s max v by k", {}, seconds(200)),
                                   windows("tumbling 200s count by k", seconds(20)),
                                   windows("sliding 60s 90s var v by k"),
                                   windows("sliding 200s 50s count sum v by k"),
                                   windows("sliding 200s 50s count last v by k", {}, seconds(90)),
                                   windows("sliding 90s 60s list v by k,v", {}, seconds(400)),
                                   windows("sliding 52s 50s max v by k", {}, seconds(400)),
                                   windows("session 40s count sum v last v by k"),
                                   windows("session 9s list v by k,v"),
                                   windows("session 30s max v by k", seconds(20)),
                                   windows("session 30s max 90s count last v by k"),
                                   windows("cumulate 200s 40s count sum v last v by k"),
                                   windows("cumulate 90s 30s list v by k,v"),
                                   filled_windows("tumbling 150s count sum v by k", seconds(400)),
                                   filled_windows("sliding 200s 50s count by k", seconds(90)),
                                   windows("rolling 200s count sum v last v by k"),
                                   windows("rolling 60s list v by k,v"),
                                   windows("rolling 40s max v by k"),
                                   windows("rolling 90s count sum v by k"),
                                   windows("rolling 3rows count by k"),
                                   windows("rolling 100s count"),
                                   windows("tumbling 100rows count sum v last v by k"),
                                   windows("tumbling 3rows list v by k,v"),
                                   windows("sliding 9rows 4rows max v by k"),
                                   windows("sliding 30rows 2rows distinct v last v by k"),
                                   windows("sliding 2rows 5rows max v by k"),
                                   groups("k count sum v"),
                                   groups("k,v list v distinct v"),
                                   groups("k avg v distinct v", seconds(60)),
                                   join("on k table r", JoinType::left),
                                   join("on k asof r", JoinType::left),
                                   join("on k asof within 90s r", JoinType::inner),
                                   join("on k asof within 900s r", JoinType::left),
                                   join("on k within -300s..400s l r", JoinType::inner),
                                   join("on k within 400s l r", JoinType::full),
                                   join("on k,v within 500s l r", JoinType::anti),
                                   join("on k within 20s..900s l r", JoinType::semi),
                                   dedup({}, false, {}),
                                   dedup(seconds(90), false, {}),
                                   dedup(seconds(400), true, {}),
                                   dedup({}, false, 60),
                                   dedup(seconds(400), false, 50),
                                   dedup(seconds(300), true, 70),
                                   keep_last(seconds(400), false, false),
                                   keep_last(seconds(90), true, true),
                                   keep_last({}, false, false),
                                   keep_last({}, false, true, 80),
                                   keep_last(seconds(200), true, false),
                                   count_repeats({}, false),
                                   count_repeats({}, false, 60),
                                   count_repeats(seconds(90), false),
                                   count_repeats(seconds(400), false, 70),
                                   count_repeats(seconds(60), true),
                                   count_repeats(seconds(300), true, 80),
                                   approximate({}, 2000),
                                   approximate(seconds(2000), 9000)};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    Taken taken;
    for (unsigned seed = 0; seed < rounds(8); ++seed) {
      CAPTURE(kind, seed);
      std::mt19937 random(seed);
      run(kinds[kind], 400, random, taken);
    }
    CAPTURE(kind);
    CHECK(taken.of_changes > static_cast<int>(rounds(20)));
  }
}

void feed(Operator& op, int event, Recorder& out) {
  const std::string key = std::to_string(event % 200);
  std::string line = "{\"k\":" + key + ",\"v\":" + std::to_string(event) + "}";
  const std::size_t size = line.size();
  line.append(Record::kPadding, '\0');
  Record record;
  record.reset(std::string_view(line).substr(0, size));
  record.set_time(at_seconds(100 + event / 50));
  op.on_record(record, out);
}

// What stands in the changes takes the place of what is there, also where that is too much for
// --mem.
TEST_CASE("changes are put on top of state that does not fit into memory") {
  struct Kind {
    Make in_memory;
    Make spilling;
  };
  std::vector<Kind> kinds = {{groups("k count list v"), groups("k count list v", {}, 1)}};
  for (const std::string kind : {"tumbling 90s", "sliding 200s 50s", "cumulate 200s 40s",
                                 "session 40s", "session 30s max 90s", "rolling 60s",
                                 "rolling 3rows", "tumbling 100rows", "sliding 9rows 4rows"}) {
    WindowOptions options;
    options.arguments = parse_window_arguments(split_words(kind + " count list v by k")).value();
    WindowOptions spilling = options;
    spilling.memory = 1;
    kinds.push_back({[options] { return *make_window(options); },
                     [spilling] { return *make_window(spilling); }});
  }
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    CAPTURE(kind);
    const OperatorPtr op = kinds[kind].in_memory();
    const OperatorPtr restored = kinds[kind].spilling();
    Recorder out;
    const auto move = [&](bool changes) {
      SnapshotWriter image;
      changes ? op->begin_changes(image) : op->begin_image(image);
      while (!op->continue_image(100)) {
      }
      SnapshotReader in(image.take());
      REQUIRE(restored->restore(in).ok());
    };
    int event = 0;
    while (event < 900) feed(*op, event++, out);
    op->on_watermark(at_seconds(110), out);
    move(false);
    while (event < 950) feed(*op, event++, out);
    REQUIRE(op->has_changes());
    move(true);
    out.rows.clear();
    Recorder from_disk;
    for (; event < 1000; ++event) {
      feed(*op, event, out);
      feed(*restored, event, from_disk);
    }
    for (Operator* one : {op.get(), restored.get()}) {
      Recorder& rows = one == op.get() ? out : from_disk;
      one->on_watermark(kMaxTime, rows);
      one->on_end(rows);
    }
    CHECK(from_disk.rows == out.rows);
  }
}

// Tables of fingerprints in several segments, which split and grow while an image is taken.
TEST_CASE("an image of many fingerprints is what they were when it was begun") {
  using std::chrono::seconds;
  Recorder out;
  const auto add = [&out](Operator& op, std::mt19937& random, unsigned keys) {
    std::string line = "{\"k\":" + std::to_string(random() % keys) + "}";
    const std::size_t size = line.size();
    line.append(Record::kPadding, '\0');
    Record record;
    record.reset(std::string_view(line).substr(0, size));
    record.set_time(at_seconds(1000 + static_cast<std::int64_t>(random() % 90)));
    op.on_record(record, out);
  };
  const std::vector<Make> kinds = {dedup({}, false, {}),
                                   dedup(seconds(20), false, {}),
                                   dedup(seconds(20), true, {}),
                                   dedup({}, false, 9000),
                                   keep_last({}, false, true),
                                   keep_last(seconds(20), false, false),
                                   keep_last(seconds(9), true, false, 9000),
                                   count_repeats({}, false),
                                   count_repeats(seconds(20), false),
                                   count_repeats(seconds(9), true, 9000)};
  for (const unsigned before : {100U, 8100U, 30000U, 48000U}) {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      CAPTURE(before, kind);
      std::mt19937 random(before);
      OperatorPtr op = kinds[kind]();
      for (unsigned i = 0; i < before; ++i) add(*op, random, 1'000'000);
      const std::string expected = saved(*op);
      SnapshotWriter image;
      op->begin_image(image);
      for (unsigned i = 0; i < 8000; ++i) {
        add(*op, random, i % 2 == 0 ? 1'000'000 : 40'000);
        if (i % 500 == 499) op->continue_image(1);
      }
      while (!op->continue_image(100)) add(*op, random, 1'000'000);
      REQUIRE(restored_and_saved(kinds[kind], {image.take()}) == expected);
    }
  }
}

// Chunks that change, go and come again, also while the changes of others are copied.
TEST_CASE("changes of many lines are what the lines were when they were begun") {
  using std::chrono::seconds;
  Recorder out;
  for (const Make& make :
       {keep_last(seconds(300), false, false), keep_last(seconds(60), true, true),
        keep_last({}, false, false), count_repeats(seconds(300), false),
        count_repeats(seconds(60), true), count_repeats({}, false, 9000)}) {
    std::mt19937 random(5);
    OperatorPtr op = make();
    std::int64_t now = 1000;
    int event = 0;
    const auto add = [&] {
      now += event++ % 50 == 0 ? 1 : 0;
      std::string line = "{\"k\":" + std::to_string(random() % 20000 + event / 20) +
                         ",\"text\":\"" + std::string(random() % 90, 'x') + "\"}";
      const std::size_t size = line.size();
      line.append(Record::kPadding, '\0');
      Record record;
      record.reset(std::string_view(line).substr(0, size));
      record.set_time(at_seconds(now - static_cast<std::int64_t>(random() % 9)));
      op->on_record(record, out);
      if (event % 200 == 0) op->on_watermark(at_seconds(now - 10), out);
    };
    while (event < 20'000) add();
    std::vector<std::string> images;
    int of_changes = 0;
    // Not the first few are of changes, so there are some also where rounds are few.
    for (unsigned image = 0; image < std::max(rounds(40), 16U); ++image) {
      const std::string expected = saved(*op);
      SnapshotWriter written;
      const bool changes = !images.empty() && op->has_changes();
      if (!changes) images.clear();
      of_changes += changes ? 1 : 0;
      changes ? op->begin_changes(written) : op->begin_image(written);
      while (!op->continue_image(300)) {
        for (int i = 0; i < 5; ++i) add();
      }
      images.push_back(written.take());
      REQUIRE(restored_and_saved(make, images) == expected);
      for (std::size_t i = random() % 400; i > 0; --i) add();
    }
    CHECK(of_changes > 0);
  }
}

// What leaves, in the stream and beside it.
class AllRows final : public Emitter {
 public:
  void emit(std::string_view line) override { rows.emplace_back(line); }
  void emit_aside(std::string_view line) override { rows.emplace_back(line); }
  bool count(std::string_view, std::uint64_t) override { return false; }
  void say(std::string_view) override {}

  std::vector<std::string> rows;
};

// Snapshots do not say where lines stand in memory, and who is restored has to find them.
TEST_CASE("sdedup that goes on from changes lets the same leave as if it had not been stopped") {
  using std::chrono::seconds;
  const std::vector<Make> kinds = {
      keep_last({}, false, false),        keep_last(seconds(90), false, false),
      keep_last(seconds(60), true, true), keep_last(seconds(200), false, true, 500),
      count_repeats({}, false),           count_repeats(seconds(90), false),
      count_repeats(seconds(60), true),   count_repeats(seconds(200), true, 500)};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    int of_changes = 0;
    for (unsigned seed = 0; seed < rounds(8); ++seed) {
      CAPTURE(kind, seed);
      std::mt19937 random(seed);
      OperatorPtr op = kinds[kind]();
      OperatorPtr restored;
      AllRows out;
      AllRows out_of_restored;
      std::int64_t now = 1000;
      const auto add = [&](int events) {
        for (; events > 0; --events) {
          now += random() % 40 == 0 ? 1 : 0;
          std::string line = "{\"k\":" + std::to_string(random() % 800) + ",\"text\":\"" +
                             std::string(random() % 200, 'x') + "\"}";
          const std::size_t size = line.size();
          line.append(Record::kPadding, '\0');
          Record record;
          record.reset(std::string_view(line).substr(0, size));
          record.set_time(at_seconds(now - static_cast<std::int64_t>(random() % 20)));
          const bool passes = random() % 50 == 0;
          for (Operator* one : {op.get(), restored.get()}) {
            if (one == nullptr) continue;
            AllRows& rows = one == op.get() ? out : out_of_restored;
            one->on_record(record, rows);
            if (passes) one->on_watermark(at_seconds(now - 15), rows);
          }
        }
      };
      std::vector<std::string> images;
      add(2000);
      for (int image = 0; image < 6; ++image) {
        SnapshotWriter written;
        const bool changes = !images.empty() && op->has_changes();
        if (!changes) images.clear();
        of_changes += changes ? 1 : 0;
        changes ? op->begin_changes(written) : op->begin_image(written);
        if (image == 5) out.rows.clear();
        while (!op->continue_image(image == 5 ? SIZE_MAX : 100)) add(1);
        images.push_back(written.take());
        if (image < 5) add(30);
      }
      restored = kinds[kind]();
      for (const std::string& image : images) {
        SnapshotReader in(image);
        REQUIRE(restored->restore(in).ok());
      }
      add(3000);
      for (Operator* one : {op.get(), restored.get()}) {
        AllRows& rows = one == op.get() ? out : out_of_restored;
        one->on_watermark(kMaxTime, rows);
        one->on_end(rows);
      }
      REQUIRE(out_of_restored.rows == out.rows);
    }
    CAPTURE(kind);
    CHECK(of_changes > static_cast<int>(rounds(8)));
  }
}

TEST_CASE("state that has no images in slices says so") {
  CHECK_FALSE(groups("k count", {}, 1)()->has_images());
}

}  // namespace streamutils::testing
