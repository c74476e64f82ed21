// SPDX-License-Identifier: Apache-2.0
#include "ops/space_saving.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "ops/aggregate_state.h"
#include "ops/value_text.h"

namespace streamutils {
namespace {

bool is_before(const SpaceSaving::Counter& a, const SpaceSaving::Counter& b) {
  if (a.count != b.count) return a.count > b.count;
  return std::pair(a.time, a.order) < std::pair(b.time, b.order);
}

}  // namespace

void SpaceSaving::add(std::string_view text, Timestamp time) {
  const std::uint64_t order = seen_++;
  const auto known = places_.find(text);
  if (known != places_.end()) {
    Counter& counter = counters_[known->second];
    ++counter.count;
    ++counter.least;
    if (time < counter.time) counter.time = time, counter.order = order;
    return;
  }
  const std::uint64_t before = unseen();
  std::size_t place = counters_.size();
  if (is_full()) {
    place = least().place;
    std::ranges::pop_heap(least_, std::greater<>());
    least_.pop_back();
    places_.erase(counters_[place].text);
    base_ = before;
  }
  begin(place, {std::string(text), before + 1, 1, time, order});
}

void SpaceSaving::begin(std::size_t place, Counter counter) {
  places_[counter.text] = static_cast<std::uint32_t>(place);
  least_.push_back({counter.count, counter.order, static_cast<std::uint32_t>(place)});
  std::ranges::push_heap(least_, std::greater<>());
  if (place == counters_.size()) counters_.emplace_back();
  counters_[place] = std::move(counter);
}

// A counter that has grown since it was put into the heap goes back with what it is now.
const SpaceSaving::Least& SpaceSaving::least() const {
  while (least_.front().count != counters_[least_.front().place].count) {
    std::ranges::pop_heap(least_, std::greater<>());
    const Counter& counter = counters_[least_.back().place];
    least_.back().count = counter.count;
    least_.back().order = counter.order;
    std::ranges::push_heap(least_, std::greater<>());
  }
  return least_.front();
}

std::uint64_t SpaceSaving::unseen() const { return is_full() ? least().count : base_; }

// The counters less what a value without one may have come.
std::vector<SpaceSaving::Counter> SpaceSaving::excesses() const {
  std::vector<Counter> all = counters_;
  for (Counter& counter : all) counter.count -= unseen();
  return all;
}

void SpaceSaving::merge(const SpaceSaving& other) {
  std::uint64_t base = unseen() + other.unseen();
  std::vector<Counter> all = excesses();
  for (Counter& more : other.excesses()) {
    more.order += seen_;
    const auto known = places_.find(more.text);
    if (known == places_.end()) {
      all.push_back(std::move(more));
      continue;
    }
    Counter& counter = all[known->second];
    counter.count += more.count;
    counter.least += more.least;
    if (more.time < counter.time) counter.time = more.time, counter.order = more.order;
  }
  seen_ += other.seen_;
  if (all.size() > limit_) {
    const auto first_out = all.begin() + static_cast<std::ptrdiff_t>(limit_);
    std::ranges::nth_element(all, first_out, is_before);
    const std::uint64_t out = first_out->count;
    std::erase_if(all, [&](const Counter& counter) { return counter.count <= out; });
    for (Counter& counter : all) counter.count -= out;
    base += out;
  }
  set(std::move(all), base);
}

// REQUIRES: counts are what they exceed the base by.
void SpaceSaving::set(std::vector<Counter> counters, std::uint64_t base) {
  counters_.clear();
  places_.clear();
  least_.clear();
  base_ = base;
  for (Counter& counter : counters) {
    counter.count += base;
    begin(counters_.size(), std::move(counter));
  }
}

std::vector<const SpaceSaving::Counter*> SpaceSaving::top(std::size_t n) const {
  std::vector<const Counter*> all;
  for (const Counter& counter : counters_) all.push_back(&counter);
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(n, all.size()));
  std::ranges::partial_sort(all, end,
                            [](const Counter* a, const Counter* b) { return is_before(*a, *b); });
  all.erase(end, all.end());
  return all;
}

// "seen base " and "count least nanos order length text" for each.
void SpaceSaving::save(std::string& out) const {
  out += std::to_string(seen_) + ' ' + std::to_string(base_) + ' ';
  for (const Counter& counter : counters_) {
    out += std::to_string(counter.count) + ' ' + std::to_string(counter.least) + ' ' +
           std::to_string(to_nanos(counter.time)) + ' ' + std::to_string(counter.order) + ' ';
    save_text(counter.text, out);
  }
}

bool SpaceSaving::restore(std::string_view saved) {
  if (!take_integer(saved, seen_) || !take_integer(saved, base_)) return false;
  while (!saved.empty()) {
    Counter counter{};
    std::int64_t nanos = 0;
    std::string_view text;
    if (!take_integer(saved, counter.count) || !take_integer(saved, counter.least) ||
        !take_integer(saved, nanos) || !take_integer(saved, counter.order) ||
        !take_text(saved, text)) {
      return false;
    }
    const bool plausible = counter.least > 0 && counter.least <= counter.count &&
                           counter.count >= base_ && counter.order < seen_ && !is_full() &&
                           !places_.contains(text);
    if (!plausible) return false;
    counter.text = text;
    counter.time = from_nanos(nanos);
    begin(counters_.size(), std::move(counter));
  }
  return seen_ > 0;
}

std::size_t SpaceSaving::bytes() const {
  return counters_.capacity() * (sizeof(Counter) + sizeof(Least)) +
         places_.capacity() * (sizeof(TextMap<std::uint32_t>::value_type) + 1);
}

}  // namespace streamutils
