// JoinSlots against a map: what is of use is found, through segments that become two.
// SPDX-License-Identifier: Apache-2.0
#include "ops/join_slots.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <random>

namespace streamutils {
namespace {

using Places = std::map<std::uint32_t, std::uint32_t>;  // by hash

// Those of no use have a place before `first`.
void check_holds(const JoinSlots& slots, const Places& places, std::uint32_t first) {
  for (const auto& [hash, place] : places) {
    if (place >= first) REQUIRE(slots.find(hash).newest == place);
  }
  std::size_t of_use = 0;
  slots.for_each([&](const JoinSlots::Slot& slot) {
    REQUIRE(places.at(slot.hash) == slot.newest);
    of_use += slot.newest >= first ? 1 : 0;
  });
  const auto expected = std::count_if(places.begin(), places.end(),
                                      [&](const auto& each) { return each.second >= first; });
  REQUIRE(of_use == static_cast<std::size_t>(expected));
}

// Adds rows of random hashes, of which the newest `held` are of use; returns how many hashes are
// looked at in one step at most.
std::size_t add_rows(std::uint32_t rows, std::uint32_t held, std::uint32_t mask) {
  std::mt19937 random(rows + held);
  JoinSlots slots;
  Places places;
  std::uint32_t first = 0;
  std::size_t most = 0;
  for (std::uint32_t place = 1; place <= rows; ++place) {
    first = place > held ? place - held : 0;
    std::size_t looked_at = 0;
    const std::uint32_t hash = static_cast<std::uint32_t>(random()) & mask;
    JoinSlots::Slot& slot = slots.slot_for(hash, [&](const JoinSlots::Slot& other) {
      ++looked_at;
      return other.newest >= first;
    });
    REQUIRE(slot.hash == hash);
    slot.newest = places[hash] = place;
    most = std::max(most, looked_at);
  }
  check_holds(slots, places, first);
  slots.drop_idle([&](const JoinSlots::Slot& slot) { return slot.newest >= first; });
  check_holds(slots, places, first);
  slots.for_each([&](const JoinSlots::Slot& slot) { REQUIRE(slot.newest >= first); });
  slots.clear();
  slots.for_each([](const JoinSlots::Slot&) { FAIL("cleared"); });
  return most;
}

TEST_CASE("Slots of a join: what is of use is found, what is not makes room") {
  CHECK(add_rows(3, 3, 0xffffffff) <= 16);
  CHECK(add_rows(50'000, 50, 0xffffffff) <= 4096);
  CHECK(add_rows(50'000, 2'000, 0xffffffff) <= 4096);
}

TEST_CASE("Slots of a join: however many there are, only some thousand are moved at a time") {
  CHECK(add_rows(300'000, 300'000, 0xffffffff) <= 4096);
  CHECK(add_rows(300'000, 100'000, 0xffffffff) <= 4096);
}

TEST_CASE("Slots of a join: hashes that share all their upper bits, or their lower ones") {
  add_rows(20'000, 20'000, 0x00003fff);
  add_rows(20'000, 20'000, 0xfffc0000);
}

}  // namespace
}  // namespace streamutils
