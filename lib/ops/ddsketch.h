// DDSketch: quantiles of any number of values, each within a known share of the true one.
//
// Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
// guarantees", VLDB 2019.  A value x falls into the bucket i with g^(i-1) < x <= g^i, and any value
// of a bucket is near all others of it.  Negative values have buckets of their own, and so has 0.
// Buckets are counts, so a sketch depends neither on the order of values nor on how they were
// parted; none is ever given up, as the paper does to bound memory: 10^-3 to 10^6 are 2400 of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"

namespace streamutils {

class DDSketch {
 public:
  // The estimate of a quantile is within this share of a value that has its rank.
  static constexpr double kRelativeError = 0.005;

  // REQUIRES: value is finite, n > 0.
  void add(double value, std::uint64_t n = 1);
  void merge(const DDSketch& other);

  // Takes away what add() or merge() has brought, but not from the range of the values, which is to
  // be set anew before anything else is asked for.
  void subtract(double value, std::uint64_t n);
  void subtract(const DDSketch& other);
  void set_range(double least, double greatest) { least_ = least, greatest_ = greatest; }

  // REQUIRES: count() > 0.
  double least() const { return least_; }
  double greatest() const { return greatest_; }

  std::uint64_t count() const { return count_; }

  // The value of that rank among all in ascending order, nearly; exactly for the least and the
  // greatest.  REQUIRES: 1 <= rank <= count().
  double at_rank(std::uint64_t rank) const;

  // Text without line ends; restore refuses what save() does not write.
  void save(std::string& out) const;
  bool restore(std::string_view text);

  std::size_t bytes() const;

 private:
  // Counts by bucket.  The bucket of a negative value is that of its magnitude in negative_.
  using Buckets = absl::flat_hash_map<std::int32_t, std::uint64_t>;

  static void take(Buckets& buckets, std::int32_t bucket, std::uint64_t n);
  static void save_buckets(const Buckets& buckets, std::string& out);
  bool restore_buckets(std::string_view& text, Buckets& buckets);

  Buckets positive_;
  Buckets negative_;
  std::uint64_t zeros_ = 0;
  std::uint64_t count_ = 0;
  double least_ = 0;  // of count_ > 0
  double greatest_ = 0;
};

}  // namespace streamutils
