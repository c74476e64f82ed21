// SpaceSaving: the most frequent values of a stream, nearly, in a fixed number of counters.
//
// Metwally, Agrawal and El Abbadi: Efficient computation of frequent and top-k elements in data
// streams (ICDT 2005): a value without a counter takes over the least one, and its count.  With m
// counters and n values added, for every value v that came f(v) times:
//
//     least(v) <= f(v) <= count(v),  count(v) - least(v) <= unseen() <= n / m
//     f(v) <= unseen(), if v has no counter
//
// so every value that makes up more than 1/m of all has one.  Up to m different values, counts are
// exact.
//
// Summaries are merged as Agarwal et al. show (Mergeable summaries, PODS 2012): what the counters
// exceed unseen() by is a Misra-Gries summary; these are added, and of more than m counters all are
// lowered by the first one that has no room.  All of the above holds for the whole then, however it
// was parted.  Which values get the last counters does depend on the order in which values come.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ops/text_map.h"

namespace streamutils {

class SpaceSaving {
 public:
  struct Counter {
    std::string text;
    std::uint64_t count;  // at least how often it came
    std::uint64_t least;  // at most how often it came
    Timestamp time;       // when it came first, as far as the counter knows…
    std::uint64_t order;  // …and its place among all values
  };

  // REQUIRES: counters > 0.
  explicit SpaceSaving(std::size_t counters) : limit_(counters) {}

  void add(std::string_view text, Timestamp time);
  // Adds all that `other` has seen, as if it had come later.  REQUIRES: as many counters.
  void merge(const SpaceSaving& other);

  // No value without a counter came more often.
  std::uint64_t unseen() const;

  // The n counters with the largest counts; of equal ones, what came first.  Valid until a change.
  std::vector<const Counter*> top(std::size_t n) const;

  // Text without line ends but for those of the values; restore refuses what save() does not write.
  void save(std::string& out) const;
  bool restore(std::string_view text);

  std::size_t bytes() const;

 private:
  // When a counter was looked at last it had this count; it is not less now.
  struct Least {
    std::uint64_t count;
    std::uint64_t order;
    std::uint32_t place;

    friend bool operator>(const Least& a, const Least& b) {
      return a.count != b.count ? a.count > b.count : a.order > b.order;
    }
  };

  bool is_full() const { return counters_.size() == limit_; }
  // The counter with the least count.  REQUIRES: there is one.
  const Least& least() const;
  // Takes over the counter at `place`, which may be one more than there are.
  void begin(std::size_t place, Counter counter);
  std::vector<Counter> excesses() const;
  void set(std::vector<Counter> counters, std::uint64_t base);

  std::size_t limit_;
  std::vector<Counter> counters_;
  TextMap<std::uint32_t> places_;     // of counters, by their texts
  mutable std::vector<Least> least_;  // a heap with one entry for each counter
  std::uint64_t base_ = 0;            // unseen() as long as there are counters left
  std::uint64_t seen_ = 0;            // numbers the values in the order in which they came
};

}  // namespace streamutils
