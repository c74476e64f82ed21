// The interval join against its definition: two nested loops over the events that were in time.
//
// Random events of both sides, few keys of very different weight, bounds of every sort, watermarks
// at random places, restarts at random moments.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "../rounds.h"
#include "join_harness.h"

namespace streamutils::testing {
namespace {

struct Event {
  std::size_t side;
  std::int64_t time;
  std::int64_t key;      // -1: null
  std::int64_t number;   // of all
  std::int64_t expires;  // of LEFT
  bool in_time = true;
  std::size_t pad = 0;  // bytes that nobody looks at
};

struct Setup {
  std::string words;
  JoinType type;
  std::int64_t lower;
  std::int64_t upper;
  bool by_field;
  bool unbounded;
};

// Some are strings, some numbers.
std::string key_of(const Event& e) {
  if (e.key < 0) return "null";
  return e.key % 2 == 0 ? "\"key " + std::to_string(e.key) + "\"" : std::to_string(e.key);
}

std::string json_of(const Event& e) {
  std::string json = "{\"n\":" + std::to_string(e.number);
  json += ",\"k\":" + key_of(e);
  if (e.side == 0) json += ",\"expires\":" + std::to_string(e.expires);
  if (e.pad > 0) json += ",\"pad\":\"" + std::string(e.pad, '-') + "\"";
  return json + "}";
}

JoinHarness make(const Setup& setup) { return {setup.words, setup.type, setup.unbounded}; }

Outcome feed(JoinHarness& join, const Event& e) { return join.feed(e.side, e.time, json_of(e)); }

// The events as lines that stay where they are, of which the join may foresee some.
class Block {
 public:
  explicit Block(const std::vector<Event>& events) : events_(events) {
    std::vector<std::size_t> ends;
    for (const Event& e : events) ends.push_back((text_ += json_of(e)).size());
    text_.append(Record::kPadding, ' ');
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      lines_.push_back(std::string_view(text_).substr(begin, end - begin));
      begin = end;
    }
  }

  Outcome feed(JoinHarness& join, std::size_t i) const {
    return join.feed_in_place(events_[i].side, events_[i].time, lines_[i]);
  }

  // Up to n lines of the side, from line i on.
  void foresee(JoinHarness& join, std::size_t side, std::size_t i, std::size_t n) const {
    std::vector<std::string_view> next;
    for (; i < lines_.size() && next.size() < n; ++i) {
      if (events_[i].side == side) next.push_back(lines_[i]);
    }
    join.foresee(side, next);
  }

 private:
  const std::vector<Event>& events_;
  std::string text_;
  std::vector<std::string_view> lines_;
};

// What has been forwarded: what leaves must not lie before it.
class Forwarded {
 public:
  void watermark(JoinHarness& join, std::int64_t seconds) {
    join.watermark(seconds);
    const Timestamp forwarded = join.least_time_to_come(seconds);
    CHECK(forwarded <= at_seconds(seconds));
    CHECK(forwarded >= last_);
    last_ = std::max(last_, forwarded);
    marks_.push_back({join.out.rows.size(), last_});
  }

  // (rows written so far, the watermark that was forwarded then)
  const std::vector<std::pair<std::size_t, Timestamp>>& marks() const { return marks_; }

