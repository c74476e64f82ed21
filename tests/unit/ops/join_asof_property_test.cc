// The as-of join against its definition: for each event, a walk over all versions that had come.
//
// Few keys and few times, so that equal ones are common; watermarks at random places, at times too
// early, so that events and versions are late; restarts at random moments.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "../rounds.h"
#include "join_harness.h"

namespace streamutils::testing {
namespace {

struct Event {
  std::size_t side;
  std::int64_t time;
  std::int64_t key;     // -1: null
  std::int64_t number;  // in the order in which they come
  bool deletes;
};

struct Setup {
  JoinType type;
  std::optional<std::int64_t> within;

  std::string words() const {
    const std::string age = within ? " within " + std::to_string(*within) + "s" : "";
    return "on k asof" + age + " r l";
  }
};

std::string json_of(const Event& e) {
  const std::string key = e.key < 0 ? "null" : std::to_string(e.key);
  const std::string value = e.deletes ? "null" : std::to_string(e.number);
  return "{\"k\":" + key + ",\"ts\":" + std::to_string(e.time) + ",\"n\":" + value + "}";
}

// All that the definition needs is kept for ever, but for one thing: a deletion is forgotten, with
// all before it, once the watermark has passed it.  Only a version that comes late can tell.
class Reference {
 public:
  explicit Reference(const Setup& setup) : setup_(setup) {}

  Fate put(const Event& e) {
    if (e.side == 0) return put_left(e);
    if (e.key < 0) return Fate::dropped;
    if (e.time < watermark_) {
      const Event* newest = newest_of(e.key, watermark_ - 1);
      const bool is_outdated = newest != nullptr && newest->time > e.time;
      if (is_outdated || is_too_old(e)) return Fate::late;
    }
    versions_.push_back(e);
    return Fate::used;
  }

  void watermark(std::int64_t w) {
    watermark_ = w;
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [](const Event& a, const Event& b) { return a.time < b.time; });
    const auto end =
        std::find_if(waiting_.begin(), waiting_.end(), [w](const Event& e) { return e.time >= w; });
    std::for_each(waiting_.begin(), end, [this](const Event& e) { answer(e); });
    waiting_.erase(waiting_.begin(), end);
    forget_deletions();
  }

  std::vector<std::string> rows;

 private:
  Fate put_left(const Event& e) {
    if (e.time < watermark_) return Fate::late;
    const bool needs_partner = setup_.type == JoinType::inner || setup_.type == JoinType::semi;
    if (e.key < 0 && needs_partner) return Fate::dropped;
    waiting_.push_back(e);
    return Fate::used;
  }

  // The one with the greatest time up to t; of equal times the one that came last.
  const Event* newest_of(std::int64_t key, std::int64_t t) const {
    const Event* newest = nullptr;
    for (const Event& v : versions_) {
      if (v.key != key || v.time > t) continue;
      if (newest == nullptr || v.time >= newest->time) newest = &v;
    }
    return newest;
  }

  bool is_too_old(const Event& version) const {
    return setup_.within && version.time + *setup_.within < watermark_;
  }

  void forget_deletions() {
    const std::vector<Event> all = versions_;
    for (const Event& e : all) {
      const Event* newest = newest_of(e.key, watermark_ - 1);
      if (newest == nullptr || !newest->deletes) continue;
      const Event deletion = *newest;
      std::erase_if(versions_, [&](const Event& v) {
        return v.key == deletion.key && v.time <= deletion.time;
      });
    }
  }

  void answer(const Event& e) {
    const Event* version = e.key < 0 ? nullptr : newest_of(e.key, e.time);
    if (version != nullptr && version->deletes) version = nullptr;
    if (version != nullptr && setup_.within && version->time + *setup_.within < e.time) {
      version = nullptr;
    }
    const std::string left = json_of(e);
    const bool pairs = setup_.type == JoinType::inner || setup_.type == JoinType::left;
    if (version != nullptr && pairs) {
      rows.push_back(left.substr(0, left.size() - 1) + ",\"right\":" + json_of(*version) + "}");
    } else if (version != nullptr
                   ? setup_.type == JoinType::semi
                   : setup_.type == JoinType::left || setup_.type == JoinType::anti) {
      rows.push_back(left);
    }
  }

  Setup setup_;
  std::int64_t watermark_ = -1;
  std::vector<Event> versions_;
  std::vector<Event> waiting_;
};

class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }

  Setup setup() {
    static constexpr JoinType kTypes[] = {JoinType::inner, JoinType::left, JoinType::semi,
                                          JoinType::anti};
    Setup setup{kTypes[below(4)], std::nullopt};
    if (below(2) == 0) setup.within = below(12);
    return setup;
  }

  std::vector<Event> events(std::int64_t disorder) {
    std::vector<Event> events;
    std::int64_t now = 1'000'000;
    const std::int64_t keys = 1 + below(4);
    const std::int64_t versions = 1 + below(4);  // in five events
    const std::int64_t count = below(150);
    for (std::int64_t n = 0; n < count; ++n) {
      now += below(8) == 0 ? below(15) : below(2);
      const std::size_t side = below(5) < versions ? 1 : 0;
      const bool deletes = side == 1 && below(5) == 0;
      events.push_back({side, now - below(disorder + 1), below(keys + 1) - 1, n, deletes});
    }
    return events;
  }

 private:
  std::mt19937 random_;
};

TEST_CASE("an as-of join is the walk over all versions that have come") {
  for (unsigned seed = 0; seed < rounds(3000); ++seed) {
    Random random(seed);
    const Setup setup = random.setup();
    CAPTURE(seed, setup.words(), static_cast<int>(setup.type));
    const std::int64_t disorder = random.below(8);
    const std::int64_t allowed = random.below(3) == 0 ? disorder / 2 : disorder;
    JoinHarness join(setup.words(), setup.type);
    Reference reference(setup);
    std::int64_t greatest = 0;
    std::int64_t watermark = -1;
    for (const Event& e : random.events(disorder)) {
      CAPTURE(e.number);
      const Outcome outcome = join.feed(e.side, e.time, json_of(e));
      REQUIRE(static_cast<int>(outcome.fate) == static_cast<int>(reference.put(e)));
      greatest = std::max(greatest, e.time);
      if (random.below(3) > 0 && greatest - allowed > watermark) {
        watermark = greatest - allowed;
        join.watermark(watermark);
        reference.watermark(watermark);
        REQUIRE(join.out.rows == reference.rows);
      }
      if (random.below(12) == 0) REQUIRE(join.restart());
    }
    join.end();
    reference.watermark(INT64_MAX);
    REQUIRE(join.out.rows == reference.rows);
    CHECK(join.state().starts_with("\"left\":0,"));
    if (setup.within) CHECK(join.state().find("\"right\":0,\"keys\":0,") != std::string::npos);
  }
}

}  // namespace
}  // namespace streamutils::testing
