// FingerprintLog against a list, over all sizes at which it grows, with fingerprints that crowd.
// SPDX-License-Identifier: Apache-2.0
#include "ops/fingerprint_log.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <vector>

namespace streamutils {
namespace {

struct Nothing {};
using Log = FingerprintLog<Nothing>;

std::vector<Fingerprint> distinct_prints(std::size_t count, std::uint64_t low_bits) {
  std::mt19937_64 random(count);
  std::vector<Fingerprint> prints(count);
  for (Fingerprint& print : prints) print = {random() & low_bits, random()};
  return prints;
}

std::vector<Fingerprint> all_of(const Log& log) {
  std::vector<Log::Slot> slots(log.size());
  REQUIRE(log.copy_to(slots.data()) == slots.data() + slots.size());
  std::vector<Fingerprint> prints;
  for (const Log::Slot& slot : slots) prints.push_back(slot.print);
  std::sort(prints.begin(), prints.end());
  return prints;
}

// low_bits: which bits of the lower halves differ.
void check(std::size_t count, std::uint64_t low_bits) {
  CAPTURE(count, low_bits);
  std::vector<Fingerprint> prints = distinct_prints(count, low_bits);
  Log log;
  std::size_t wrong = 0;
  for (std::size_t n = 0; n < prints.size(); ++n) {
    wrong += log.find(prints[n]) != nullptr;
    const auto [slot, is_new] = log.find_or_insert(prints[n]);
    wrong += !is_new || slot->print != prints[n];
    const Fingerprint& old = prints[n / 2];
    const auto [known, is_known_new] = log.find_or_insert(old);
    wrong += is_known_new || known->print != old;
  }
  for (const Fingerprint& print : prints) {
    const Log::Slot* slot = log.find(print);
    wrong += slot == nullptr || slot->print != print;
    wrong += log.find({print.low, ~print.high}) != nullptr;
  }
  CHECK(wrong == 0);
  REQUIRE(log.size() == count);
  std::sort(prints.begin(), prints.end());
  CHECK(all_of(log) == prints);
}

TEST_CASE("a log finds what was put into it, at every size") {
  for (const std::size_t count :
       {0, 1, 3, 4, 12, 13, 100, 2047, 2048, 2049, 8'000, 49'152, 49'153}) {
    check(count, ~std::uint64_t{0});
  }
  check(900'000, ~std::uint64_t{0});
}

TEST_CASE("a log finds fingerprints of equal tags and of equal homes") {
  for (const std::size_t count : {20, 700, 3'000}) {
    check(count, 0);
    check(count, 0xffff);
    check(count, 0xffffffff00000000);
  }
  check(60'000, 0xffffffff00000000);
}

TEST_CASE("a log of many fingerprints takes at most 32 bytes for each") {
  std::mt19937_64 random(5);
  Log log;
  double greatest = 0;
  for (std::size_t n = 1; n <= 2'000'000; ++n) {
    log.insert({random(), random()});
    if (n < 300 || n % 64 != 0) continue;
    greatest = std::max(greatest, static_cast<double>(log.bytes()) / static_cast<double>(n));
  }
  CHECK(greatest <= 32);
}

TEST_CASE("the lanes of a bucket that have a tag") {
  std::mt19937 random(9);
  for (int round = 0; round < 1000; ++round) {
    LogBucket bucket{};
    unsigned expected = 0;
    for (std::size_t lane = 0; lane < LogBucket::kLanes; ++lane) {
      bucket.tags[lane] = static_cast<std::uint16_t>(random() % 3 == 0 ? 0x8001 : random());
      expected |= static_cast<unsigned>(bucket.tags[lane] == 0x8001) << lane;
    }
    REQUIRE(bucket.lanes_of(0x8001) == expected);
  }
}

}  // namespace
}  // namespace streamutils
