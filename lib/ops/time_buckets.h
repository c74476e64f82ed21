// When sessions are due, in buckets of time.
//
// A timing wheel without its wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels",
// SOSP 1987): a timer that is set goes to the back of the bucket that holds its time, and only the
// bucket whose turn has come is put in order.  So setting one costs nothing, and which sessions
// come next is known some steps ahead, enough to bring them near: they lie anywhere in memory, and
// waiting for each in turn would cost more than all else that is done for it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <queue>
#include <vector>

#include "base/time.h"

namespace streamutils {

template <typename Session>
class SessionTimers {
 public:
  struct Timer {
    Timestamp time;
    Session* session;

    friend bool operator<(const Timer& a, const Timer& b) { return a.time < b.time; }
    friend bool operator>(const Timer& a, const Timer& b) { return b < a; }
  };

  // Most timers are set about `delay` ahead.
  explicit SessionTimers(Duration delay)
      : width_(std::max(Duration(1), Duration(delay.count() / kBuckets))) {}

  void set(Timestamp time, Session* session) {
    if (time < turn_end_) {
      again_.push({time, session});
    } else {
      buckets_[floor_to(time, width_)].push_back({time, session});
    }
  }

  // True if a timer is set for a time before `now`, or any at all if that is the greatest time.
  bool is_due(Timestamp now) { return has_next() && (next().time < now || now == kMaxTime); }

  // The next timer, which is gone then.  REQUIRES: is_due().
  Timer take() {
    const Timer timer = next();
    if (comes_again()) {
      again_.pop();
    } else {
      ++taken_;
    }
    return timer;
  }

  // The session whose timer will be taken n steps later, or null: a guess.
  Session* ahead(std::size_t n) const {
    return taken_ + n < turn_.size() ? turn_[taken_ + n].session : nullptr;
  }

  void clear() { *this = SessionTimers(width_ * kBuckets); }

 private:
  static constexpr int kBuckets = 256;  // that timers are spread over, about

  bool comes_again() const {
    return !again_.empty() && (taken_ == turn_.size() || again_.top() < turn_[taken_]);
  }
  const Timer& next() const { return comes_again() ? again_.top() : turn_[taken_]; }

  // Puts the next bucket in order if nothing is left of the one before.  False if there is none.
  bool has_next() {
    if (taken_ < turn_.size() || !again_.empty()) return true;
    if (buckets_.empty()) return false;
    auto bucket = buckets_.extract(buckets_.begin());
    turn_ = std::move(bucket.mapped());
    turn_end_ = plus(bucket.key(), width_);
    taken_ = 0;
    std::sort(turn_.begin(), turn_.end());
    return true;
  }

  Duration width_;
  std::vector<Timer> turn_;  // of the bucket whose turn it is, by time
  std::size_t taken_ = 0;    // how many of them are gone
  // Those that were set for a time before the end of that bucket, when its turn had come.
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> again_;
  Timestamp turn_end_ = kMinTime;
  std::map<Timestamp, std::vector<Timer>> buckets_;  // the others, by the start of their bucket
};

}  // namespace streamutils
