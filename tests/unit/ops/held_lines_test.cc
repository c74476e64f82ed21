// Lines that wait, against a sorted list: in what order they leave, and what they take.
// SPDX-License-Identifier: Apache-2.0
#include "ops/held_lines.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <utility>

namespace streamutils {
namespace {

using Ref = HeldLines::Ref;

// Lines by time and by when they came, as they should leave.
class Model {
 public:
  explicit Model(std::size_t head_size) : head_size_(head_size), lines_(head_size) {}

  void add(Timestamp t, const std::string& text) {
    const Ref ref = lines_.add(t, text);
    expected_[{t, ++number_}] = text;
    where_[{t, number_}] = ref;
    key_of_[ref] = {t, number_};
  }

  void remove(std::size_t nth) {
    const auto victim = std::next(expected_.begin(), static_cast<std::ptrdiff_t>(nth));
    const Key key = victim->first;
    const Ref ref = where_[key];
    where_.erase(key);
    key_of_.erase(ref);
    expected_.erase(victim);
    lines_.remove(ref, [this](Ref from, Ref to) {
      const auto node = key_of_.extract(from);
      REQUIRE(!node.empty());
      where_[node.mapped()] = to;
      REQUIRE(key_of_.emplace(to, node.mapped()).second);
    });
  }

  void check() const {
    REQUIRE(lines_.size() == expected_.size());
    if (expected_.empty()) return;
    REQUIRE(lines_.first() == where_.begin()->second);
    REQUIRE(lines_.line(lines_.first()) == expected_.begin()->second);
    REQUIRE(lines_.time(lines_.first()) == expected_.begin()->first.first);
  }

  // All of them, and that those of one time are visited as they came.
  void check_all() const {
    check();
    for (const auto& [key, ref] : where_) {
      REQUIRE(lines_.line(ref) == expected_.at(key));
      REQUIRE(lines_.time(ref) == key.first);
    }
    std::map<Timestamp, std::uint64_t> last;
    std::size_t visited = 0;
    for (const std::uint32_t index : lines_.in_order()) {
      HeldLines::for_each_row(lines_.rows_of(index), index, head_size_, [&](const auto& row) {
        const Key& key = key_of_.at(row.ref);
        REQUIRE(row.time == key.first);
        REQUIRE(row.line == expected_.at(key));
        REQUIRE(last[key.first] < key.second);
        last[key.first] = key.second;
        ++visited;
      });
    }
    REQUIRE(visited == expected_.size());
  }

  std::size_t size() const { return expected_.size(); }
  std::size_t bytes() const { return lines_.bytes(); }

 private:
  using Key = std::pair<Timestamp, std::uint64_t>;

  std::size_t head_size_;
  HeldLines lines_;
  std::map<Key, std::string> expected_;
  std::map<Key, Ref> where_;
  std::map<Ref, Key> key_of_;
  std::uint64_t number_ = 0;
};

// How far apart times are, and how much they differ in order.
struct Shape {
  std::int64_t step;
  std::int64_t disorder;
  std::size_t held;
};

TEST_CASE("held lines leave in order of time, of equal times as they came") {
  std::mt19937_64 random(5);
  const auto below = [&random](auto n) { return static_cast<decltype(n)>(random() % n); };
  constexpr std::int64_t kSecond = 1'000'000'000;
  for (const Shape& shape :
       {Shape{0, 1, 300}, Shape{1, 50, 300}, Shape{kSecond, 900 * kSecond, 800},
        Shape{kSecond / 1000, 20 * kSecond, 2000},
        Shape{std::int64_t{1} << 48, std::int64_t{1} << 60, 500}}) {
    CAPTURE(shape.step);
    Model model(shape.step % 3 == 0 ? 8 : 0);
    std::int64_t now = -shape.step * 3000;
    for (int i = 0; i < 20000; ++i) {
      now += shape.step == 0 ? 0 : below(std::uint64_t(2 * shape.step));
      const std::int64_t late = static_cast<std::int64_t>(below(std::uint64_t(shape.disorder)));
      const std::size_t size = below(1000U) == 0 ? 100'000 : below(300U);
      model.add(from_nanos(now - late), std::string(size, static_cast<char>('a' + i % 26)));
      while (model.size() > shape.held) model.remove(below(3U) == 0 ? below(model.size()) : 0);
      model.check();
      if (i % 4000 == 99) model.check_all();
    }
    while (model.size() > 0) {
      model.remove(0);
      model.check();
    }
  }
}

TEST_CASE("times from end to end are told apart") {
  Model model(0);
  for (const Timestamp t : {kMaxTime, kMinTime, Timestamp{}, kMinTime, kMaxTime}) model.add(t, "x");
  model.check_all();
  while (model.size() > 0) {
    model.remove(0);
    model.check();
  }
}

TEST_CASE("beside a line stand its end and as many bytes of time as its stretch needs") {
  constexpr std::int64_t kLines = 3'000'000;
  const std::string text(40, 'x');
  struct Row {
    Duration length;  // of all of them
    std::size_t beside;
  };
  for (const auto& [length, beside] :
       {Row{std::chrono::milliseconds(100), 4}, Row{std::chrono::hours(1), 6},
        Row{std::chrono::days(300), 7}}) {
    CAPTURE(length.count());
    HeldLines lines(0);
    for (std::int64_t i = 0; i < kLines; ++i)
      lines.add(from_nanos(length.count() / kLines * i), text);
    CHECK(lines.bytes() < kLines * (text.size() + beside + 1));
  }
}

TEST_CASE("a line that is replaced for ever takes no more memory, among others that stay") {
  for (const std::int64_t step : {0, 1000, 1'000'000'000}) {
    CAPTURE(step);
    HeldLines lines(0);
    const std::string text(200, 'x');
    for (std::int64_t i = 0; i < 1000; ++i) lines.add(from_nanos(i * step), text);
    const auto nobody = [](Ref, Ref) {};
    Ref changing = lines.add(from_nanos(1000 * step), text);
    for (std::int64_t i = 1001; i < 200'000; ++i) {
      lines.remove(changing,
                   [&](Ref from, Ref to) { changing = changing == from ? to : changing; });
      changing = lines.add(from_nanos(i * step), text);
    }
    CHECK(lines.size() == 1001);
    CHECK(lines.bytes() < 1'500'000);
    lines.remove(changing, nobody);
  }
}

}  // namespace
}  // namespace streamutils
