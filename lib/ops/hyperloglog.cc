// SPDX-License-Identifier: Apache-2.0
#include "ops/hyperloglog.h"

#define XXH_INLINE_ALL  // no call, and no library to link
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "ops/aggregate_state.h"

namespace streamutils {
namespace {

constexpr std::size_t kRegisters = std::size_t{1} << HyperLogLog::kIndexBits;
constexpr int kRankBits = 64 - HyperLogLog::kIndexBits;
constexpr int kMaxRank = kRankBits + 1;

// Ertl's sigma: what registers that are still 0 tell.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (double before = -1; z != before;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

// Ertl's tau: what registers that are full tell.
double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double before = -1; z != before;) {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

}  // namespace

void HyperLogLog::add(std::string_view text) { add_hash(XXH3_64bits(text.data(), text.size())); }

void HyperLogLog::add_hash(std::uint64_t hash) {
  if (!registers_.empty()) return add_to_registers(hash);
  hashes_.insert(hash);
  if (hashes_.size() > kExact) become_dense();
}

// The register of the first 14 bits holds the greatest place of the first 1 among the others.
void HyperLogLog::add_to_registers(std::uint64_t hash) {
  const std::uint64_t rest = hash << kIndexBits;
  const int rank = rest == 0 ? kMaxRank : std::countl_zero(rest) + 1;
  std::uint8_t& greatest = registers_[hash >> kRankBits];
  greatest = std::max(greatest, static_cast<std::uint8_t>(rank));
}

void HyperLogLog::become_dense() {
  if (!registers_.empty()) return;
  registers_.assign(kRegisters, 0);
  for (const std::uint64_t hash : hashes_) add_to_registers(hash);
  hashes_ = {};
}

void HyperLogLog::merge(const HyperLogLog& other) {
  if (other.registers_.empty()) {
    for (const std::uint64_t hash : other.hashes_) add_hash(hash);
    return;
  }
  become_dense();
  for (std::size_t i = 0; i < kRegisters; ++i) {
    registers_[i] = std::max(registers_[i], other.registers_[i]);
  }
}

std::uint64_t HyperLogLog::estimate() const {
  if (registers_.empty()) return hashes_.size();
  std::array<double, kMaxRank + 1> with_rank{};
  for (const std::uint8_t rank : registers_) ++with_rank[rank];
  constexpr auto m = static_cast<double>(kRegisters);
  double z = m * tau(1 - with_rank[kMaxRank] / m);
  for (int rank = kMaxRank - 1; rank >= 1; --rank) {
    z = 0.5 * (z + with_rank[static_cast<std::size_t>(rank)]);
  }
  z += m * sigma(with_rank[0] / m);
  constexpr double kInverseLog = 0.721347520444481703;  // 1 / (2 ln 2)
  return static_cast<std::uint64_t>(std::llround(kInverseLog * m * m / z));
}

// "hash hash … " in ascending order, or '#' and a character for each register.
void HyperLogLog::save(std::string& out) const {
  if (!registers_.empty()) {
    out += '#';
    for (const std::uint8_t rank : registers_) out += static_cast<char>('0' + rank);
    return;
  }
  std::vector<std::uint64_t> sorted(hashes_.begin(), hashes_.end());
  std::ranges::sort(sorted);
  for (const std::uint64_t hash : sorted) out += std::to_string(hash) + ' ';
}

bool HyperLogLog::restore(std::string_view text) {
  if (!text.starts_with('#')) {
    while (!text.empty()) {
      std::uint64_t hash = 0;
      if (!take_integer(text, hash) || !hashes_.insert(hash).second) return false;
    }
    return hashes_.size() <= kExact;
  }
  text.remove_prefix(1);
  if (text.size() != kRegisters) return false;
  for (const char c : text) {
    if (c < '0' || c > '0' + kMaxRank) return false;
    registers_.push_back(static_cast<std::uint8_t>(c - '0'));
  }
  return true;
}

std::size_t HyperLogLog::bytes() const {
  return registers_.capacity() + hashes_.capacity() * (sizeof(std::uint64_t) + 1);
}

}  // namespace streamutils
