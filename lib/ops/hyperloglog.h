// HyperLogLog: how many different values there were, nearly, in 16 KiB at most.
//
// Flajolet, Fusy, Gandouet and Meunier (2007) with the 64-bit hash and the sparse beginning of
// HyperLogLog++ (Heule, Nunkesser and Hall, 2013), and the estimator of Ertl, "New cardinality
// estimation algorithms for HyperLogLog sketches" (2017), which needs no tables of corrections.
// Ours: the sparse form keeps whole hashes, so that up to kExact values are counted one by one.
//
// The hash is XXH3 (64 bits, seed 0) of the value's canonical text.  It is the same everywhere and
// for ever, so that sketches of different runs merge; the result depends on the set of values
// alone.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace streamutils {

class HyperLogLog {
 public:
  static constexpr int kIndexBits = 14;  // a standard error of 1.04 / sqrt(2^14) = 0.81 %
  static constexpr std::size_t kExact = 1024;

  void add(std::string_view text);
  void merge(const HyperLogLog& other);

  std::uint64_t estimate() const;

  // Text without line ends; restore refuses what save() does not write.
  void save(std::string& out) const;
  bool restore(std::string_view text);

  std::size_t bytes() const;

 private:
  void add_hash(std::uint64_t hash);
  void add_to_registers(std::uint64_t hash);
  void become_dense();

  absl::flat_hash_set<std::uint64_t> hashes_;
  std::vector<std::uint8_t> registers_;  // instead, once they are too many
};

}  // namespace streamutils
