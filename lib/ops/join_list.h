// The rows of one side of one key, in order of time; of equal times, as they came.
//
// Most keys have one row, and its list is one piece of memory of 32 bytes.  A hot key may have
// hundreds of thousands, in any order within the disorder of the stream: so it is a B-tree, whose
// insertion moves what one small node holds, however many rows there are; and rows that lie side by
// side in time lie side by side in memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "absl/container/btree_set.h"
#include "base/time.h"

namespace streamutils {

// By a member `time`, or by time itself; equal times by before_at_one_time() of the items.
struct InOrderOfTime {
  using is_transparent = void;

  template <typename Item>
  bool operator()(const Item& a, const Item& b) const {
    return a.time != b.time ? a.time < b.time : before_at_one_time(a, b);
  }
  template <typename Item>
  bool operator()(const Item& item, Timestamp t) const {
    return item.time < t;
  }
  template <typename Item>
  bool operator()(Timestamp t, const Item& item) const {
    return t < item.time;
  }
};

// lower_bound(t) is the first item that is not before t, upper_bound(t) the first that is after t.
template <typename Item>
class TimeOrdered : public absl::btree_set<Item, InOrderOfTime> {
 public:
  // The last one costs no search.
  void add(Item item) { this->insert(this->end(), std::move(item)); }

  // REQUIRES: it is there.  The first one costs no search.
  void remove(const Item& item) {
    if (this->size() == 1) return this->clear();
    const auto first = this->begin();
    this->erase(InOrderOfTime()(*first, item) ? this->find(item) : first);
  }
};

}  // namespace streamutils
