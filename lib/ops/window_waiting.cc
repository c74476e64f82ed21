// SPDX-License-Identifier: Apache-2.0
#include "ops/window_waiting.h"

#include <algorithm>
#include <utility>

namespace streamutils {
namespace {

bool is_later(const WaitingEvent& a, const WaitingEvent& b) {
  return std::tie(a.time, a.number) > std::tie(b.time, b.number);
}

}  // namespace

void WaitingEvents::push(WaitingEvent event) {
  heap_.push_back(std::move(event));
  std::ranges::push_heap(heap_, is_later);
}

WaitingEvent WaitingEvents::take() {
  std::ranges::pop_heap(heap_, is_later);
  WaitingEvent event = std::move(heap_.back());
  heap_.pop_back();
  return event;
}

std::vector<const WaitingEvent*> WaitingEvents::by_number() const {
  std::vector<const WaitingEvent*> events;
  for (const WaitingEvent& event : heap_) events.push_back(&event);
  std::ranges::sort(events, {}, &WaitingEvent::number);
  return events;
}

}  // namespace streamutils
