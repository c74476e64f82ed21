// TimeBuckets against a plain sorted list: what is on top, and when.
// SPDX-License-Identifier: Apache-2.0
#include "ops/time_buckets.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "../rounds.h"

namespace streamutils {
namespace {

struct Item {
  Timestamp due;
  int number;

  auto operator<=>(const Item&) const = default;
};
using Buckets = TimeBuckets<Item>;

// One step: some come, many or few of them due before those that are there; then some go.
class Steps {
 public:
  explicit Steps(std::mt19937& random)
      // From a width of one nanosecond, where each time has a bucket of its own, to wide ones.
      : random_(random), reach_(std::int64_t{1} << random() % 20), buckets_(width()) {}

  void push_some() {
    for (std::size_t n = random_() % 4; n > 0; --n) {
      const std::int64_t t = now_ - 20 + static_cast<std::int64_t>(random_()) % (2 * reach_ + 40);
      const Item item{random_() % 64 == 0 ? kMaxTime : from_nanos(t), number_++};
      buckets_.push(item);
      expected_.insert(item);
    }
  }

  void pop_until(Timestamp limit) {
    while (!expected_.empty() && expected_.begin()->due < limit) {
      REQUIRE_FALSE(buckets_.empty());
      REQUIRE(buckets_.top() == *expected_.begin());
      buckets_.pop();
      expected_.erase(expected_.begin());
    }
    REQUIRE(buckets_.size() == expected_.size());
    REQUIRE(buckets_.empty() == expected_.empty());
    if (!expected_.empty()) REQUIRE(buckets_.top() == *expected_.begin());
  }

  void advance() {
    now_ += static_cast<std::int64_t>(random_()) % (reach_ + 1);
    pop_until(from_nanos(now_));
  }

 private:
  Duration width() { return Duration(reach_ >> random_() % 10); }

  std::mt19937& random_;
  std::int64_t reach_;  // how far ahead items are due, about
  Buckets buckets_;
  std::set<Item> expected_;
  std::int64_t now_ = static_cast<std::int64_t>(random_() % 1000) - 500;
  int number_ = 0;
};

TEST_CASE("items are on top in their order") {
  std::mt19937 random(11);
  for (unsigned round = 0; round < rounds(2000); ++round) {
    CAPTURE(round);
    Steps steps(random);
    for (int step = 0; step < 40; ++step) {
      steps.push_some();
      if (random() % 2 == 0) steps.advance();
    }
    steps.pop_until(kMaxTime);
  }
}

TEST_CASE("items at the greatest time keep their order") {
  Buckets buckets{Duration(1000)};
  buckets.push({kMaxTime, 2});
  buckets.push({kMaxTime, 1});
  buckets.push({kMinTime, 3});
  for (const int number : {3, 1, 2}) {
    REQUIRE(buckets.top().number == number);
    buckets.pop();
  }
  REQUIRE(buckets.empty());
}

TEST_CASE("a first item far ahead does not stay in front of the others") {
  Buckets buckets{Duration(10)};
  buckets.push({from_nanos(1'000'000), 0});
  for (int i = 1; i < 10; ++i) buckets.push({from_nanos(i), i});
  REQUIRE(buckets.top().number == 1);
  REQUIRE(buckets.ahead(1) == nullptr);  // those that came after the turn had begun
  buckets.pop();
  REQUIRE(buckets.top().number == 2);
}

TEST_CASE("what comes some steps later is known within a bucket") {
  Buckets buckets{Duration(1000)};
  buckets.push({from_nanos(-1), 0});
  for (int i = 0; i < 20; ++i) buckets.push({from_nanos(i), i});
  buckets.pop();
  REQUIRE(buckets.ahead(8)->number == 8);
  buckets.pop();
  REQUIRE(buckets.ahead(8)->number == 9);
  REQUIRE(buckets.ahead(19) == nullptr);
}

}  // namespace
}  // namespace streamutils
