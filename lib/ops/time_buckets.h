// TimeBuckets: what is due by its time, earliest first.
//
// A timing wheel without its wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels",
// SOSP 1987): an item goes to the back of the bucket that holds its time, and only the bucket whose
// turn has come is put in order.  So an item costs nothing until it is nearly due, and which items
// come next is known some steps ahead, enough to bring near what they lead to: that lies anywhere
// in memory, and waiting for each in turn would cost more than all else that is done for it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <queue>
#include <utility>
#include <vector>

#include "base/time.h"

namespace streamutils {

// What is due, and when; of equal times any is first.
template <typename What>
struct TimerFor {
  Timestamp due;
  What what;

  friend bool operator<(const TimerFor& a, const TimerFor& b) { return a.due < b.due; }
  friend bool operator>(const TimerFor& a, const TimerFor& b) { return b < a; }
};

// Item: a small value with a member `due`, ordered by that first.
template <typename Item>
class TimeBuckets {
 public:
  // A bucket spans so much time.  Best is what some hundred items are due in; any width is right.
  explicit TimeBuckets(Duration width) : width_(std::max(Duration(1), width)) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  void push(const Item& item) {
    ++size_;
    if (item.due < turn_begin_ && taken_ == 0) give_back_turn();
    if (item.due <= turn_last_) return early_.push(item);
    bucket_of(item.due).push_back(item);
    if (!has_turn()) begin_turn();
  }

  // The first of all.  Valid until the next change.  REQUIRES: !empty().
  const Item& top() const { return top_is_early() ? early_.top() : turn_[taken_]; }

  void pop() {
    --size_;
    if (top_is_early()) {
      early_.pop();
    } else {
      ++taken_;
    }
    if (!has_turn() && !empty()) begin_turn();
  }

  // The one that will be on top n steps later, or null: a guess.
  const Item* ahead(std::size_t n) const {
    return taken_ + n < turn_.size() ? &turn_[taken_ + n] : nullptr;
  }

  void clear() { *this = TimeBuckets(width_); }

 private:
  using Buckets = std::map<Timestamp, std::vector<Item>>;  // by the start of each

  bool has_turn() const { return taken_ < turn_.size() || !early_.empty(); }
  bool top_is_early() const {
    return !early_.empty() && (taken_ == turn_.size() || early_.top() < turn_[taken_]);
  }

  // The last time in the bucket that begins there.
  Timestamp last_of(Timestamp begin) const { return plus(begin, width_ - Duration(1)); }

  std::vector<Item>& bucket_of(Timestamp due) {
    const bool is_recent = recent_ && due >= recent_->first && due <= last_of(recent_->first);
    if (!is_recent) recent_ = &*buckets_.try_emplace(floor_to(due, width_)).first;
    return recent_->second;
  }

  // REQUIRES: there are buckets.
  void begin_turn() {
    auto bucket = buckets_.extract(buckets_.begin());
    recent_ = nullptr;
    turn_ = std::move(bucket.mapped());
    turn_begin_ = bucket.key();
    turn_last_ = last_of(bucket.key());
    taken_ = 0;
    std::sort(turn_.begin(), turn_.end());
  }

  // An earlier bucket has come.
  void give_back_turn() {
    recent_ = nullptr;
    for (; !early_.empty(); early_.pop()) turn_.push_back(early_.top());
    if (!turn_.empty()) buckets_.try_emplace(turn_begin_, std::move(turn_));
    turn_ = {};
    turn_begin_ = turn_last_ = kMinTime;
  }

  Duration width_;
  std::size_t size_ = 0;
  std::vector<Item> turn_;  // the bucket whose turn it is, in order
  std::size_t taken_ = 0;   // how many of its items are gone
  // Those that are due in that bucket or before it, and came when its turn had begun.
  std::priority_queue<Item, std::vector<Item>, std::greater<>> early_;
  Timestamp turn_begin_ = kMinTime;  // what the bucket spans, both ends included
  Timestamp turn_last_ = kMinTime;
  Buckets buckets_;                                 // the others
  typename Buckets::value_type* recent_ = nullptr;  // of them, the last one that was asked for
};

}  // namespace streamutils
