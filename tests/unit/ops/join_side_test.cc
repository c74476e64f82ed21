// JoinSide against a plain list of rows: what a search finds, what an image holds, across chunks,
// rows larger than a chunk, hot keys, copies of the log, and the end of what places tell apart.
// SPDX-License-Identifier: Apache-2.0
#include "ops/join_side.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../rounds.h"
#include "ops/keyed.h"

namespace streamutils {
namespace {

Timestamp at_second(std::int64_t s) { return Timestamp(std::chrono::seconds(s)); }

struct Row {
  std::int64_t time;
  std::int64_t expiry;
  std::string key;
  std::size_t size;
  bool matched = false;
  bool done = false;
};

void write_numbers(const LogPart& part, SnapshotWriter& out) {
  out.entry("rows");
  part.for_each([&out](const LoggedRow& of, bool matched) {
    RowText& row = out.row();
    row.put(of.number);
    row.put(std::uint64_t{of.text().size()});
    row.put(std::uint64_t{matched});
  });
}

struct Saved {
  std::uint64_t size = 0;  // of its text
  bool matched = false;
  bool operator==(const Saved&) const = default;
};
using Numbers = std::map<std::uint64_t, Saved>;

class Model {
 public:
  Model(unsigned seed, std::optional<int> lasts)
      : random_(seed),
        lasts_(lasts),
        side_(0, write_numbers,
              lasts ? std::optional<Duration>(std::chrono::seconds(*lasts)) : std::nullopt,
              JoinLog::kNumbers - 1 - below(4)) {}

  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

  void add() {
    now_ += below(12) == 0 ? 1 : 0;
    Row row{
        .time = now_ - static_cast<std::int64_t>(below(10)), .expiry = 0, .key = key(), .size = 0};
    row.expiry = row.time + (lasts_ ? *lasts_ : static_cast<int>(below(8) == 0 ? 3000 : below(20)));
    row.size = below(500) == 0 ? below(900'000) : below(20) == 0 ? below(50'000) : below(400);
    if (row.expiry < watermark_) return;
    const std::string text(row.size, 'x');
    const std::uint64_t number = rows_.size();
    side_.add({.time = at_second(row.time),
               .expiry = at_second(row.expiry),
               .number = number,
               .hash = GroupTable::hash_of(row.key)},
              {row.key,
               "",
               {std::string_view(text).substr(0, row.size / 3),
                std::string_view(text).substr(row.size / 3)}});
    rows_.push_back(row);
    if (row.expiry > watermark_) changes_.insert(number);
  }

  void find() {
    const std::string wanted = key();
    const std::int64_t first = now_ - static_cast<std::int64_t>(below(30));
    const std::int64_t last = first + static_cast<std::int64_t>(below(6));
    std::vector<std::uint64_t> expected;
    for (std::uint64_t n = 0; n < rows_.size(); ++n) {
      const Row& row = rows_[n];
      const bool in_range = row.time >= first && row.time <= last;
      if (is_held(row) && in_range && row.key == wanted) expected.push_back(n);
    }
    std::stable_sort(expected.begin(), expected.end(),
                     [this](auto a, auto b) { return rows_[a].time < rows_[b].time; });
    const std::uint32_t hash = GroupTable::hash_of(wanted);
    std::vector<std::uint64_t> got;
    const auto found = side_.find(wanted, hash, at_second(first), at_second(last));
    for (const FoundRow& row : found) {
      got.push_back(row.number);
      REQUIRE(row.row->text().size() == rows_[row.number].size);
      REQUIRE(&side_.log().at(row.place) == row.row);
    }
    REQUIRE(got == expected);
    if (found.empty() || below(3) > 0) return;
    const FoundRow met = found[below(static_cast<unsigned>(found.size()))];
    side_.log().keep_for_image(*met.row, met.place);
    met.row->matched = rows_[met.number].matched = true;
    if (below(2) == 0) return;
    side_.log().keep_for_image(*met.row, met.place);
    met.row->done = rows_[met.number].done = true;
    side_.forget(hash, met);
  }

  void watermark() {
    watermark_ = std::max(watermark_, now_ - 10 - static_cast<std::int64_t>(below(5)));
    side_.set_watermark(at_second(watermark_));
  }

  void compact() { side_.compact(); }

  // Or a slice of the one that is being taken.
  void image() {
    if (!image_) {
      begin_image();
    } else if (side_.log().continue_image(below(40))) {
      CHECK(taken() == expected_);
      image_.reset();
    }
  }

