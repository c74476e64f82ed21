// SPDX-License-Identifier: Apache-2.0
#include "ops/ddsketch.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/decimal.h"
#include "ops/aggregate_state.h"

namespace streamutils {
namespace {

// Estimates are rounded to four digits, which costs up to 0.05 % of the error that is promised.
constexpr double kBucketError = 0.0044;
constexpr double kGrowth = (1 + kBucketError) / (1 - kBucketError);
const double kLogGrowth = std::log(kGrowth);
constexpr std::int32_t kMaxBucket = 100'000;  // doubles end at 81,000

std::int32_t bucket_of(double magnitude) {
  return static_cast<std::int32_t>(std::ceil(std::log(magnitude) / kLogGrowth));
}

// The value whose distance from both ends of the bucket is the same share of them, in four digits.
double middle_of(std::int32_t bucket) {
  const double middle = 2 * std::exp(bucket * kLogGrowth) / (kGrowth + 1);
  if (middle == 0 || !std::isfinite(middle)) return middle;
  char text[16];
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, middle, std::chars_format::scientific, 3);
  double rounded = middle;
  if (error == std::errc()) std::from_chars(text, end, rounded);
  return rounded;
}

using Sorted = std::vector<std::pair<std::int32_t, std::uint64_t>>;

template <typename Buckets>
Sorted sorted(const Buckets& buckets) {
  Sorted all(buckets.begin(), buckets.end());
  std::ranges::sort(all);
  return all;
}

// The bucket that the rank falls into, counted from the front.  REQUIRES: there is one.
std::int32_t bucket_at(const Sorted& buckets, std::uint64_t rank) {
  auto at = buckets.begin();
  while (rank > at->second && at + 1 != buckets.end()) rank -= (at++)->second;
  return at->first;
}

}  // namespace

void DDSketch::add(double value, std::uint64_t n) {
  if (value == 0) zeros_ += n;
  if (value > 0) positive_[bucket_of(value)] += n;
  if (value < 0) negative_[bucket_of(-value)] += n;
  least_ = count_ == 0 ? value : std::min(least_, value);
  greatest_ = count_ == 0 ? value : std::max(greatest_, value);
  count_ += n;
}

void DDSketch::merge(const DDSketch& other) {
  if (other.count_ == 0) return;
  for (const auto& [bucket, n] : other.positive_) positive_[bucket] += n;
  for (const auto& [bucket, n] : other.negative_) negative_[bucket] += n;
  zeros_ += other.zeros_;
  least_ = count_ == 0 ? other.least_ : std::min(least_, other.least_);
  greatest_ = count_ == 0 ? other.greatest_ : std::max(greatest_, other.greatest_);
  count_ += other.count_;
}

void DDSketch::take(Buckets& buckets, std::int32_t bucket, std::uint64_t n) {
  const auto found = buckets.find(bucket);
  found->second -= n;
  if (found->second == 0) buckets.erase(found);
}

void DDSketch::subtract(double value, std::uint64_t n) {
  if (value == 0) zeros_ -= n;
  if (value > 0) take(positive_, bucket_of(value), n);
  if (value < 0) take(negative_, bucket_of(-value), n);
  count_ -= n;
}

void DDSketch::subtract(const DDSketch& other) {
  for (const auto& [bucket, n] : other.positive_) take(positive_, bucket, n);
  for (const auto& [bucket, n] : other.negative_) take(negative_, bucket, n);
  zeros_ -= other.zeros_;
  count_ -= other.count_;
}

double DDSketch::at_rank(std::uint64_t rank) const {
  if (rank == 1) return least_;
  if (rank == count_) return greatest_;
  double estimate = 0;
  std::uint64_t below = 0;
  for (const auto& [bucket, n] : negative_) below += n;
  if (rank <= below) {
    // The least value has the greatest magnitude.
    estimate = -middle_of(bucket_at(sorted(negative_), below - rank + 1));
  } else if (rank > below + zeros_) {
    estimate = middle_of(bucket_at(sorted(positive_), rank - below - zeros_));
  }
  return std::clamp(estimate, least_, greatest_);
}

void DDSketch::save_buckets(const Buckets& buckets, std::string& out) {
  out += std::to_string(buckets.size()) + ' ';
  for (const auto& [bucket, n] : sorted(buckets)) {
    out += std::to_string(bucket) + ' ' + std::to_string(n) + ' ';
  }
}

bool DDSketch::restore_buckets(std::string_view& text, Buckets& buckets) {
  std::size_t size = 0;
  if (!take_integer(text, size)) return false;
  for (; size > 0; --size) {
    std::int32_t bucket = 0;
    std::uint64_t n = 0;
    if (!take_integer(text, bucket) || !take_integer(text, n) || n == 0) return false;
    if (std::abs(bucket) > kMaxBucket || !buckets.try_emplace(bucket, n).second) return false;
    if (__builtin_add_overflow(count_, n, &count_)) return false;
  }
  return true;
}

// "zeros least greatest buckets bucket n bucket n … buckets bucket n … ".
void DDSketch::save(std::string& out) const {
  out += std::to_string(zeros_) + ' ';
  append_double(out, least_);
  out += ' ';
  append_double(out, greatest_);
  out += ' ';
  save_buckets(positive_, out);
  save_buckets(negative_, out);
}

bool DDSketch::restore(std::string_view text) {
  if (!take_integer(text, zeros_) || !take_double(text, least_) || !take_double(text, greatest_)) {
    return false;
  }
  count_ = zeros_;
  return least_ <= greatest_ && restore_buckets(text, positive_) &&
         restore_buckets(text, negative_) && text.empty();
}

std::size_t DDSketch::bytes() const {
  constexpr std::size_t kSlot = sizeof(Buckets::value_type) + 1;
  return (positive_.capacity() + negative_.capacity()) * kSlot;
}

}  // namespace streamutils
