// The windows that are more than fixed lengths of time, by their definitions: cumulating windows,
// windows of rows, rolling windows; and what --fill adds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "window_reference.h"

namespace streamutils::testing {

inline std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a % b < 0 ? a / b - 1 : a / b;
}

// Windows [s, s + j * step), up to s + size, for each multiple s of size: an event counts in those
// that hold its time and end after the watermark that stood when it came.
inline std::vector<std::string> reference_cumulating(const std::vector<TestEvent>& events,
                                                     std::int64_t size, std::int64_t step) {
  struct Window {
    std::size_t first_seen;
    std::vector<TestEvent> events;
  };
  std::map<std::tuple<std::int64_t, std::int64_t, int>, Window> windows;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const TestEvent& event = events[i];
    const std::int64_t start = floor_divide(event.time, size) * size;
    for (std::int64_t length = step;; length += step) {
      const std::int64_t end = start + std::min(length, size);
      if (event.time < end && end > event.watermark) {
        Window& window = windows[{start, end, event.key}];
        if (window.events.empty()) window.first_seen = i;
        window.events.push_back(event);
      }
      if (length >= size) break;
    }
  }
  std::vector<PlacedRow> rows;
  for (const auto& [place, window] : windows) {
    const std::int64_t end = std::get<1>(place);
    rows.push_back({end, window.first_seen, reference_row(std::get<0>(place), end, window.events)});
  }
  return in_order(std::move(rows));
}

// The events of each key that are not late, by time; with their numbers.
inline std::map<int, std::vector<std::size_t>> in_event_time(const std::vector<TestEvent>& events) {
  std::map<int, std::vector<std::size_t>> by_key;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].time >= events[i].watermark) by_key[events[i].key].push_back(i);
  }
  for (auto& [key, numbers] : by_key) {
    std::ranges::stable_sort(numbers, {}, [&](std::size_t i) { return events[i].time; });
  }
  return by_key;
}

// Windows of `size` events, one beginning with every `slide`th; the incomplete ones end at the last
// event or at the watermark, whichever is later.
inline std::vector<std::string> reference_rows(const std::vector<TestEvent>& events,
                                               std::size_t size, std::size_t slide,
                                               std::int64_t watermark) {
  using Place = std::tuple<int, std::int64_t, std::size_t, std::size_t>;  // incomplete, end, …
  std::vector<std::pair<Place, std::string>> rows;
  for (const auto& [key, numbers] : in_event_time(events)) {
    std::optional<std::size_t> first_seen;  // in the oldest incomplete window
    for (std::size_t first = 0; first < numbers.size(); first += slide) {
      const std::size_t end = std::min(first + size, numbers.size());
      std::vector<TestEvent> window;
      for (std::size_t i = first; i < end; ++i) window.push_back(events[numbers[i]]);
      const bool whole = end == first + size;
      const std::int64_t last = window.back().time;
      const std::int64_t until = whole ? last : std::max(last, watermark);
      std::string row = reference_row(window.front().time, until, window);
      if (!whole) row.insert(row.size() - 1, ",\"partial\":true");
      if (!whole && !first_seen) {
        first_seen = *std::min_element(numbers.begin() + static_cast<std::ptrdiff_t>(first),
                                       numbers.begin() + static_cast<std::ptrdiff_t>(end));
      }
      const std::size_t number = whole ? numbers[end - 1] : *first_seen;
      rows.emplace_back(Place{whole ? 0 : 1, until, number, first}, row);
    }
  }
  std::ranges::sort(rows);
  std::vector<std::string> texts;
  for (auto& [place, row] : rows) texts.push_back(std::move(row));
  return texts;
}

// Each event with what came to its key in (t - size, t], or in its last `rows` events, in the order
// of times.  REQUIRES: none is late.
inline std::vector<std::string> reference_rolling(const std::vector<TestEvent>& events,
                                                  std::int64_t size, std::size_t rows) {
  std::vector<std::pair<std::pair<std::int64_t, std::size_t>, std::string>> written;
  for (const auto& [key, numbers] : in_event_time(events)) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const TestEvent& event = events[numbers[i]];
      std::vector<TestEvent> window;
      for (std::size_t j = 0; j <= i; ++j) {
        const TestEvent& other = events[numbers[j]];
        if (other.time > event.time - size && i - j < rows) window.push_back(other);
      }
      std::string row = to_json(event);
      row.insert(row.size() - 1, reference_results(window));
      written.emplace_back(std::pair(event.time, numbers[i]), row);
    }
  }
  std::ranges::sort(written);
  std::vector<std::string> texts;
  for (auto& [place, row] : written) texts.push_back(std::move(row));
  return texts;
}

// The rows of nothing that --fill adds: for each key, the windows from its first to the last of
// all, or that ends before the watermark (which events in gaps move too), in which it has no
// events.  REQUIRES: no event is late.
inline std::vector<std::string> reference_fill(const std::vector<TestEvent>& events,
                                               std::int64_t size, std::int64_t slide,
                                               std::int64_t origin, std::int64_t watermark) {
  std::map<int, std::set<std::int64_t>> windows;  // of each key, by number
  std::int64_t last = 0;
  for (const TestEvent& event : events) {
    const std::int64_t newest = floor_divide(event.time - origin, slide);
    for (std::int64_t k = newest; origin + k * slide + size > event.time; --k) {
      if (windows.empty()) last = k;
      windows[event.key].insert(k);
      last = std::max(last, k);
    }
  }
  last = std::max(last, floor_divide(watermark - size - origin, slide));
  std::vector<std::string> rows;
  for (const auto& [key, own] : windows) {
    for (std::int64_t k = *own.begin(); k <= last; ++k) {
      if (own.contains(k)) continue;
      const std::int64_t start = origin + k * slide;
      rows.push_back(row_begin(start, start + size, key) +
                     R"(,"count":0,"sum_v":0,"avg_v":null,"min_v":null,"max_v":null)"
                     R"(,"first_v":null,"last_v":null})");
    }
  }
  return rows;
}

}  // namespace streamutils::testing
