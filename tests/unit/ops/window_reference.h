// What the windows of a list of events are, by the definitions and nothing else: every window is
// looked at, every event is tried against it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "stream/operator.h"

namespace streamutils::testing {

struct TestEvent {
  std::int64_t time;                    // seconds
  int key;                              // -1: no such member
  std::int64_t tenths;                  // the amount
  std::int64_t watermark = -1'000'000;  // when it came
  Outcome outcome{};                    // what the operator said of it
};

inline std::string decimal(std::int64_t tenths) {
  std::string text = tenths < 0 ? "-" : "";
  text += std::to_string(std::abs(tenths) / 10);
  if (tenths % 10 != 0) text += "." + std::to_string(std::abs(tenths) % 10);
  return text;
}

inline std::string to_json(const TestEvent& event) {
  const std::string key = event.key < 0 ? "" : "\"k\":\"" + std::to_string(event.key) + "\",";
  return "{" + key + "\"v\":" + decimal(event.tenths) + "}";
}

// The shortest text of a quotient of integers.
std::string shortest(double d);

// `,"count":…,"last_v":…` of events in the order in which they came.
inline std::string reference_results(const std::vector<TestEvent>& events) {
  std::int64_t sum = 0;
  const TestEvent* least = &events.front();
  const TestEvent* greatest = &events.front();
  const TestEvent* first = &events.front();
  const TestEvent* last = &events.front();
  for (const TestEvent& event : events) {
    sum += event.tenths;
    if (event.tenths < least->tenths) least = &event;
    if (event.tenths > greatest->tenths) greatest = &event;
    if (event.time < first->time) first = &event;
    if (event.time >= last->time) last = &event;
  }
  const auto n = static_cast<std::int64_t>(events.size());
  std::string row = ",\"count\":" + std::to_string(n) + ",\"sum_v\":" + decimal(sum);
  row += ",\"avg_v\":" + shortest(static_cast<double>(sum) / static_cast<double>(10 * n));
  row += ",\"min_v\":" + decimal(least->tenths) + ",\"max_v\":" + decimal(greatest->tenths);
  row += ",\"first_v\":" + decimal(first->tenths) + ",\"last_v\":" + decimal(last->tenths);
  return row;
}

inline std::string row_begin(std::int64_t start, std::int64_t end, int key) {
  std::string row = "{\"window_start\":" + std::to_string(start);
  row += ",\"window_end\":" + std::to_string(end);
  return key < 0 ? row : row + ",\"k\":\"" + std::to_string(key) + "\"";
}

// {"window_start":S,"window_end":E,"k":"1","count":…} of events in the order in which they came.
inline std::string reference_row(std::int64_t start, std::int64_t end,
                                 const std::vector<TestEvent>& events) {
  return row_begin(start, end, events.front().key) + reference_results(events) + "}";
}

// A row with what decides its place.
struct PlacedRow {
  std::int64_t end;
  std::size_t first_seen;
  std::string row;
};

inline std::vector<std::string> in_order(std::vector<PlacedRow> rows) {
  std::ranges::sort(rows, [](const PlacedRow& a, const PlacedRow& b) {
    return std::pair(a.end, a.first_seen) < std::pair(b.end, b.first_seen);
  });
  std::vector<std::string> texts;
  for (PlacedRow& row : rows) texts.push_back(std::move(row.row));
  return texts;
}

// Windows [n * slide + origin, + size): an event counts in those that hold its time and end after
// the watermark that stood when it came.
inline std::vector<std::string> reference_fixed(const std::vector<TestEvent>& events,
                                                std::int64_t size, std::int64_t slide,
                                                std::int64_t origin) {
  struct Window {
    std::size_t first_seen;
    std::vector<TestEvent> events;
  };
  std::map<std::pair<std::int64_t, int>, Window> windows;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const TestEvent& event = events[i];
    for (std::int64_t start = event.time - size + 1; start <= event.time; ++start) {
      if ((start - origin) % slide != 0 || start + size <= event.watermark) continue;
      Window& window = windows[{start, event.key}];
      if (window.events.empty()) window.first_seen = i;
      window.events.push_back(event);
    }
  }
  std::vector<PlacedRow> rows;
  for (const auto& [place, window] : windows) {
    const std::int64_t end = place.first + size;
    rows.push_back({end, window.first_seen, reference_row(place.first, end, window.events)});
  }
  return in_order(std::move(rows));
}

// What becomes of an event whose windows are these.
inline Outcome reference_outcome(const TestEvent& event, std::int64_t size, std::int64_t slide,
                                 std::int64_t origin) {
  Outcome outcome;
  int held = 0;
  int missed = 0;
  for (std::int64_t start = event.time - size + 1; start <= event.time; ++start) {
    if ((start - origin) % slide != 0) continue;
    ++held;
    if (start + size > event.watermark) continue;
    if (missed++ == 0) outcome.deadline = Timestamp(std::chrono::seconds(start + size));
  }
  if (held == 0) outcome.fate = Fate::dropped;
  if (held > 0 && missed == held) outcome.fate = Fate::late;
  outcome.late_partly = missed > 0 && missed < held;
  return outcome;
}

// Sessions of events of which none is late.
inline std::vector<std::string> reference_sessions(const std::vector<TestEvent>& events,
                                                   std::int64_t gap,
                                                   std::optional<std::int64_t> cap) {
  std::map<int, std::vector<std::size_t>> by_key;
  for (std::size_t i = 0; i < events.size(); ++i) by_key[events[i].key].push_back(i);
  std::vector<PlacedRow> rows;
  for (auto& [key, numbers] : by_key) {
    std::ranges::stable_sort(numbers, {}, [&](std::size_t i) { return events[i].time; });
    for (std::size_t i = 0; i < numbers.size();) {
      const std::int64_t start = events[numbers[i]].time;
      std::vector<TestEvent> session;
      std::size_t first_seen = numbers[i];
      std::int64_t last = start;
      for (; i < numbers.size(); ++i) {
        const TestEvent& event = events[numbers[i]];
        if (event.time - last > gap || (cap && event.time - start > *cap)) break;
        session.push_back(event);
        first_seen = std::min(first_seen, numbers[i]);
        last = event.time;
      }
      rows.push_back({last + gap, first_seen, reference_row(start, last + gap, session)});
    }
  }
  return in_order(std::move(rows));
}

}  // namespace streamutils::testing
