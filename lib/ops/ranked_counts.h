// RankedCounts: numbers with how often each came, asked for the number at a rank.
//
// Sorted runs of some hundred numbers, in order, each with how many there are in it: adding and
// taking away moves a part of one run, and a rank is found by going over the runs.  (A tree with
// counts would be the textbook's answer, and takes three times the memory.)
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace streamutils {

class RankedCounts {
 public:
  struct Entry {
    double value;
    std::uint64_t n;
  };

  // How many different numbers there are, and how many in all.
  std::size_t size() const { return size_; }
  std::uint64_t count() const { return count_; }

  void add(double value, std::uint64_t n) {
    if (runs_.empty()) runs_.emplace_back();
    const auto run = run_of(value);
    const auto place = std::ranges::lower_bound(run->entries, value, {}, &Entry::value);
    run->n += n;
    count_ += n;
    if (place != run->entries.end() && place->value == value) {
      place->n += n;
      return;
    }
    run->entries.insert(place, {value, n});
    ++size_;
    if (run->entries.size() > kMostEntries) split(run);
  }

  // REQUIRES: they have been added.
  void subtract(double value, std::uint64_t n) {
    const auto run = run_of(value);
    const auto place = std::ranges::lower_bound(run->entries, value, {}, &Entry::value);
    run->n -= n;
    count_ -= n;
    place->n -= n;
    if (place->n > 0) return;
    run->entries.erase(place);
    --size_;
    if (run->entries.empty()) runs_.erase(run);
  }

  // The number of that rank in ascending order.  REQUIRES: 1 <= rank <= count().
  double at_rank(std::uint64_t rank) const {
    auto run = runs_.begin();
    while (rank > run->n) rank -= (run++)->n;
    auto entry = run->entries.begin();
    while (rank > entry->n) rank -= (entry++)->n;
    return entry->value;
  }

  // Calls visit(value, n) in ascending order.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Run& run : runs_) {
      for (const Entry& entry : run.entries) visit(entry.value, entry.n);
    }
  }

  std::size_t bytes() const { return size_ * sizeof(Entry) + runs_.size() * sizeof(Run); }

 private:
  static constexpr std::size_t kMostEntries = 512;

  struct Run {
    std::vector<Entry> entries;
    std::uint64_t n = 0;
  };
  using Runs = std::vector<Run>;

  // The last run that begins with the value or a lesser one, or else the first.
  Runs::iterator run_of(double value) {
    const auto after = std::ranges::upper_bound(runs_, value, {}, [](const Run& run) {
      return run.entries.empty() ? 0 : run.entries.front().value;
    });
    return after == runs_.begin() ? after : std::prev(after);
  }

  void split(Runs::iterator run) {
    const auto middle = run->entries.begin() + kMostEntries / 2;
    Run upper{{middle, run->entries.end()}, 0};
    for (const Entry& entry : upper.entries) upper.n += entry.n;
    run->entries.erase(middle, run->entries.end());
    run->n -= upper.n;
    runs_.insert(std::next(run), std::move(upper));
  }

  Runs runs_;
  std::size_t size_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace streamutils
