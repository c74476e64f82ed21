// The enrichment by a table against a map: rows and events in any order, as --follow allows.
//
// Keys in several spellings and types, deletions, restarts, and blocks of lines that are foreseen
// but of which not all come.
// SPDX-License-Identifier: Apache-2.0
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

struct Spelling {
  std::string_view text;
  int key;  // -1: none
};

constexpr Spelling kSpellings[] = {{"1", 1},           {"1.0", 1},   {"1e0", 1},   {"\"1\"", 2},
                                   {"\"\\u0031\"", 2}, {"true", 3},  {"[1,2]", 4}, {"[1.0, 2]", 4},
                                   {"\"\"", 5},        {"null", -1}, {"-0", 6},    {"0.0", 6}};

struct Line {
  std::string json;
  int key;
  bool deletes;
};

class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }

  Line line(std::size_t side, int number) {
    const Spelling& key = kSpellings[below(std::size(kSpellings))];
    const bool deletes = side == 1 && below(4) == 0;
    const std::string value = deletes ? "null" : std::to_string(number);
    return {"{\"k\":" + std::string(key.text) + ",\"ts\":1,\"n\":" + value + "}", key.key, deletes};
  }

 private:
  std::mt19937 random_;
};

class Reference {
 public:
  explicit Reference(JoinType type) : type_(type) {}

  void put(std::size_t side, const Line& line) {
    if (side == 0) return enrich(line);
    if (line.key < 0) return;
    if (line.deletes) {
      table_.erase(line.key);
    } else {
      table_[line.key] = line.json;
    }
  }

  std::size_t size() const { return table_.size(); }

  std::vector<std::string> rows;

 private:
  void enrich(const Line& line) {
    const auto row = table_.find(line.key);
    const bool found = row != table_.end();
    if (found && (type_ == JoinType::inner || type_ == JoinType::left)) {
      const std::string left = line.json.substr(0, line.json.size() - 1);
      rows.push_back(left + ",\"right\":" + row->second + "}");
    } else if (found ? type_ == JoinType::semi
                     : type_ == JoinType::left || type_ == JoinType::anti) {
      rows.push_back(line.json);
    }
  }

  JoinType type_;
  std::map<int, std::string> table_;
};

// As the driver has them: one after the other in a block, with padding behind it.
std::vector<std::string_view> lines_in(std::string& block, const std::vector<Line>& lines) {
  block.clear();
  for (const Line& line : lines) block += line.json + "\n";
  const std::size_t size = block.size();
  block.append(Record::kPadding, '\0');
  std::vector<std::string_view> views;
  for (std::string_view rest = std::string_view(block).substr(0, size); !rest.empty();) {
    views.push_back(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(views.back().size() + 1);
  }
  return views;
}

TEST_CASE("a table join is a look-up in what has come before, in whatever order it comes") {
  static constexpr JoinType kTypes[] = {JoinType::inner, JoinType::left, JoinType::semi,
                                        JoinType::anti};
  for (unsigned seed = 0; seed < rounds(2000); ++seed) {
    Random random(seed);
    const JoinType type = kTypes[random.below(4)];
    CAPTURE(seed, static_cast<int>(type));
    JoinHarness join("on k table r l", type);
    Reference reference(type);
    std::string block;
    int number = 0;
    for (std::size_t blocks = random.below(40); blocks > 0; --blocks) {
      const std::size_t side = random.below(2);
      std::vector<Line> lines;
      for (std::size_t n = random.below(6); n > 0; --n)
        lines.push_back(random.line(side, number++));
      const auto views = lines_in(block, lines);
      if (random.below(4) > 0) join.foresee(views);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        if (random.below(10) == 0) continue;
        join.feed_in_place(side, 1, views[i]);
        reference.put(side, lines[i]);
      }
      join.foresee({});
      if (random.below(6) == 0) REQUIRE(join.restart());
      REQUIRE(join.out.rows == reference.rows);
    }
    CHECK(join.state().starts_with("\"keys\":" + std::to_string(reference.size()) + ","));
  }
}

}  // namespace
}  // namespace streamutils::testing
