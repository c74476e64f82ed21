// SPDX-License-Identifier: Apache-2.0
#include "ops/window_rolling_queue.h"

#include <algorithm>

namespace streamutils {

void RollingQueue::push(Timestamp t, std::byte* block, const Tools& tools) {
  events_.push_back({t, block, nullptr});
  if (!back_) back_ = tools.pool.make();
  tools.aggregates.merge(back_, block);
}

void RollingQueue::insert(Timestamp t, std::byte* block, const Tools& tools) {
  const auto begin = events_.begin() + static_cast<std::ptrdiff_t>(head_);
  events_.insert(std::ranges::upper_bound(begin, events_.end(), t, {}, &Event::time),
                 Event{t, block, nullptr});
  turn_back_into_front(tools);
}

void RollingQueue::turn_back_into_front(const Tools& tools) {
  events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(head_));
  head_ = 0;
  raw_ = events_.size();
  for (std::size_t i = raw_; i-- > 0;) {
    if (events_[i].merged) tools.pool.free(events_[i].merged);
    events_[i].merged = tools.pool.make();
    tools.aggregates.merge(events_[i].merged, events_[i].own);
    if (i + 1 < raw_) tools.aggregates.merge(events_[i].merged, events_[i + 1].merged);
  }
  if (back_) tools.pool.free(back_);
  back_ = nullptr;
}

void RollingQueue::drop_first(const Tools& tools) {
  if (head_ == raw_) turn_back_into_front(tools);
  tools.pool.free(events_[head_].own);
  tools.pool.free(events_[head_].merged);
  ++head_;
}

void RollingQueue::drop_through(Timestamp t, const Tools& tools) {
  while (!is_empty() && events_[head_].time <= t) drop_first(tools);
}

void RollingQueue::keep_last(std::size_t n, const Tools& tools) {
  while (size() > n) drop_first(tools);
}

void RollingQueue::sum(std::byte* block, const Tools& tools) const {
  if (head_ < raw_) tools.aggregates.merge(block, events_[head_].merged);
  if (back_) tools.aggregates.merge(block, back_);
}

void RollingQueue::sum_between(Timestamp after, Timestamp through, std::size_t n, std::byte* block,
                               const Tools& tools) const {
  const auto all = events_.begin() + static_cast<std::ptrdiff_t>(head_);
  auto first = std::ranges::upper_bound(all, events_.end(), after, {}, &Event::time);
  const auto end = std::ranges::upper_bound(all, events_.end(), through, {}, &Event::time);
  if (end <= first) return;
  if (static_cast<std::size_t>(end - first) > n) first = end - static_cast<std::ptrdiff_t>(n);
  for (; first != end; ++first) tools.aggregates.merge(block, first->own);
}

void RollingQueue::clear(const Tools& tools) {
  for (std::size_t i = head_; i < events_.size(); ++i) {
    tools.pool.free(events_[i].own);
    if (events_[i].merged) tools.pool.free(events_[i].merged);
  }
  if (back_) tools.pool.free(back_);
  *this = {};
}

std::size_t RollingQueue::outside_bytes(const Tools& tools) const {
  if (tools.aggregates.is_trivial()) return 0;
  std::size_t bytes = back_ ? tools.aggregates.bytes(back_) : 0;
  for (std::size_t i = head_; i < events_.size(); ++i) {
    bytes += tools.aggregates.bytes(events_[i].own);
    if (events_[i].merged) bytes += tools.aggregates.bytes(events_[i].merged);
  }
  return bytes;
}

void RollingQueue::restore_row(SnapshotReader& in, const Tools& tools) {
  const Timestamp t = from_nanos(in.integer(std::size_t{0}));
  if (!events_.empty() && t < events_.back().time) in.fail("events out of order");
  std::byte* block = tools.pool.make();
  tools.aggregates.restore_values(block, RollingFacts::kCount, in);
  push(t, block, tools);
}

}  // namespace streamutils
