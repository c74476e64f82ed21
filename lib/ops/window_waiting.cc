// SPDX-License-Identifier: Apache-2.0
#include "ops/window_waiting.h"

#include <algorithm>
#include <utility>

#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

bool is_later(const WaitingEvent& a, const WaitingEvent& b) {
  return std::tie(a.time, a.number) > std::tie(b.time, b.number);
}

}  // namespace

WaitingEvents::~WaitingEvents() {
  for (const WaitingEvent& event : heap_) pool_.free(event.block);
}

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

void WaitingEvents::save(SnapshotWriter& out) const {
  std::vector<const WaitingEvent*> events;
  for (const WaitingEvent& event : heap_) events.push_back(&event);
  std::ranges::sort(events, {}, &WaitingEvent::number);
  for (const WaitingEvent* event : events) {
    out.entry("waiting").field("time", event->time).field("number", event->number);
    save_bytes(out, "line", event->line);
    save_key(out, *event->group);
    aggregates_.save(event->block, out);
  }
}

void WaitingEvents::restore(SnapshotReader& in, const GroupOf& group_of) {
  while (in.next_is("waiting")) {
    Group* group = group_of(SavedKey(in).key());
    if (!group) return in.fail("an event that waits has an unknown key");
    WaitingEvent event{in.time("time"), in.unsigned_integer("number"), group, pool_.make(),
                       restore_bytes(in, "line")};
    aggregates_.restore(event.block, in);
    push(std::move(event));
  }
}

}  // namespace streamutils
