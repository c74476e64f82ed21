// The table of groups, against a map of the standard library.
// SPDX-License-Identifier: Apache-2.0
#include "ops/keyed.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <random>
#include <string>

namespace streamutils {
namespace {

std::uint64_t& number(Group* group) { return *reinterpret_cast<std::uint64_t*>(group->state()); }

TEST_CASE("a group is found by its key, and keeps key, spelling and place") {
  GroupTable table(16);
  const auto found = table.find_or_add({"1", "1.0"});
  REQUIRE(found.is_new);
  number(found.group) = 42;
  for (int i = 0; i < 10000; ++i) {
    const auto other = table.find_or_add({"key " + std::to_string(i), {}});
    REQUIRE(other.is_new);
    number(other.group) = static_cast<std::uint64_t>(i);
  }
  CHECK(table.find("1") == found.group);
  CHECK(number(found.group) == 42);
  CHECK(found.group->key() == "1");
  CHECK(found.group->spelling() == "1.0");
  CHECK_FALSE(table.find_or_add({"1", "1e0"}).is_new);
  CHECK(table.find("key 77")->spelling() == "key 77");
  CHECK(table.find("key 77")->group_key().spelling.empty());
  CHECK(table.find("2") == nullptr);
  CHECK(table.size() == 10001);
}

TEST_CASE("keys may be empty, hold any byte, and be larger than a chunk") {
  GroupTable table(32);
  const std::string large(3 << 20, 'x');
  const std::string keys[] = {"", std::string("\0", 1), "\n", large, large + "y", "after"};
  for (const std::string& key : keys) {
    const auto found = table.find_or_add({key, {}});
    REQUIRE(found.is_new);
    std::memset(found.group->state(), 0xAB, 32);
  }
  for (const std::string& key : keys) {
    REQUIRE(table.find(key) != nullptr);
    CHECK(table.find(key)->key() == key);
  }
}

TEST_CASE("any sequence of adding, erasing and clearing is that of a map") {
  std::mt19937 random(11);
  GroupTable table(16);
  std::map<std::string, std::uint64_t> reference;
  for (int step = 0; step < 200000; ++step) {
    const std::string key(random() % 40, static_cast<char>('a' + random() % 26));
    const auto action = random() % 1000;
    if (action == 0) {
      table.clear();
      reference.clear();
    } else if (action < 450) {
      Group* group = table.find(key);
      REQUIRE((group != nullptr) == reference.contains(key));
      if (!group) continue;
      REQUIRE(number(group) == reference[key]);
      table.erase(group);
      reference.erase(key);
    } else {
      const auto found = table.find_or_add({key, {}});
      REQUIRE(found.is_new == !reference.contains(key));
      if (found.is_new) reference[key] = number(found.group) = random();
      REQUIRE(number(found.group) == reference[key]);
    }
    REQUIRE(table.size() == reference.size());
  }
}

TEST_CASE("the memory of an erased group serves the next of its size") {
  GroupTable table(16);
  for (int i = 0; i < 100; ++i) table.find_or_add({std::to_string(1000 + i), {}});
  const std::size_t before = table.bytes();
  for (int i = 0; i < 100000; ++i) {
    table.erase(table.find_or_add({std::to_string(10000 + i % 90000), {}}).group);
  }
  CHECK(table.bytes() == before);
}

TEST_CASE("groups in the memory of a window before know nothing of it") {
  GroupTable table(16);
  const auto key = [](int window, int i) { return std::to_string(window * 1'000'000 + i); };
  for (const int window : {0, 1, 2}) {
    // Several huge pages; the last window is small.
    const int count = window < 2 ? 200'000 : 1'000;
    for (int i = 0; i < count; ++i) {
      const auto found = table.find_or_add({key(window, i), {}});
      REQUIRE(found.is_new);
      number(found.group) = static_cast<std::uint64_t>(i);
    }
    for (int i = 0; i < count; ++i) {
      const Group* const group = table.find(key(window, i));
      REQUIRE(group != nullptr);
      REQUIRE(group->key() == key(window, i));
      REQUIRE(number(table.find(key(window, i))) == static_cast<std::uint64_t>(i));
    }
    CHECK(table.groups().size() == static_cast<std::size_t>(count));
    CHECK(table.find(key(window + 10, 7)) == nullptr);
    if (window > 0) CHECK(table.find(key(window - 1, 7)) == nullptr);
    table.clear();
  }
}

}  // namespace
}  // namespace streamutils
