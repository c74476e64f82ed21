// SPDX-License-Identifier: Apache-2.0
#include "ops/window_history.h"

#include <algorithm>

namespace streamutils {

void SliceQueue::merge(Sum& sum, const std::byte* block, std::uint64_t first_seen,
                       const Tools& tools) {
  merge_small(sum, block, first_seen, tools);
  tools.aggregates.merge_large(sum.block, block);
}

void SliceQueue::merge_small(Sum& sum, const std::byte* block, std::uint64_t first_seen,
                             const Tools& tools) {
  const bool is_new = sum.block == nullptr;
  if (is_new) sum.block = tools.pool.make();
  tools.aggregates.merge_small(sum.block, block);
  sum.first_seen = is_new ? first_seen : std::min(sum.first_seen, first_seen);
}

void SliceQueue::add(Timestamp slice, const std::byte* block, std::uint64_t first_seen,
                     const Tools& tools) {
  const auto begin = parts_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto place = std::ranges::lower_bound(begin, parts_.end(), slice, {}, &Part::slice);
  const auto at = static_cast<std::size_t>(place - parts_.begin());
  if (at < raw_) return add_to_front(at, slice, block, first_seen, tools);
  merge_small(back_, block, first_seen, tools);
  const bool is_known = place != parts_.end() && place->slice == slice;
  Part& part = is_known ? *place : *parts_.insert(place, Part{slice, {}});
  merge(part.sum, block, first_seen, tools);
  total(part, block, tools);
}

// Part `place` of the front is the first that starts at the slice or after it.
void SliceQueue::add_to_front(std::size_t place, Timestamp slice, const std::byte* block,
                              std::uint64_t first_seen, const Tools& tools) {
  if (parts_[place].slice != slice) {
    Part part{slice, {}};
    merge_small(part.sum, parts_[place].sum.block, parts_[place].sum.first_seen, tools);
    parts_.insert(parts_.begin() + static_cast<std::ptrdiff_t>(place), part);
    ++raw_;
  }
  for (std::size_t i = head_; i < place; ++i) merge_small(parts_[i].sum, block, first_seen, tools);
  merge(parts_[place].sum, block, first_seen, tools);
  total(parts_[place], block, tools);
}

// Adds to the totals what has been added to the part.
void SliceQueue::total(const Part& part, const std::byte* added, const Tools& tools) {
  if (totals_) {
    return tools.aggregates.add_to(*totals_, to_nanos(part.slice), added, part.sum.block);
  }
  if (!tools.aggregates.has_totals() || size() <= kFew) return;
  totals_ = std::make_unique<RunningTotals>(tools.aggregates.make_totals());
  for (std::size_t i = head_; i < parts_.size(); ++i) {
    const std::byte* block = parts_[i].sum.block;
    tools.aggregates.add_to(*totals_, to_nanos(parts_[i].slice), block, block);
  }
}

SliceQueue::Whole SliceQueue::whole(std::byte* scratch, const Tools& tools) const {
  if (size() == 1) return {parts_[head_].sum.block, nullptr};
  const Sum in_front = front();
  const bool merges_large = tools.aggregates.has_totals() && !totals_;
  if (!merges_large && !in_front.block) return {back_.block, totals_.get()};
  if (!merges_large && !back_.block) return {in_front.block, totals_.get()};
  if (in_front.block) tools.aggregates.merge_small(scratch, in_front.block);
  if (back_.block) tools.aggregates.merge_small(scratch, back_.block);
  if (!merges_large) return {scratch, totals_.get()};
  for (std::size_t i = head_; i < parts_.size(); ++i) {
    tools.aggregates.merge_large(scratch, parts_[i].sum.block);
  }
  return {scratch, nullptr};
}

void SliceQueue::turn_back_into_front(const Tools& tools) {
  parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(head_));
  head_ = 0;
  raw_ = parts_.size();
  for (std::size_t i = raw_; i-- > 1;) {
    const Sum& after = parts_[i].sum;
    merge_small(parts_[i - 1].sum, after.block, after.first_seen, tools);
  }
  if (back_.block) tools.pool.free(back_.block);
  back_ = {};
}

void SliceQueue::drop_before(Timestamp t, const Tools& tools) {
  while (head_ < parts_.size() && parts_[head_].slice < t) {
    if (head_ == raw_) turn_back_into_front(tools);
    if (totals_) {
      const Part& part = parts_[head_];
      tools.aggregates.remove_from(*totals_, to_nanos(part.slice), part.sum.block);
    }
    tools.pool.free(parts_[head_].sum.block);
    ++head_;
  }
  if (size() <= 1) totals_ = nullptr;
}

std::uint64_t SliceQueue::first_seen() const {
  const Sum in_front = front();
  if (!in_front.block) return back_.first_seen;
  if (!back_.block) return in_front.first_seen;
  return std::min(in_front.first_seen, back_.first_seen);
}

void SliceQueue::clear(const Tools& tools) {
  for (std::size_t i = head_; i < parts_.size(); ++i) tools.pool.free(parts_[i].sum.block);
  if (back_.block) tools.pool.free(back_.block);
  *this = {};
}

std::size_t SliceQueue::bytes(const Tools& tools) const {
  const AggregateList& aggregates = tools.aggregates;
  std::size_t bytes = parts_.capacity() * sizeof(Part) + (size() + 1) * aggregates.block_size();
  if (aggregates.is_trivial()) return bytes;
  if (back_.block) bytes += aggregates.bytes(back_.block);
  for (std::size_t i = head_; i < parts_.size(); ++i)
    bytes += aggregates.bytes(parts_[i].sum.block);
  return bytes;
}

void SliceQueue::restore_row(SnapshotReader& in, const Tools& tools, std::size_t first_state) {
  const Timestamp start = from_nanos(in.integer(std::size_t{0}));
  const Part part{start, {tools.pool.make(), in.unsigned_integer(1)}};
  tools.aggregates.restore_values(part.sum.block, first_state, in);
  append(part, in.unsigned_integer(2) != 0, in, tools);
}

void SliceQueue::append(Part part, bool merged, SnapshotReader& in, const Tools& tools) {
  if (merged && raw_ < parts_.size()) in.fail("a merged slice after one that is not");
  if (!parts_.empty() && part.slice <= parts_.back().slice) in.fail("slices out of order");
  parts_.push_back(part);
  if (merged) {
    raw_ = parts_.size();
  } else {
    merge_small(back_, part.sum.block, part.sum.first_seen, tools);
  }
  total(part, part.sum.block, tools);
}

}  // namespace streamutils
