// Sessions: stretches of activity of one key, with no silence in them longer than GAP.
//
//     events     a  b    c            d e       GAP |-----|
//     sessions   |-------------|      |--------|     (each ends GAP after its last event)
//
// Events come out of order, so a session grows at both ends, and one event may join two sessions
// that were open apart.  Two events exactly GAP apart are one session; therefore a session can
// still grow when the watermark is at its end, and closes only when it is past it.
//
// Without a cap this is all: which events form a session does not depend on the order in which they
// came. With `max D` it would.  The cap cuts at the first event, by event time, that is more than D
// after the start, so an early event that comes late moves every cut after it.  Therefore, with a
// cap, an event waits until the watermark has passed it, alone with its states; then no other can
// come before it, and events join sessions strictly in the order of their times.
//
// An event below the watermark is late for its session if the session it would form alone has
// closed, and no open one is within GAP.  With a cap, it never cuts: it joins an open session that
// stays within the cap, or forms one.
//
// With --mem, sessions that memory has no room for go to disk, all of them at once with the events
// that wait, and others take over until few are left (window_session_spill.h).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ops/held_keys.h"
#include "ops/keyed_states.h"
#include "ops/memory_watch.h"
#include "ops/window_kinds.h"
#include "ops/window_open_sessions.h"
#include "ops/window_parts.h"
#include "ops/window_session_rows.h"
#include "ops/window_session_spill.h"
#include "ops/window_session_state.h"
#include "ops/window_waiting.h"

namespace streamutils {
namespace {

class SessionWindows final : public Windows {
 public:
  explicit SessionWindows(const WindowOptions& options)
      : parts_(options),
        gap_(options.arguments.window.size.duration()),
        cap_(options.arguments.window.max),
        session_rows_(parts_.aggregates, cap_.has_value()),
        open_(parts_.aggregates, gap_, cap_),
        waiting_(parts_.aggregates, open_.pool()),
        every_(options.every),
        memory_(options.memory),
        spill_tools_(parts_.aggregates, options.make_scratch, memory_) {}

  Outcome on_record(const Record& record, Emitter& out) override;
  bool foresees() const override { return parts_.keys.foresees() && open_.keys().is_large(); }
  void foresee(std::span<const Record> records) override {
    parts_.keys.foresee(records, [this](std::uint32_t hash) { open_.prefetch(hash); });
    open_.foresee(parts_.keys);
  }
  void on_watermark(Timestamp now, Emitter& out) override;
  void on_interrupt(Emitter& out) override;
  // A session whose end is the watermark is still open, and the time of its row is the last instant
  // before its end.
  Timestamp least_time_to_come(Timestamp w) const override {
    if (spilled_) w = std::min(w, swept_);
    return w == kMaxTime ? w : minus(w, Duration(1));
  }
  void set_time_style(TimeStyle style) override { parts_.rows.set_time_style(style); }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  bool has_images() const override { return !memory_ && !spilled_; }
  void begin_image(SnapshotWriter& out) override;
  bool has_changes() const override { return has_images() && open_.has_changes(); }
  void begin_changes(SnapshotWriter& out) override;
  bool continue_image(std::size_t entries) override;
  void describe_state(std::string& json_members) const override;
  std::size_t held() const override;

 private:
  // Null if there are too many keys.
  Group* group_within_limit(const GroupKey& key) {
    return open_.keys().group_within(parts_.max_keys, key, parts_.events);
  }
  void release_if_unused(Group* group);

  // Of an event that the watermark has not passed, with a cap.
  Outcome wait(const GroupKey& key, Timestamp t, Emitter& out);
  // Joins the events before `now` that wait to sessions.
  void settle_before(Timestamp now);
  void settle(const WaitingEvent& event);

  void close_due(Timestamp now, Emitter& out);
  void write_early(Timestamp tick, Emitter& out);
  void write(const Session& session, bool partial, Emitter& out);

  void save_head(SnapshotWriter& out) const;
  void save_by_key(SnapshotWriter& out) const;
  void forget_session(std::string_view canonical, std::uint64_t first_seen);
  void restore_gone(SnapshotReader& in);
  void restore_session(SnapshotReader& in);
  bool restore_sessions(SnapshotReader& in);
  void restore_by_key(SnapshotReader& in);
  void restore_waiting(SnapshotReader& in);

