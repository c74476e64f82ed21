// SPDX-License-Identifier: Apache-2.0
#include "ops/window_session_rows.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/copy.h"
#include "ops/group_image.h"
#include "ops/spill_states.h"

namespace streamutils {
namespace {

constexpr std::size_t kStates = SessionFacts::kCount;  // the first of their columns

// From `from` to `to`, which is not before it: any two times have a distance that fits.
std::uint64_t distance(Timestamp from, Timestamp to) {
  return static_cast<std::uint64_t>(to_nanos(to)) - static_cast<std::uint64_t>(to_nanos(from));
}

Timestamp behind(Timestamp from, std::uint64_t distance) {
  return from_nanos(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(to_nanos(from)) + distance));
}

}  // namespace

void sort_by_key(std::vector<const Session*>& sessions) {
  std::ranges::sort(sessions, [](const Session* a, const Session* b) {
    return std::pair(a->group->key(), a->start) < std::pair(b->group->key(), b->start);
  });
}

char* SessionFacts::write(char* to) const {
  to = write_value(to, to_nanos(span.start));
  to = write_value(to, distance(span.start, span.last));
  if (span.untold == kMaxTime) {
    to = copy_bytes(to, "null,");
  } else {
    to = write_value(to, distance(span.start, span.untold));
  }
  return write_value(to, span.first_seen);
}

void SessionRows::save(std::span<const Session* const> sessions,
                       std::span<const WaitingEvent* const> waiting, SnapshotWriter& out) const {
  GroupRows<SessionFacts> rows(aggregates_, out);
  for (const Session* session : sessions) {
    rows.write({span_of(*session)}, *session->group, session->block);
  }
  GroupRows<ClosedSessionFacts> none(aggregates_, out);
  if (!capped_) return;
  GroupRows<WaitingEventFacts> events(aggregates_, out);
  for (const WaitingEvent* event : waiting) {
    events.write({{{event->time, event->time, event->number, event->time}}}, *event->group,
                 event->block);
  }
}

bool SessionRows::save(const SpilledSessions& sessions, Timestamp watermark,
                       SnapshotWriter& out) const {
  using Which = SpilledSessions::Which;
  const auto save_rows = [&]<typename Facts>(Which which, GroupRows<Facts> rows) {
    return sessions.visit(watermark, which, [&](const Group& group, const SessionSpan& span) {
      Facts facts{};
      facts.span = span;
      rows.write(facts, group, group.state());
    });
  };
  const bool open = save_rows(Which::open, GroupRows<SessionFacts>(aggregates_, out));
  const bool closed = save_rows(Which::closed, GroupRows<ClosedSessionFacts>(aggregates_, out));
  if (!capped_) return open && closed;
  const bool waiting = save_rows(Which::waiting, GroupRows<WaitingEventFacts>(aggregates_, out));
  return open && closed && waiting;
}

SavedKey SessionRows::key(SnapshotReader& in) const {
  return SavedKey(in, kStates + aggregates_.state_count());
}

SessionSpan SessionRows::span(SnapshotReader& in) const {
  SessionSpan span;
  span.start = from_nanos(in.integer(std::size_t{0}));
  span.last = behind(span.start, in.unsigned_integer(1));
  if (!in.json(2).is(Kind::null)) span.untold = behind(span.start, in.unsigned_integer(2));
  span.first_seen = in.unsigned_integer(3);
  return span;
}

void SessionRows::restore_states(std::byte* block, SnapshotReader& in) const {
  aggregates_.restore_values(block, kStates, in);
}

Run SessionRows::write_run(std::span<const Session* const> sessions,
                           std::shared_ptr<SteadyScratch> scratch) const {
  RunWriter<SessionSpan> writer(std::move(scratch));
  StatesText states(aggregates_);
  for (const Session* session : sessions) {
    writer.add({span_of(*session), session->group->group_key(), states.of(session->block)});
  }
  return writer.finish();
}

Run SessionRows::restore_run(std::shared_ptr<SteadyScratch> scratch, SnapshotReader& in,
                             const Then& then) const {
  RunWriter<SessionSpan> writer(std::move(scratch));
  StateBlock states(aggregates_);
  while (in.next_row()) {
    states.clear();
    restore_states(states.get(), in);
    const SavedKey saved = key(in);
    SessionSpan span = this->span(in);
    then(saved.canonical, span);
    writer.add({span, saved.key(), states.text()});
  }
  return writer.finish();
}

}  // namespace streamutils