 private:
  Timestamp last_ = kMinTime;
  std::vector<std::pair<std::size_t, Timestamp>> marks_;
};

bool match(const Setup& setup, const Event& l, const Event& r) {
  if (l.key != r.key || l.key < 0) return false;
  if (setup.unbounded) return true;
  const std::int64_t upper = setup.by_field ? l.expires : l.time + setup.upper;
  return r.time >= l.time + setup.lower && r.time <= upper;
}

std::string paired(const Event& l, const Event& r) {
  std::string row = json_of(l);
  row.pop_back();
  return row + ",\"right\":" + json_of(r) + "}";
}

std::string alone(const Event& r) {
  return "{\"k\":" + key_of(r) + ",\"ts\":" + std::to_string(r.time) + ",\"right\":" + json_of(r) +
         "}";
}

bool writes(const Setup& setup, std::initializer_list<JoinType> types) {
  return std::find(types.begin(), types.end(), setup.type) != types.end();
}

std::vector<std::string> reference(const Setup& setup, const std::vector<Event>& events) {
  std::vector<std::string> rows;
  std::map<std::int64_t, int> partners;
  for (const Event& l : events) {
    for (const Event& r : events) {
      if (l.side != 0 || r.side != 1 || !l.in_time || !r.in_time || !match(setup, l, r)) continue;
      ++partners[l.number];
      ++partners[r.number];
      if (!writes(setup, {JoinType::semi, JoinType::anti})) rows.push_back(paired(l, r));
    }
  }
  for (const Event& e : events) {
    if (!e.in_time) continue;
    const bool lonely = partners[e.number] == 0;
    const bool left = writes(setup, {JoinType::left, JoinType::full, JoinType::anti});
    const bool right = writes(setup, {JoinType::right, JoinType::full});
    if (e.side == 0 && lonely && left) rows.push_back(json_of(e));
    if (e.side == 0 && !lonely && setup.type == JoinType::semi) rows.push_back(json_of(e));
    if (e.side == 1 && lonely && right) rows.push_back(alone(e));
  }
  return rows;
}

class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }

  Setup setup() {
    static constexpr JoinType kTypes[] = {JoinType::inner, JoinType::left, JoinType::right,
                                          JoinType::full,  JoinType::semi, JoinType::anti};
    Setup setup{.words = {},
                .type = kTypes[below(6)],
                .lower = 0,
                .upper = 0,
                .by_field = below(4) == 0,
                .unbounded = below(10) == 0};
    setup.lower = below(3) == 0 ? 0 : below(20) - 12;
    setup.upper = setup.lower + (below(3) == 0 ? 0 : below(15));
    const std::string lower = std::to_string(setup.lower) + "s";
    const std::string upper = setup.by_field ? "expires" : std::to_string(setup.upper) + "s";
    setup.words = "on k within " + lower + ".." + upper + " l r";
    if (setup.unbounded) setup.words = "on k l r";
    return setup;
  }

  // Time goes on; each event is up to `disorder` late.  One key has most of them.
  std::vector<Event> events(std::int64_t disorder) {
    std::vector<Event> events;
    std::int64_t now = 1'000'000;
    const std::int64_t keys = 1 + below(6);
    for (std::int64_t n = below(120); n > 0; --n) {
      now += below(6) == 0 ? below(20) : below(2);
      const std::int64_t key = below(2) == 0 ? 0 : below(keys + 1) - 1;
      const std::int64_t time = now - below(disorder + 1);
      events.push_back({static_cast<std::size_t>(below(2)), time, key, n, time + below(25) - 5});
    }
    return events;
  }

 private:
  std::mt19937 random_;
};

TEST_CASE("an interval join is the nested loops over what was in time") {
  for (unsigned seed = 0; seed < rounds(1500); ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const Setup setup = random.setup();
    CAPTURE(setup.words, static_cast<int>(setup.type));
    const std::int64_t disorder = random.below(8);
    std::vector<Event> events = random.events(disorder);
    // At times the watermark comes too early for some.
    const std::int64_t allowed = random.below(4) == 0 ? disorder / 2 : disorder;
    JoinHarness join = make(setup);
    Forwarded forwarded;
    std::int64_t greatest = 0;
    std::int64_t watermark = -1;
    const Block block(events);
    for (std::size_t i = 0; i < events.size(); ++i) {
      Event& e = events[i];
      e.in_time = e.time >= watermark;
      if (random.below(4) == 0) {
        const auto side = static_cast<std::size_t>(random.below(2));
        block.foresee(join, side, i, static_cast<std::size_t>(random.below(6)));
      }
      const Outcome outcome = block.feed(join, i);
      CHECK((outcome.fate == Fate::late) == !e.in_time);
      greatest = std::max(greatest, e.time);
      if (random.below(3) > 0 && greatest - allowed > watermark) {
        watermark = greatest - allowed;
        forwarded.watermark(join, watermark);
      }
      if (random.below(12) == 0) REQUIRE(join.restart());
    }
    join.end();
    std::vector<std::string> expected = reference(setup, events);
    std::vector<std::string> got = join.out.rows;
    std::sort(expected.begin(), expected.end());
    std::sort(got.begin(), got.end());
    REQUIRE(got == expected);
    CHECK(join.state().starts_with("\"left\":0,\"right\":0,\"keys\":0,"));
  }
}

