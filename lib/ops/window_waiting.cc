// SPDX-License-Identifier: Apache-2.0
#include "ops/window_waiting.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

constexpr std::string_view kEntry = "waiting";
constexpr std::size_t kLine = 2;    // the column of the line
constexpr std::size_t kStates = 3;  // and the first of the states

std::size_t round_up(std::size_t size) { return (size + 15) / 16 * 16; }

void begin_rows(const AggregateList& aggregates, SnapshotWriter& out) {
  std::string columns = R"(["time","number","line")";
  aggregates.append_state_names(columns);
  out.entry(kEntry).json("columns", columns + R"(,"key","spelling"])");
}

struct Row {
  Timestamp time;
  std::uint64_t number;
  std::string_view line;
  const Group& group;
  const std::byte* block;
};

void write_row(const AggregateList& aggregates, const Row& event, SnapshotWriter& out) {
  RowText& row = out.row();
  row.put(to_nanos(event.time));
  row.put(event.number);
  save_bytes(row, event.line);
  aggregates.save_values(event.block, row);
  save_key_values(row, event.group);
}

Row row_of(const WaitingEvent& event) {
  return {event.time, event.number, event.line, *event.group, event.block};
}

}  // namespace

// Behind it stand the group with the states of the event, and its line.
struct alignas(16) WaitingPart::Head {
  Timestamp time;
  std::uint64_t number;
  std::size_t line_size;
};

WaitingPart::~WaitingPart() {
  for_each(
      [this](const Head&, Group& group, std::string_view) { aggregates_.destroy(group.state()); });
}

template <typename Visit>
void WaitingPart::for_each(Visit visit) const {
  for (std::byte* at = begin(); at < end();) {
    const auto& head = *reinterpret_cast<const Head*>(at);
    auto& group = *reinterpret_cast<Group*>(at + sizeof(Head));
    std::byte* const line = group.state() + aggregates_.block_size();
    visit(head, group, std::string_view(reinterpret_cast<const char*>(line), head.line_size));
    at = line + round_up(head.line_size);
  }
}

bool WaitingPart::add(const WaitingEvent& event) {
  const auto* const from = reinterpret_cast<const std::byte*>(event.group);
  const auto text_end = static_cast<std::size_t>(event.group->state() - from);
  const std::size_t states = sizeof(Head) + text_end;
  const std::size_t line = states + aggregates_.block_size();
  std::byte* const to = CopiedPart::add(line + round_up(event.line.size()));
  if (to == nullptr) return false;
  new (to) Head{event.time, event.number, event.line.size()};
  std::memcpy(to + sizeof(Head), from, text_end);
  aggregates_.copy(to + states, event.block);
  std::memcpy(to + line, event.line.data(), event.line.size());
  return true;
}

void WaitingPart::write(SnapshotWriter& out) {
  begin_rows(aggregates_, out);
  for_each([&](const Head& head, const Group& group, std::string_view line) {
    write_row(aggregates_, {head.time, head.number, line, group, group.state()}, out);
  });
}

void WaitingEvents::push(WaitingEvent event) {
  if (free_.empty()) free_.push_back(&places_.emplace_back());
  Place* place = free_.back();
  free_.pop_back();
  *place = {std::move(event), images_};
  const Turn turn{place->event.time, place->event.number, place};
  if (in_order_.empty() || is_later(turn, in_order_.back())) {
    in_order_.push_back(turn);
  } else {
    heap_.push_back(turn);
    std::ranges::push_heap(heap_, is_later);
  }
}

WaitingEvents::Place* WaitingEvents::take_turn() {
  Place* const place = next().place;
  if (next_is_in_order()) {
    in_order_.pop_front();
  } else {
    std::ranges::pop_heap(heap_, is_later);
    heap_.pop_back();
  }
  return place;
}

WaitingEvent WaitingEvents::take() {
  Place* const place = take_turn();
  keep_for_image(*place);
  free_.push_back(place);
  return std::exchange(place->event, {});
}

std::vector<const WaitingEvent*> WaitingEvents::all() const {
  std::vector<const WaitingEvent*> events;
  for (const Place& place : places_) {
    if (place.event.group != nullptr) events.push_back(&place.event);
  }
  std::ranges::sort(events, {}, &WaitingEvent::number);
  return events;
}

void WaitingEvents::save(SnapshotWriter& out) const {
  if (size() == 0) return;
  begin_rows(aggregates_, out);
  for (const WaitingEvent* event : all()) write_row(aggregates_, row_of(*event), out);
}

bool WaitingEvents::restore_some(SnapshotReader& in, const GroupOf& group_of) {
  if (!in.next_is(kEntry)) return false;
  while (in.next_row()) {
    const SavedKey saved(in, kStates + aggregates_.state_count());
    Group* group = group_of(saved.key(), in.unsigned_integer(1));
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
  if (aggregates_.can_copy()) {
    const auto make = [this] { return std::make_unique<WaitingPart>(memory_, aggregates_); };
    return parts_.add(*image_out_, make, place.event);
  }
  if (text_.size() == 0) begin_rows(aggregates_, text_);
  write_row(aggregates_, row_of(place.event), text_);
  if (text_.size() >= PartMemory::kSize) hand_over();
}

void WaitingEvents::hand_over() {
  parts_.hand_over(*image_out_);
  if (text_.size() > 0) image_out_->lines(text_.take());
}

}  // namespace streamutils
