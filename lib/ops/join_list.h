// The rows of one side of one key, in order of time; of equal times, as they came.
//
// Most keys have one row, and it stands in the list itself.  A hot key may have hundreds of
// thousands, in any order within the disorder of the stream: so more than one are in a B-tree,
// whose insertion moves what one small node holds, however many rows there are; and rows that lie
// side by side in time lie side by side in memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iterator>
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

// Item: a small value that can be made without arguments, and is false then.
template <typename Item>
class TimeOrdered {
 public:
  bool empty() const { return !only_ && tree_.empty(); }

  // The last one costs no search.
  void add(Item item) {
    if (empty()) {
      only_ = item;
    } else {
      add_another(item);
    }
  }

  // REQUIRES: it is there.  The first one costs no search.
  void remove(const Item& item) {
    if (only_) {
      only_ = Item{};
      return;
    }
    const auto first = tree_.begin();
    tree_.erase(InOrderOfTime()(*first, item) ? tree_.find(item) : first);
  }

  // Brings near what remove() of the first one will look at.
  void prefetch() const {
    if (!tree_.empty()) __builtin_prefetch(&*tree_.begin(), 1);
  }

  void clear() {
    only_ = Item{};
    tree_.clear();
  }

  // The first of all.  REQUIRES: !empty().
  const Item& first() const { return only_ ? only_ : *tree_.begin(); }

  // The first that is after t, and the last that is not; or one that is false.
  Item after(Timestamp t) const {
    if (only_) return only_.time > t ? only_ : Item{};
    const auto at = tree_.upper_bound(t);
    return at != tree_.end() ? *at : Item{};
  }
  Item until(Timestamp t) const {
    if (only_) return only_.time <= t ? only_ : Item{};
    const auto at = tree_.upper_bound(t);
    return at != tree_.begin() ? *std::prev(at) : Item{};
  }

  // Calls visit(item) for those from one time to another, both included, in order, as long as it
  // returns true.
  template <typename Visit>
  void each_within(Timestamp begin, Timestamp end, Visit visit) const {
    if (only_) {
      if (only_.time >= begin && only_.time <= end) visit(only_);
      return;
    }
    for (auto at = tree_.lower_bound(begin); at != tree_.end() && at->time <= end; ++at) {
      if (!visit(*at)) return;
    }
  }

  // Takes out those of them for which goes(item) is true.
  template <typename Goes>
  void remove_within(Timestamp begin, Timestamp end, Goes goes) {
    if (only_) {
      if (only_.time >= begin && only_.time <= end && goes(only_)) only_ = Item{};
      return;
    }
    for (auto at = tree_.lower_bound(begin); at != tree_.end() && at->time <= end;) {
      at = goes(*at) ? tree_.erase(at) : std::next(at);
    }
  }

 private:
  using Tree = absl::btree_set<Item, InOrderOfTime>;

  // Apart, and by value, so that the common case needs no address of the item.
  [[gnu::noinline]] void add_another(Item item) {
    if (only_) tree_.insert(std::exchange(only_, Item{}));
    tree_.insert(tree_.end(), item);
  }

  Item only_{};  // false: there is none, or they are in the tree
  Tree tree_;
};

}  // namespace streamutils
