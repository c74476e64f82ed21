// RotatingFilter: which keys have probably been seen, in memory that does not grow.
//
// A Bloom filter (B. Bloom, 1970) never forgets a key and is sometimes wrong about one that it has
// not seen.  Ours is blocked (F. Putze, P. Sanders, J. Singler, 2007): all bits of a key are in one
// block of 512, a cache line, so that a look costs one.  A filter that takes keys for ever is wrong
// more and more often; so there are several, each takes a limited number of keys, and the oldest is
// dropped as a whole:
//
//   * Without `within`, two filters of max_keys each.  When the newer one is full, it becomes the
//     older one: at least the last max_keys keys are remembered, at most twice as many.
//   * With `within D`, one filter for each slice of D/8 of event time, of max_keys / 8.  An event
//     repeats what is in its own slice, or in one that lies wholly within D of it: so repeats up to
//     7/8 D apart are found, and no event is taken for a repeat of one further than D away.  A key
//     that comes to a full slice is not remembered.
//
// RATE bounds how often an event that is no repeat is taken for one, with all filters full.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "base/siphash.h"
#include "base/time.h"
#include "ops/change_count.h"
#include "ops/dedup_filter_image.h"
#include "ops/image_part.h"
#include "stream/snapshot.h"

namespace streamutils {

// How a filter is laid out so that, with `keys` keys in it, it is wrong with at most `rate`.
struct FilterShape {
  std::size_t blocks;  // of 512 bits
  int probes;          // bits of a key

  // nullopt if that takes more than 128 bits a key.  REQUIRES: 0 < rate < 1.
  static std::optional<FilterShape> find(std::uint64_t keys, double rate);
  // How often it is wrong with so many keys in it.
  double rate(std::uint64_t keys) const;
};

class RotatingFilter {
 public:
  // nullopt if the rate is too small.  REQUIRES: 0 < rate < 1, max_keys > 0.
  static std::optional<RotatingFilter> make(std::optional<Duration> within, std::uint64_t max_keys,
                                            double rate);

  // True if an event of time t is probably a repeat; else it has been seen afterwards, if there is
  // room.  REQUIRES: t >= horizon(), with `within`.
  bool repeats(const Fingerprint& print, Timestamp t);
  void forget_before(Timestamp w);
  Timestamp horizon() const { return horizon_; }

  // How many events that were no repeats have been taken for one: expected, from how full the
  // filters were.
  double expected_errors() const { return errors_; }
  // Keys that max_keys has made it forget, or not remember.
  std::uint64_t pushed_out() const { return pushed_out_; }
  std::size_t filters() const { return filters_.size(); }
  std::size_t bytes() const { return filters_.size() * shape_.blocks * sizeof(FilterBlock); }

  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

  // An image (stream/operator.h).
  void begin_image(SnapshotWriter& out);
  // Of about so many blocks.  True when it is complete.
  bool continue_image(std::size_t blocks);
  // Of the blocks that have changed since the image before was begun.
  bool has_changes() const { return changes_.are_worth_it(used_blocks()); }
  void begin_changes(SnapshotWriter& out);

 private:
  struct Filter {
    std::unique_ptr<FilterBlock[]> blocks;
    std::uint64_t keys = 0;
    double rate = 0;                  // as of the last look at how full it is
    std::size_t count = 0;            // of blocks that have changed since the last image was begun
    std::optional<BlockSet> changed;  // those; nothing: nobody knows
    std::unique_ptr<FilterImage> image;  // null: none is being taken
  };
  using Filters = std::map<std::int64_t, Filter>;

  RotatingFilter(std::optional<Duration> within, std::uint64_t keys, FilterShape shape)
      : within_(within), keys_(keys), shape_(shape) {}

  std::int64_t slice_of(Timestamp t) const;
  bool is_in_reach(std::int64_t slice, Timestamp t) const;
  std::size_t block_of(const Fingerprint& print) const;
  bool holds(const Filter& filter, const Fingerprint& print) const;
  void add(const Fingerprint& print, std::int64_t slice);
  Filter& filter_for(std::int64_t slice);
  void rotate();
  void erase(Filters::iterator filter);

  std::size_t used_blocks() const;
  void note_change(Filter& filter, std::size_t block);
  void begin_noting(Filter& filter);
  void begin_images(SnapshotWriter& out, bool all);
  void save_head(SnapshotWriter& out) const;
  static void save_entry(SnapshotWriter& out, std::int64_t slice, const Filter& filter);
  void restore_blocks(SnapshotReader& in, Filter& filter);

  std::optional<Duration> within_;
  std::uint64_t keys_;  // that a filter takes
  FilterShape shape_;
  Timestamp horizon_ = kMinTime;
  Filters filters_;          // by slice, or by number
  std::int64_t newest_ = 0;  // without `within`
  double errors_ = 0;
  std::uint64_t pushed_out_ = 0;
  ChangeCount changes_;
  std::shared_ptr<PartMemory> memory_ = std::make_shared<PartMemory>();
};

}  // namespace streamutils
