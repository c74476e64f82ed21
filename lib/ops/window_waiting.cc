// SPDX-License-Identifier: Apache-2.0
#include "ops/window_waiting.h"

#include <algorithm>
#include <utility>

#include "ops/image_part.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

constexpr std::string_view kEntry = "waiting";
constexpr std::size_t kLine = 2;    // the column of the line
constexpr std::size_t kStates = 3;  // and the first of the states

}  // namespace

WaitingEvents::~WaitingEvents() {
  for (const Place* place : heap_) pool_.free(place->event.block);
}

void WaitingEvents::push(WaitingEvent event) {
  if (free_.empty()) free_.push_back(&places_.emplace_back());
  Place* place = free_.back();
  free_.pop_back();
  *place = {std::move(event), images_};
  heap_.push_back(place);
  std::ranges::push_heap(heap_, is_later);
}

WaitingEvent WaitingEvents::take() {
  std::ranges::pop_heap(heap_, is_later);
  Place* place = heap_.back();
  heap_.pop_back();
  keep_for_image(*place);
  free_.push_back(place);
  return std::exchange(place->event, {});
}

void WaitingEvents::begin_rows(SnapshotWriter& out) const {
  std::string columns = R"(["time","number","line")";
  aggregates_.append_state_names(columns);
  out.entry(kEntry).json("columns", columns + R"(,"key","spelling"])");
}

void WaitingEvents::write(const WaitingEvent& event, SnapshotWriter& out) const {
  RowText& row = out.row();
  row.put(to_nanos(event.time));
  row.put(event.number);
  save_bytes(row, event.line);
  aggregates_.save_values(event.block, row);
  save_key_values(row, *event.group);
}

void WaitingEvents::save(SnapshotWriter& out) const {
  if (heap_.empty()) return;
  std::vector<const WaitingEvent*> events;
  for (const Place* place : heap_) events.push_back(&place->event);
  std::ranges::sort(events, {}, &WaitingEvent::number);
  begin_rows(out);
  for (const WaitingEvent* event : events) write(*event, out);
}

bool WaitingEvents::restore_some(SnapshotReader& in, const GroupOf& group_of) {
  if (!in.next_is(kEntry)) return false;
  while (in.next_row()) {
    const SavedKey saved(in, kStates + aggregates_.state_count());
    Group* group = group_of(saved.key());
    if (!group) {
      in.fail("an event that waits has an unknown key");
      return false;
    }
    WaitingEvent event{from_nanos(in.integer(std::size_t{0})), in.unsigned_integer(1), group,
                       pool_.make(), restore_bytes(in, kLine)};
    aggregates_.restore_values(event.block, kStates, in);
    push(std::move(event));
  }
  return true;
}

void WaitingEvents::begin_image(SnapshotWriter& out) {
  image_out_ = &out;
  image_next_ = 0;
  ++images_;
}

// Events that have come since stand in places that count as written.
bool WaitingEvents::continue_image(std::size_t& events) {
  for (; image_next_ < places_.size() && events > 0; ++image_next_, --events) {
    keep_for_image(places_[image_next_]);
  }
  if (image_next_ < places_.size()) return false;
  hand_over();
  return true;
}

void WaitingEvents::put_into_image(Place& place) {
  place.image = images_;
  if (place.event.group == nullptr) return;
  if (image_rows_.size() == 0) begin_rows(image_rows_);
  write(place.event, image_rows_);
  if (image_rows_.size() >= PartMemory::kSize) hand_over();
}

void WaitingEvents::hand_over() {
  if (image_rows_.size() > 0) image_out_->lines(image_rows_.take());
}

}  // namespace streamutils