  void count() const {
    std::map<std::string, int> keys;
    std::size_t held = 0;
    for (const Row& row : rows_) {
      if (!is_held(row)) continue;
      ++keys[row.key];
      ++held;
    }
    CHECK(side_.count_hashes([](std::uint32_t) { return false; }) == keys.size());
    std::size_t found = 0;
    side_.log().for_each_held(at_second(watermark_), [&](LoggedRow&, JoinLog::Place) { ++found; });
    CHECK(found == held);
  }

  std::size_t bytes() const { return side_.log().bytes(); }

 private:
  bool is_held(const Row& row) const { return !row.done && row.expiry >= watermark_; }
  std::string key() {
    return below(2) == 0 ? "hot" : "key" + std::to_string(below(below(2) == 0 ? 10 : 1000));
  }

  void begin_image() {
    image_.emplace();
    image_->set_part_taker(
        [this](std::unique_ptr<SnapshotPart> part) { parts_.push_back(std::move(part)); });
    const bool is_whole = !had_image_ || below(2) == 0;
    had_image_ = true;
    expected_.clear();
    for (std::uint64_t n = 0; n < rows_.size(); ++n) {
      const Row& row = rows_[n];
      if (is_held(row) && (is_whole || changes_.contains(n)))
        expected_[n] = {row.size, row.matched};
    }
    changes_.clear();
    if (is_whole) {
      side_.log().begin_image(*image_, at_second(watermark_));
    } else {
      side_.log().begin_changes(*image_, at_second(watermark_));
    }
  }

  // By parts that are written when all is there, as by a thread that is slow.
  Numbers taken() {
    SnapshotWriter out;
    for (const auto& part : parts_) part->write(out);
    parts_.clear();
    Numbers numbers;
    SnapshotReader in(out.take());
    while (in.next()) {
      while (in.next_row()) {
        const Saved row{in.unsigned_integer(1UL), in.unsigned_integer(2UL) != 0};
        CHECK(numbers.emplace(in.unsigned_integer(0UL), row).second);
      }
    }
    CHECK(in.status().ok());
    return numbers;
  }

  std::mt19937 random_;
  std::optional<int> lasts_;
  JoinSide side_;
  std::vector<Row> rows_;  // by number
  std::int64_t now_ = 1'000'000;
  std::int64_t watermark_ = 999'000;
  bool had_image_ = false;
  std::optional<SnapshotWriter> image_;
  std::vector<std::unique_ptr<SnapshotPart>> parts_;
  Numbers expected_;
  std::set<std::uint64_t> changes_;  // rows since the last image was begun
};

TEST_CASE("a side of a join finds what a list of its rows has") {
  for (unsigned seed = 0; seed < rounds(40); ++seed) {
    CAPTURE(seed);
    Model model(seed, seed % 3 == 0 ? std::nullopt : std::optional(static_cast<int>(seed % 20)));
    const unsigned often = 2 + seed % 7;
    for (int i = 0; i < 4000; ++i) {
      CAPTURE(i);
      model.add();
      if (model.below(often) == 0) model.find();
      if (model.below(often) == 0) model.watermark();
      if (model.below(5) == 0) model.image();
      if (model.below(1000) == 0) model.compact();
      if (model.below(500) == 0) model.count();
    }
  }
}

// If each search looked at all rows of the key, this would take an hour.
TEST_CASE("a hot key of a join is searched by halving") {
  constexpr std::int64_t kRows = 200'000;
  constexpr std::int64_t kPrime = 7919;
  JoinSide side(0, write_numbers, std::chrono::hours(1000));
  const std::uint32_t hash = GroupTable::hash_of("hot");
  for (std::int64_t i = 0; i < kRows; ++i) {
    const Timestamp time = at_second(i * kPrime % kRows);
    side.add(
        {.time = time, .expiry = kMaxTime, .number = static_cast<std::uint64_t>(i), .hash = hash},
        {"hot", "", {}});
    const Timestamp wanted = at_second(i / 2 * kPrime % kRows);
    REQUIRE(side.find("hot", hash, wanted, wanted).size() == 1);
  }
}

TEST_CASE("a side of a join gives memory back as its rows expire") {
  Model model(1, 20);
  std::size_t most = 0;
  for (int i = 0; i < 100'000; ++i) {
    model.add();
    if (i % 10 == 0) model.watermark();
    most = std::max(most, model.bytes());
  }
  CHECK(most < std::size_t{16} << 20);
}

}  // namespace
}  // namespace streamutils
