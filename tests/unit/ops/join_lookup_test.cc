// The table of a join against a map: keys that come, change and go, and what they take.
// SPDX-License-Identifier: Apache-2.0
#include "ops/join_lookup.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace streamutils {
namespace {

struct Entry {
  std::string text;
  std::uint64_t number;
};

void compare(const JoinLookup& table, const std::map<std::string, Entry>& expected) {
  REQUIRE(table.size() == expected.size());
  for (const auto& [key, entry] : expected) {
    const TableRow* row = table.find(key, table.hash_of(key));
    REQUIRE(row != nullptr);
    REQUIRE(row->key() == key);
    REQUIRE(row->text() == entry.text);
    REQUIRE(row->number == entry.number);
  }
  const auto rows = table.all();
  REQUIRE(rows.size() == expected.size());
  for (std::size_t i = 1; i < rows.size(); ++i) REQUIRE(rows[i - 1]->number < rows[i]->number);
}

}  // namespace

TEST_CASE("a table that changes holds what a map does") {
  std::mt19937 random(7);
  JoinLookup table;
  std::map<std::string, Entry> expected;
  const auto below = [&random](std::size_t n) { return random() % n; };
  for (std::uint64_t number = 0; number < 60000; ++number) {
    const std::string key = std::to_string(below(3000));
    if (below(4) == 0) {
      table.erase(key);
      expected.erase(key);
    } else {
      const std::size_t size = below(2000) == 0 ? 3000000 : below(2000);
      const std::string text(size, static_cast<char>('a' + below(26)));
      const auto [at, is_new] = expected.try_emplace(key, Entry{text, number});
      if (!is_new) at->second.text = text;
      table.put(key, text, number);
    }
    if (number % 20000 == 7) compare(table, expected);
  }
  compare(table, expected);
  CHECK(table.find("none", table.hash_of("none")) == nullptr);
}

TEST_CASE("rows that are replaced for ever take no more memory, wherever those that stay lie") {
  TableRows rows;
  const std::string text(1000, 'x');
  std::vector<TableRows::Ref> staying;
  TableRows::Ref changing = rows.make("k", text, 0);
  const auto move = [&](const TableRow* old, TableRows::Ref copy) {
    if (old == rows.at(changing)) changing = copy;
    for (TableRows::Ref& row : staying) row = rows.at(row) == old ? copy : row;
  };
  for (std::uint64_t i = 1; i < 100000; ++i) {
    if (i % 2000 == 0) staying.push_back(rows.make("s", text, i));
    rows.free(std::exchange(changing, rows.make("k", text, i)), move);
  }
  CHECK(staying.size() == 49);
  CHECK(rows.bytes() == 50 * rows.at(staying[0])->size());
  CHECK(rows.chunk_bytes() <= std::size_t{4} << 20);
  for (std::size_t i = 0; i < staying.size(); ++i) {
    CHECK(rows.at(staying[i])->number == 2000 * (i + 1));
  }
}

// Each of them stays in what is filled as it changes for the last time.
TEST_CASE("a key that has changed often and stays then takes no more memory than others") {
  constexpr std::uint64_t kRowsOfChunk = 2047;  // of 1024 bytes
  JoinLookup table;
  const std::string text(1000, 'x');
  for (int key = 0; key < 40; ++key) {
    for (std::uint64_t i = 0; i < kRowsOfChunk; ++i) table.put(std::to_string(key), text, i);
  }
  CHECK(table.chunk_bytes() <= std::size_t{6} << 20);
}

}  // namespace streamutils