std::size_t bytes_of(const JoinHarness& join) {
  const std::string state = join.state();
  return std::stoul(state.substr(state.find("\"bytes\":") + 8));
}

TEST_CASE("an event that is far ahead holds up no memory, and meets its partner") {
  for (const JoinType type : {JoinType::inner, JoinType::left, JoinType::full, JoinType::semi}) {
    CAPTURE(static_cast<int>(type));
    for (const std::size_t far_side : {0U, 1U}) {
      JoinHarness join("on k within -5s..5s left right", type);
      const std::int64_t far = 9'000'000;
      join.feed(far_side, far, R"({"k":"far"})");
      const std::string pad(1000, '-');
      std::size_t most = 0;
      for (std::int64_t i = 0; i < 60'000; ++i) {
        const std::int64_t time = 1'000'000 + i / 100;
        const std::string json = R"({"k":)" + std::to_string(i) + R"(,"pad":")" + pad + "\"}";
        join.feed(i % 2, time, json);
        if (i % 100 == 0) join.watermark(time - 10);
        if (i % 1000 == 0) most = std::max(most, bytes_of(join));
      }
      // A second is 50 kB a side, and 15 seconds are held.
      CHECK(most < std::size_t{16} << 20);
      join.out.rows.clear();
      join.feed(1 - far_side, far, R"({"k":"far","partner":true})");
      CHECK(join.out.rows.size() == 1);
    }
  }
}

// Enough for parts of the state to be given back, and to be put together.
TEST_CASE("an interval join of many long events is the nested loops, too") {
  for (unsigned seed = 0; seed < rounds(60); ++seed) {
    CAPTURE(seed);
    Random random(seed + 9000);
    const Setup setup = random.setup();
    CAPTURE(setup.words, static_cast<int>(setup.type));
    JoinHarness join = make(setup);
    std::vector<Event> events;
    std::int64_t now = 1'000'000;
    for (std::int64_t n = 0; n < 1200; ++n) {
      now += random.below(8) == 0 ? 1 : 0;
      const std::int64_t time = now - random.below(4);
      const std::int64_t key = random.below(3) == 0 ? random.below(40) : random.below(400);
      const std::int64_t expires = time + (random.below(20) == 0 ? 1000 : random.below(9));
      events.push_back({static_cast<std::size_t>(random.below(2)), time, key, n, expires});
      events.back().pad = static_cast<std::size_t>(random.below(random.below(9) == 0 ? 99999 : 99));
      feed(join, events.back());
      join.watermark(now - 3);
      if (random.below(400) == 0) REQUIRE(join.restart());
    }
    join.end();
    std::vector<std::string> expected = reference(setup, events);
    std::sort(expected.begin(), expected.end());
    std::sort(join.out.rows.begin(), join.out.rows.end());
    REQUIRE((join.out.rows == expected));
  }
}

TEST_CASE("rows of a join do not leave behind the watermark that was forwarded") {
  for (unsigned seed = 0; seed < rounds(300); ++seed) {
    CAPTURE(seed);
    Random random(seed + 7000);
    const Setup setup = random.setup();
    CAPTURE(setup.words, static_cast<int>(setup.type));
    std::vector<Event> events = random.events(5);
    std::map<std::string, std::int64_t> time_of;
    JoinHarness join = make(setup);
    Forwarded forwarded;
    std::int64_t greatest = 0;
    for (const Event& e : events) {
      time_of["\"n\":" + std::to_string(e.number) + ","] = e.time;
      feed(join, e);
      greatest = std::max(greatest, e.time);
      forwarded.watermark(join, greatest - 5);
    }
    join.end();
    std::size_t mark = 0;
    Timestamp w = kMinTime;
    for (std::size_t i = 0; i < join.out.rows.size(); ++i) {
      for (; mark < forwarded.marks().size() && forwarded.marks()[mark].first <= i; ++mark) {
        w = forwarded.marks()[mark].second;
      }
      const std::string& row = join.out.rows[i];
      const std::size_t n = row.find("\"n\":");
      const auto time = time_of.find(row.substr(n, row.find(',', n) - n + 1));
      REQUIRE(time != time_of.end());
      CHECK(at_seconds(time->second) >= w);
    }
  }
}

}  // namespace
}  // namespace streamutils::testing