  // The same, with sessions on disk.
  Outcome add_spilled(const GroupKey& key, Timestamp t, Emitter& out);
  void advance_spilled(Timestamp now, Emitter& out);
  void sweep(Timestamp now, Timestamp tick, Emitter& out);
  void check_memory(Emitter& out);
  void relieve_memory();
  static constexpr std::size_t kWaitingOverhead = 48;  // of what is allocated for an event
  std::size_t bytes() const;
  void begin_spilling();
  void spill_waiting();
  void note_held(std::string_view key, const SessionSpan& span) {
    if (held_keys_) held_keys_->note(key, span.last);
  }
  bool fits_into_memory() const;
  bool return_to_memory();

  WindowParts parts_;
  Duration gap_;
  std::optional<Duration> cap_;
  SessionRows session_rows_;
  OpenSessions open_;
  WaitingEvents waiting_;
  std::optional<Duration> every_;
  Timestamp ticked_ = kMinTime;  // the multiple of --every that was passed last

  std::optional<std::size_t> memory_;
  SpillTools spill_tools_;
  MemoryWatch watch_;
  std::optional<SpilledSessions> spilled_;  // in place of all sessions above; null: none
  std::optional<HeldKeys> held_keys_;       // of those, for --max-keys
  Timestamp swept_ = kMinTime;              // the watermark of its last sweep
  bool restores_changes_ = false;
};

Outcome SessionWindows::on_record(const Record& record, Emitter& out) {
  Outcome outcome;
  GroupKey key;
  if (!parts_.read(record, out, key, outcome)) return outcome;
  const Timestamp t = record.time();
  if (cap_ && !spilled_ && t >= parts_.watermark) {
    return wait(key, t, out);
  }
  if (spilled_) return add_spilled(key, t, out);
  Group* group = open_.keys().find(key);
  Session* session = group ? open_.join(group, t) : nullptr;
  if (!session && plus(t, gap_) < parts_.watermark) {
    outcome.fate = Fate::late;
    outcome.deadline = plus(plus(t, gap_), Duration(1));
    return outcome;
  }
  if (!session) {
    group = group_within_limit(key);
    if (!group) return parts_.refuse_key(out);
    session = open_.open(group, t, parts_.events);
  }
  session->untold = std::min(session->untold, t);
  parts_.aggregates.add(session->block, out);
  if (watch_.is_due()) check_memory(out);
  return outcome;
}

void SessionWindows::release_if_unused(Group* group) {
  const KeyState& state = state_of(group);
  if (!state.newest && state.waiting == 0) open_.keys().erase(group);
}

Outcome SessionWindows::wait(const GroupKey& key, Timestamp t, Emitter& out) {
  Group* group = group_within_limit(key);
  if (!group) return parts_.refuse_key(out);
  ++state_of(group).waiting;
  WaitingEvent event{t, parts_.events, group, open_.pool().make(), {}};
  parts_.aggregates.add(event.block, out);
  waiting_.push(std::move(event));
  if (watch_.is_due()) check_memory(out);
  return {};
}

void SessionWindows::settle_before(Timestamp now) {
  while (waiting_.is_ripe(minus(now, Duration(1)))) {
    const WaitingEvent event = waiting_.take();
    settle(event);
    open_.pool().free(event.block);
  }
}

// All events before this one have been settled, so only the newest session can take it.
void SessionWindows::settle(const WaitingEvent& event) {
  KeyState& state = state_of(event.group);
  --state.waiting;
  Session* session = state.newest;
  const bool joins = session && open_.takes(*session, event.time);
  if (!joins) session = open_.open(event.group, event.time, event.number);
  open_.keep_for_image(*session);
  session->last = std::max(session->last, event.time);
  if (event.number < session->first_seen) {
    open_.rename(*session);
    session->first_seen = event.number;
  }
  session->untold = std::min(session->untold, event.time);
  parts_.aggregates.merge(session->block, event.block);
}

void SessionWindows::on_watermark(Timestamp now, Emitter& out) {
  parts_.watermark = now;
  if (held_keys_) held_keys_->forget(now);
  if (spilled_) return advance_spilled(now, out);
  settle_before(now);
  if (open_.is_due(now)) close_due(now, out);
  if (every_ && now != kMaxTime) write_early(floor_to(now, *every_), out);
}

void SessionWindows::close_due(Timestamp now, Emitter& out) {
  for (Session* session : open_.take_due(now)) {
    write(*session, false, out);
    Group* group = session->group;
    open_.close(session);
    release_if_unused(group);
  }
}

// The sessions that hold an event before the tick which no row has told of yet.
void SessionWindows::write_early(Timestamp tick, Emitter& out) {
  if (tick <= ticked_) return;
  ticked_ = tick;
  std::vector<Session*> sessions;
  open_.for_each([&](Session& session) {
    if (session.untold < tick) sessions.push_back(&session);
  });
  open_.sort(sessions);
  for (Session* session : sessions) {
    write(*session, true, out);
    open_.keep_for_image(*session);
    session->untold = kMaxTime;
  }
}

void SessionWindows::write(const Session& session, bool partial, Emitter& out) {
  parts_.rows.begin_window(session.start, open_.end_of(session));
  parts_.rows.write(*session.group, session.block, {.partial = partial}, out);
}

void SessionWindows::on_interrupt(Emitter& out) {
  if (spilled_) return sweep(parts_.watermark, kMaxTime, out);
  settle_before(kMaxTime);
  std::vector<const Session*> sessions = open_.all();
  open_.sort(sessions);
  for (const Session* session : sessions) write(*session, true, out);
}

Outcome SessionWindows::add_spilled(const GroupKey& key, Timestamp t, Emitter& out) {
  const Timestamp now = parts_.watermark;
  if (plus(t, gap_) < now) {
    const std::optional<bool> joins = spilled_->would_join(key.canonical, t, now);
    if (!joins) out.fail(kSpillUnreadable);
    if (!joins || !*joins) {
      return {.fate = Fate::late, .deadline = plus(plus(t, gap_), Duration(1))};
    }
  }
  if (held_keys_ && !held_keys_->admit(key.canonical, t, parts_.max_keys)) {
    return parts_.refuse_key(out);
  }
  std::byte* block = t < now ? spilled_->add_late(key, t, now, parts_.events)
                             : spilled_->add(key, t, parts_.events);
  parts_.aggregates.add(block, out);
  if (watch_.is_due()) check_memory(out);
  return {};
}

void SessionWindows::check_memory(Emitter& out) {
  if (!memory_) return watch_.note_unbounded(held(), bytes(), out);
  relieve_memory();
  if (spilled_ && spilled_->has_many_runs()) sweep(parts_.watermark, kMinTime, out);
  watch_.tell(out);
}

void SessionWindows::relieve_memory() {
  watch_.next_after(held());
  if (bytes() <= *memory_) return;
  if (!spilled_) begin_spilling();
  spilled_->spill();
  watch_.note_disk(spilled_->disk_is_full());
}

std::size_t SessionWindows::bytes() const {
  if (spilled_) return spilled_->bytes();
  const std::size_t each = sizeof(WaitingEvent) + kWaitingOverhead + parts_.aggregates.block_size();
  return waiting_.size() * each + (memory_ ? open_.bytes() : open_.table_bytes());
}

void SessionWindows::begin_spilling() {
  swept_ = parts_.watermark;
  spilled_.emplace(spill_tools_, open_.pool(), gap_, cap_);
  std::vector<const Session*> sessions = open_.all();
  sort_by_key(sessions);
  Run run = session_rows_.write_run(sessions, spill_tools_.room.for_run());
  if (!sessions.empty()) spilled_->add_open(std::move(run));
  if (parts_.limits_spilled) {
    held_keys_.emplace(gap_);
    for (const Session* session : sessions) note_held(session->group->key(), span_of(*session));
  }
  spill_waiting();
  open_.clear();
}

void SessionWindows::spill_waiting() {
  while (waiting_.size() > 0) {
    const WaitingEvent event = waiting_.take();
    SessionSpan span{event.time, event.time, event.number, event.time};
    span.waits = true;
    note_held(event.group->key(), span);
    parts_.aggregates.merge(spilled_->add_part(event.group->group_key(), span), event.block);
    open_.pool().free(event.block);
  }
}

void SessionWindows::advance_spilled(Timestamp now, Emitter& out) {
  const Timestamp tick = every_ && now != kMaxTime ? floor_to(now, *every_) : kMinTime;
  const bool ticks = tick > ticked_;
  const Duration pause = std::max(gap_ / 4, Duration(1));
  if (now != kMaxTime && !ticks && now < plus(swept_, pause)) return;
  ticked_ = std::max(ticked_, tick);
  sweep(now, ticks ? tick : kMinTime, out);
}

void SessionWindows::sweep(Timestamp now, Timestamp tick, Emitter& out) {
  const auto write_as = [&](bool partial) {
    return [this, partial, &out](const Group& group, const SessionSpan& span) {
      parts_.rows.begin_window(span.start, plus(span.last, gap_));
      parts_.rows.write(group, group.state(), {.partial = partial}, out);
    };
  };
  const bool ok = spilled_->sweep(now, tick, write_as(false), write_as(true));
  if (!ok) return out.fail(kSpillUnreadable);
  swept_ = now;
  watch_.note_disk(spilled_->disk_is_full());
  if (fits_into_memory() && !return_to_memory()) out.fail(kSpillUnreadable);
}

bool SessionWindows::fits_into_memory() const {
  constexpr std::uint64_t kLargerInMemory = 8;
  return !memory_ || spilled_->bytes_on_disk() * kLargerInMemory <= *memory_;
}

// REQUIRES: all that has closed has left.  False if something cannot be read.
bool SessionWindows::return_to_memory() {
  using Which = SpilledSessions::Which;
  const auto take_session = [&](const Group& found, const SessionSpan& span) {
    Group* group = open_.keys().group(found.group_key(), span.first_seen);
    Session* session = open_.open(group, span.start, span.first_seen);
    session->last = span.last;
    session->untold = span.untold;
    parts_.aggregates.merge(session->block, found.state());
  };
  const auto take_event = [&](const Group& found, const SessionSpan& span) {
    Group* group = open_.keys().group(found.group_key(), span.first_seen);
    ++state_of(group).waiting;
    WaitingEvent event{span.start, span.first_seen, group, open_.pool().make(), {}};
    parts_.aggregates.merge(event.block, found.state());
    waiting_.push(std::move(event));
  };
  const bool ok = spilled_->visit(kMinTime, Which::open, take_session) &&
                  (!cap_ || spilled_->visit(kMinTime, Which::waiting, take_event));
  spilled_.reset();
  held_keys_.reset();
  return ok;
}

void SessionWindows::save_head(SnapshotWriter& out) const {
  parts_.save(out);
  out.entry("session_windows").field("ticked", ticked_);
  if (memory_ || spilled_) out.field("swept", spilled_ ? swept_ : parts_.watermark);
}

// With --mem a snapshot does not show what was in memory.
void SessionWindows::save_by_key(SnapshotWriter& out) const {
  if (spilled_) {
    if (!session_rows_.save(*spilled_, parts_.watermark, out)) out.fail(kSpillUnreadable);
    return;
  }
  std::vector<const Session*> sessions = open_.all();
  sort_by_key(sessions);
  std::vector<const WaitingEvent*> waiting = waiting_.all();
  std::ranges::sort(waiting, {}, [](const WaitingEvent* event) {
    return std::tuple(event->group->key(), event->time, event->number);
  });
  session_rows_.save(sessions, waiting, out);
}

void SessionWindows::save(SnapshotWriter& out) const {
  save_head(out);
  if (memory_ || spilled_) return save_by_key(out);
  GroupRows<SessionFacts> rows(parts_.aggregates, out);
  for (const Session* session : open_.all()) {
    rows.write(SessionFacts{span_of(*session)}, *session->group, session->block);
  }
  waiting_.save(out);
}

void SessionWindows::begin_image(SnapshotWriter& out) {
  save_head(out);
  open_.begin_image(out);
  waiting_.begin_image(out);
}

// Events that wait are all there each time: next time, few of them will be the same.
void SessionWindows::begin_changes(SnapshotWriter& out) {
  save_head(out);
  open_.begin_changes(out);
  waiting_.begin_image(out);
}

bool SessionWindows::continue_image(std::size_t entries) {
  return open_.continue_image(entries) && waiting_.continue_image(entries);
}

void SessionWindows::forget_session(std::string_view canonical, std::uint64_t first_seen) {
  Session* session = open_.find(canonical, first_seen);
  if (!session) return;
  Group* group = session->group;
  open_.close(session);
  release_if_unused(group);
}

// In changes: then what there is of the sessions that follow goes, too.
void SessionWindows::restore_gone(SnapshotReader& in) {
  if (!in.next_is(kGoneSessions)) return;
  while (in.next_row()) {
    const SavedKey saved(in, 1);
    forget_session(saved.canonical, in.unsigned_integer(std::size_t{0}));
  }
  restores_changes_ = true;
}

void SessionWindows::restore_session(SnapshotReader& in) {
  const SessionSpan span = session_rows_.span(in);
  const SavedKey saved = session_rows_.key(in);
  if (restores_changes_) forget_session(saved.canonical, span.first_seen);
  Group* group = open_.keys().group(saved.key(), parts_.events);
  Session* session = open_.open(group, span.start, span.first_seen);
  session->last = span.last;
  session->untold = span.untold;
  session_rows_.restore_states(session->block, in);
}

void SessionWindows::restore_by_key(SnapshotReader& in) {
  begin_spilling();
  swept_ = in.time("swept");
  if (!in.next_is(SessionFacts::kEntry)) in.fail("no entry 'sessions'");
  const auto note = [this](std::string_view key, SessionSpan& span) { note_held(key, span); };
  spilled_->add_open(session_rows_.restore_run(spill_tools_.room.for_run(), in, note));
  if (!in.next_is(ClosedSessionFacts::kEntry)) in.fail("no entry 'closed_sessions'");
  const auto pass = [](std::string_view, SessionSpan&) {};
  Run closed = session_rows_.restore_run(spill_tools_.room.for_run(), in, pass);
  const bool all_are_open = closed.size() == 0;
  spilled_->add_closed(std::move(closed));
  if (cap_) restore_waiting(in);
  if (swept_ != parts_.watermark || !all_are_open || !fits_into_memory()) return;
  if (!return_to_memory()) in.fail(std::string(kSpillUnreadable));
}

void SessionWindows::restore_waiting(SnapshotReader& in) {
  if (!in.next_is(WaitingEventFacts::kEntry)) in.fail("no entry 'waiting_events'");
  const auto note = [this](std::string_view key, SessionSpan& span) {
    span.waits = true;
    note_held(key, span);
  };
  Run waiting = session_rows_.restore_run(spill_tools_.room.for_run(), in, note);
  if (waiting.size() > 0) spilled_->add_open(std::move(waiting));
}

Status SessionWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  if (!in.next_is("session_windows")) in.fail("no entry 'session_windows'");
  ticked_ = in.time("ticked");
  if (in.json("swept").exists()) {
    restore_by_key(in);
    return in.status();
  }
  waiting_.clear([this](Group* group) {
    --state_of(group).waiting;
    release_if_unused(group);
  });
  restore_gone(in);
  const auto group_of = [this](const GroupKey& key, std::uint64_t number) {
    Group* group = open_.keys().group(key, number);
    ++state_of(group).waiting;
    return group;
  };
  while (restore_sessions(in) || waiting_.restore_some(in, group_of)) {
  }
  return in.status();
}

bool SessionWindows::restore_sessions(SnapshotReader& in) {
  if (!in.next_is(SessionFacts::kEntry)) return false;
  while (in.next_row()) restore_session(in);
  return true;
}

std::size_t SessionWindows::held() const {
  if (spilled_) return spilled_->fragments();
  return open_.size() + waiting_.size();
}

void SessionWindows::describe_state(std::string& json_members) const {
  json_members += "\"sessions\":" + std::to_string(open_.size()) +
                  ",\"groups\":" + std::to_string(open_.keys().size());
}

}  // namespace

WindowsPtr make_session_windows(const WindowOptions& options) {
  return std::make_unique<SessionWindows>(options);
}

}  // namespace streamutils
