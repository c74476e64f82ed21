// Images of state that are written in slices while the state changes: each is of the moment at
// which it was begun.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>
#include <random>
#include <string>
#include <vector>

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

std::string restored_and_saved(const Make& make, std::string image) {
  OperatorPtr fresh = make();
  SnapshotReader in(std::move(image));
  const Status status = fresh->restore(in);
  return status.ok() ? saved(*fresh) : status.error().message;
}

// Takes one image after the other, a few entries at a time.
class Images {
 public:
  Images(Make make, Operator& op, std::mt19937& random)
      : make_(std::move(make)), op_(op), random_(random) {}

  void step() {
    if (!running_ && random_() % 5 != 0) return;
    if (!running_) {
      expected_ = saved(op_);
      op_.begin_image(out_);
      running_ = true;
    } else if (op_.continue_image(1 + random_() % 3)) {
      REQUIRE(restored_and_saved(make_, out_.take()) == expected_);
      running_ = false;
      ++taken_;
    }
  }
  int taken() const { return taken_; }

 private:
  Make make_;
  Operator& op_;
  std::mt19937& random_;
  SnapshotWriter out_;
  std::string expected_;
  bool running_ = false;
  int taken_ = 0;
};

// Events of few keys, out of order, with holes; watermarks; an image all the time.
int run(const Make& make, std::mt19937& random) {
  auto below = [&random](unsigned n) { return static_cast<std::int64_t>(random() % n); };
  OperatorPtr op = make();
  REQUIRE(op->has_images());
  Images images(make, *op, random);
  Recorder out;
  std::int64_t now = 100;
  for (int i = 0; i < 600; ++i) {
    now += below(10) == 0 ? below(40) : below(2);
    std::string line = "{\"k\":\"user-" + std::to_string(below(12)) + "\",\"v\":1.0}";
    if (below(8) == 0) line = "{\"k\":1.0,\"v\":\"\xff\"}";
    const std::size_t size = line.size();
    line.append(Record::kPadding, '\0');
    Record record;
    record.reset(std::string_view(line).substr(0, size));
    record.set_time(at_seconds(now - below(12)));
    record.set_input(random() % 2);
    op->on_record(record, out);
    images.step();
    if (below(6) == 0) op->on_watermark(at_seconds(now - 8), out);
    images.step();
  }
  return images.taken();
}

Make windows(std::string_view arguments, std::optional<Duration> every = std::nullopt,
             Duration grace = Duration::zero()) {
  WindowOptions options;
  options.arguments = parse_window_arguments(split_words(arguments)).value();
  options.every = every;
  options.grace = grace;
  return [options] { return *make_window(options); };
}

Make groups(std::string_view arguments, std::optional<Duration> every = std::nullopt) {
  GroupOptions options;
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
                                   windows("rolling 3rows max v by k,v"),
                                   windows("sliding 2s 3s var v by k"),
                                   windows("sliding 20s 4s count sum v last v by k"),
                                   windows("sliding 9s 3s list v distinct v by k,v"),
                                   groups("k count sum v"),
                                   groups("k,v list v"),
                                   groups("k avg v distinct v", seconds(6)),
                                   join("on k within -6s..9s l r", JoinType::inner),
                                   join("on k within 9s l r", JoinType::full),
                                   join("on k,v within 5s l r", JoinType::anti),
                                   join("on k within 2s..20s l r", JoinType::semi),
                                   dedup({}, false, {}),
                                   dedup({}, false, 5),
                                   dedup(seconds(5), false, {}),
                                   dedup(seconds(9), true, 7)};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    int taken = 0;
    for (unsigned seed = 0; seed < 20; ++seed) {
      CAPTURE(kind, seed);
      std::mt19937 random(seed);
      taken += run(kinds[kind], random);
    }
    CHECK(taken > 100);
  }
}

TEST_CASE("state that has no images in slices says so") {
  CHECK_FALSE(windows("sliding 9rows 3rows count")()->has_images());
}

}  // namespace streamutils::testing
