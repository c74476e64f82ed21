// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup_filter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "ops/dedup_state.h"
#include "ops/time_slices.h"

namespace streamutils {
namespace {

constexpr double kBlockBits = 512;
constexpr int kMaxProbes = 16;
constexpr int kMaxBitsPerKey = 128;
constexpr std::int64_t kSlices = 8;  // in D
constexpr double kFiltersAsked = 2 * kSlices + 1;

__extension__ typedef unsigned __int128 Wide;

// How often a blocked filter is wrong whose blocks hold `load` keys on average.  How many a block
// holds follows Poisson.
double rate_of(double load, int probes) {
  double rate = 0;
  double weight = std::exp(-load);
  const int most = static_cast<int>(load + 12 * std::sqrt(load) + 20);
  for (int keys = 0; keys <= most; ++keys) {
    const double clear = std::pow(1 - 1 / kBlockBits, static_cast<double>(keys) * probes);
    rate += weight * std::pow(1 - clear, probes);
    weight *= load / (keys + 1);
  }
  return rate;
}

// The bits of a fingerprint in its block: the high bits of a sequence that it begins.
template <typename Visit>
bool each_bit(const Fingerprint& print, int probes, Visit visit) {
  std::uint64_t x = print.high;
  for (int i = 0; i < probes; ++i) {
    const auto bit = static_cast<unsigned>(x >> 55);
    if (!visit(bit / 64, std::uint64_t{1} << bit % 64)) return false;
    x = x * 6364136223846793005U + 1442695040888963407U;
  }
  return true;
}

}  // namespace

double FilterShape::rate(std::uint64_t keys) const {
  return rate_of(static_cast<double>(keys) / static_cast<double>(blocks), probes);
}

std::optional<FilterShape> FilterShape::find(std::uint64_t keys, double rate) {
  for (int bits = 4; bits <= kMaxBitsPerKey; ++bits) {
    const double load = kBlockBits / bits;
    const int probes = std::clamp(static_cast<int>(std::lround(bits * 0.65)), 1, kMaxProbes);
    if (rate_of(load, probes) > rate) continue;
    const double blocks = std::ceil(static_cast<double>(keys) / load);
    return FilterShape{static_cast<std::size_t>(blocks), probes};
  }
  return std::nullopt;
}

std::optional<RotatingFilter> RotatingFilter::make(std::optional<Duration> within,
                                                   std::uint64_t max_keys, double rate) {
  const std::uint64_t keys = within ? (max_keys + kSlices - 1) / kSlices : max_keys;
  const auto shape = FilterShape::find(keys, rate / (within ? kFiltersAsked : 2));
  if (!shape) return std::nullopt;
  return RotatingFilter(within, keys, *shape);
}

std::int64_t RotatingFilter::slice_of(Timestamp t) const {
  const std::int64_t width = std::max<std::int64_t>((within_->count() - 1) / kSlices + 1, 1);
  return TimeSlices(Duration(width)).of(t);
}

// The slice of t itself is shorter than D, or as long as an instant.
bool RotatingFilter::is_in_reach(std::int64_t slice, Timestamp t) const {
  if (!within_) return true;
  const std::int64_t own = slice_of(t);
  if (slice < own) return slice > slice_of(minus(minus(t, *within_), Duration(1)));
  if (slice > own) return slice < slice_of(plus(plus(t, *within_), Duration(1)));
  return true;
}

std::size_t RotatingFilter::block_of(const Fingerprint& print) const {
  return static_cast<std::size_t>(static_cast<Wide>(print.low) * shape_.blocks >> 64);
}

bool RotatingFilter::holds(const Filter& filter, const Fingerprint& print) const {
  const FilterBlock& block = filter.blocks[block_of(print)];
  return each_bit(print, shape_.probes, [&block](unsigned word, std::uint64_t bit) {
    return (block.words[word] & bit) != 0;
  });
}

bool RotatingFilter::repeats(const Fingerprint& print, Timestamp t) {
  const std::int64_t slice = within_ ? slice_of(t) : newest_;
  double rate = 0;
  auto place = filters_.lower_bound(std::max(slice, std::numeric_limits<std::int64_t>::min() + 9) -
                                    kSlices - 1);
  for (; place != filters_.end() && place->first <= slice + kSlices + 1; ++place) {
    if (!is_in_reach(place->first, t)) continue;
    if (holds(place->second, print)) return true;
    rate += place->second.rate;
  }
  // Of those that are new, the share `rate` is taken for a repeat and never gets here.
  errors_ += rate / (1 - std::min(rate, 0.5));
  add(print, slice);
  return false;
}

void RotatingFilter::add(const Fingerprint& print, std::int64_t slice) {
  Filter* filter = &filter_for(slice);
  if (filter->keys >= keys_) {
    if (within_) {
      ++pushed_out_;
      return;
    }
    rotate();
    filter = &filter_for(newest_);
  }
  const std::size_t number = block_of(print);
  FilterBlock& block = filter->blocks[number];
  if (filter->image) filter->image->keep(number, block);
  if (filter->changed) note_change(*filter, number);
  each_bit(print, shape_.probes, [&block](unsigned word, std::uint64_t bit) {
    block.words[word] |= bit;
    return true;
  });
  // Not for each key: it is a sum of many terms.
  if (++filter->keys % std::max<std::uint64_t>(keys_ / 64, 16) == 0 || filter->keys == keys_) {
    filter->rate = shape_.rate(filter->keys);
  }
}

RotatingFilter::Filter& RotatingFilter::filter_for(std::int64_t slice) {
  Filter& filter = filters_[slice];
  if (filter.blocks) return filter;
  filter.blocks = std::make_unique<FilterBlock[]>(shape_.blocks);
  if (changes_.are_known()) begin_noting(filter);
  return filter;
}

void RotatingFilter::rotate() {
  ++newest_;
  if (filters_.size() < 2) return;
  pushed_out_ += filters_.begin()->second.keys;
  erase(filters_.begin());
}

void RotatingFilter::erase(Filters::iterator filter) {
  auto all = static_cast<std::size_t>(-1);
  Filter& gone = filter->second;
  if (gone.image) gone.image->go_on(gone.blocks.get(), all);
  changes_.remove(gone.count);
  filters_.erase(filter);
}

void RotatingFilter::forget_before(Timestamp w) {
  if (!within_) return;
  horizon_ = minus(w, *within_);
  const std::int64_t slice = slice_of(horizon_);
  while (!filters_.empty() && filters_.begin()->first < slice) erase(filters_.begin());
}

// --- State ---------------------------------------------------------------------------------------

void RotatingFilter::save_head(SnapshotWriter& out) const {
  out.entry("filters").field("horizon", horizon_).field("newest", newest_);
  out.field("pushed_out", pushed_out_).field("errors", std::bit_cast<std::uint64_t>(errors_));
}

void RotatingFilter::save_entry(SnapshotWriter& out, std::int64_t slice, const Filter& filter) {
  out.entry("filter").field("slice", slice).field("keys", filter.keys);
  out.field("rate", std::bit_cast<std::uint64_t>(filter.rate));
}

// Blocks without a key are left out.
void RotatingFilter::save(SnapshotWriter& out) const {
  save_head(out);
  for (const auto& [slice, filter] : filters_) {
    save_entry(out, slice, filter);
    FilterBlocks blocks(out);
    for (std::size_t i = 0; i < shape_.blocks; ++i) {
      if (!filter.blocks[i].is_empty()) blocks.add(i, filter.blocks[i]);
    }
  }
}

// Changes name all filters that there are: others have gone.
void RotatingFilter::restore(SnapshotReader& in) {
  if (!in.next_is("filters")) return in.fail("no entry 'filters'");
  horizon_ = in.time("horizon");
  newest_ = in.integer("newest");
  pushed_out_ = in.unsigned_integer("pushed_out");
  errors_ = std::bit_cast<double>(in.unsigned_integer("errors"));
  std::set<std::int64_t> named;
  while (in.next_is("filter")) {
    const std::int64_t slice = in.integer("slice");
    named.insert(slice);
    Filter& filter = filter_for(slice);
    filter.keys = in.unsigned_integer("keys");
    filter.rate = std::bit_cast<double>(in.unsigned_integer("rate"));
    while (in.next_is("blocks")) restore_blocks(in, filter);
  }
  std::erase_if(filters_, [&named](const auto& filter) { return !named.contains(filter.first); });
}

void RotatingFilter::restore_blocks(SnapshotReader& in, Filter& filter) {
  const std::string text = in.text("blocks");
  for (std::string_view hex = text; !hex.empty();) {
    const auto i = take_hex(hex);
    if (!i || *i >= shape_.blocks) return in.fail("'blocks' names a block that is not there");
    for (std::uint64_t& word : filter.blocks[*i].words) {
      const auto taken = take_hex(hex);
      if (!taken) return in.fail("'blocks' is cut off, or no hexadecimal text");
      word = *taken;
    }
  }
}

// --- Images --------------------------------------------------------------------------------------

// With a key, about.
std::size_t RotatingFilter::used_blocks() const {
  std::size_t used = 0;
  for (const auto& [slice, filter] : filters_) {
    used += std::min(static_cast<std::size_t>(filter.keys), shape_.blocks);
  }
  return used;
}

void RotatingFilter::note_change(Filter& filter, std::size_t block) {
  if (!filter.changed->add(block)) return;
  ++filter.count;
  if (changes_.add(used_blocks())) return;
  for (auto& [slice, each] : filters_) {
    each.changed.reset();
    each.count = 0;
  }
}

void RotatingFilter::begin_noting(Filter& filter) {
  filter.changed.emplace(shape_.blocks, false);
  filter.count = 0;
}

void RotatingFilter::begin_image(SnapshotWriter& out) { begin_images(out, true); }

// REQUIRES: has_changes().
void RotatingFilter::begin_changes(SnapshotWriter& out) { begin_images(out, false); }

void RotatingFilter::begin_images(SnapshotWriter& out, bool all) {
  save_head(out);
  for (auto& [slice, filter] : filters_) {
    SnapshotWriter entry;
    save_entry(entry, slice, filter);
    const std::string lines = entry.take();
    out.lines(lines);
    BlockSet pending = all ? BlockSet(shape_.blocks, true) : std::move(*filter.changed);
    filter.image = std::make_unique<FilterImage>(std::move(pending), lines, memory_, out);
    begin_noting(filter);
  }
  changes_.begin();
}

bool RotatingFilter::continue_image(std::size_t blocks) {
  for (auto& [slice, filter] : filters_) {
    if (filter.image && !filter.image->go_on(filter.blocks.get(), blocks)) return false;
    filter.image.reset();
  }
  return true;
}

}  // namespace streamutils
