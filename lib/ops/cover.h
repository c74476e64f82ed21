// Cover: which points of time lie near one of a set of points.
//
//      matches        m1     m2                 m3
//      cover      [---+--]---+--]           [---+---]        each m widened by the distance on both
//      sides
//
// Kept as disjoint intervals in order, both ends included, so that a thousand matches in a row are
// one interval.  What ends before the watermark can be forgotten from the front.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "base/time.h"

namespace streamutils {

class Cover {
 public:
  struct Interval {
    Timestamp first;
    Timestamp last;
  };

  // Linear in the number of intervals in the worst case, constant where intervals come in order.
  void add(Interval added) {
    const auto begin = ending_from(added.first);
    auto end = begin;
    while (end != intervals_.end() && end->first <= added.last) {
      added.first = std::min(added.first, end->first);
      added.last = std::max(added.last, end->last);
      ++end;
    }
    intervals_.insert(intervals_.erase(begin, end), added);
  }

  bool contains(Timestamp t) const {
    const auto interval = ending_from(t);
    return interval != intervals_.end() && interval->first <= t;
  }

  // Drops the intervals that end before w.
  void forget_before(Timestamp w) { intervals_.erase(intervals_.begin(), ending_from(w)); }

  bool empty() const { return intervals_.empty(); }
  // REQUIRES: !empty().
  Timestamp last() const { return intervals_.back().last; }
  const std::vector<Interval>& intervals() const { return intervals_; }

 private:
  // The first interval that does not end before t.
  std::vector<Interval>::const_iterator ending_from(Timestamp t) const {
    return std::lower_bound(intervals_.begin(), intervals_.end(), t,
                            [](const Interval& i, Timestamp limit) { return i.last < limit; });
  }

  std::vector<Interval> intervals_;
};

}  // namespace streamutils
