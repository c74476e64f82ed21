// SPDX-License-Identifier: Apache-2.0
#include "ops/window_open_sessions.h"

#include "base/near.h"

namespace streamutils {
namespace {

constexpr std::size_t kPrefetchAhead = 8;  // sessions of an image, before their turn

// It may stand in two cache lines.
void bring_all_near(const Session& session) {
  bring_near(&session.start);
  bring_near(&session.image);
}

}  // namespace

Session* OpenSessions::join(Group* group, Timestamp t) {
  Session* session = state_of(group).newest;
  while (session && !takes(*session, t)) session = session->older;
  if (!session) return nullptr;
  keep_for_image(*session);
  session->start = std::min(session->start, t);
  session->last = std::max(session->last, t);
  // With a cap, sessions that touch are meant to be apart.
  while (!cap_ && session->older && within_gap(*session->older, t)) {
    absorb(*session, session->older);
  }
  return session;
}

void OpenSessions::absorb(Session& session, Session* older) {
  aggregates_.merge(session.block, older->block);
  session.start = std::min(session.start, older->start);
  session.untold = std::min(session.untold, older->untold);
  const std::uint64_t first_seen = older->first_seen;
  close(older);
  if (first_seen >= session.first_seen) return;
  rename(session);
  session.first_seen = first_seen;
}

Session* OpenSessions::open(Group* group, Timestamp t, std::uint64_t number) {
  if (spare_.empty()) spare_.push_back(&storage_.emplace_back());
  Session* session = spare_.back();
  spare_.pop_back();
  Session** place = &state_of(group).newest;
  Session* newer = nullptr;
  while (*place && (*place)->start > t) {
    newer = *place;
    place = &newer->older;
  }
  *session = {t,        t,     number, group,   pool_.make(), kMaxTime,
              kMinTime, newer, *place, images_, images_};
  if (images_ != 0) list(*session);
  if (*place) (*place)->newer = session;
  *place = session;
  start_timer(session);
  return session;
}

void OpenSessions::close(Session* session) {
  keep_for_image(*session);
  rename(*session);
  Session*& place = session->newer ? session->newer->older : state_of(session->group).newest;
  place = session->older;
  if (session->older) session->older->newer = session->newer;
  pool_.free(session->block);
  *session = {};  // without a timer, so that one that was set before is known as stale
  spare_.push_back(session);
}

void OpenSessions::start_timer(Session* session) {
  session->timer = end_of(*session);
  timers_.push({session->timer, session});
}

// The newest session of a key, and its states, are what most events change.
void OpenSessions::foresee(const KeyReader& keys) const {
  keys_.prefetch(keys);
  const auto for_each_newest = [&](const auto& visit) {
    keys_.for_each_likely(keys, [&](const KeyState& state) {
      if (state.newest) visit(*state.newest);
    });
  };
  for_each_newest(bring_all_near);
  for_each_newest([](const Session& session) { bring_near(session.block); });
}

std::vector<Session*> OpenSessions::take_due(Timestamp now) {
  std::vector<Session*> due;
  while (is_due(now)) {
    prepare_due();
    const auto [end, session] = timers_.top();
    timers_.pop();
    if (session->timer != end) continue;
    if (end_of(*session) != end) {
      start_timer(session);
    } else {
      session->timer = kMinTime;
      due.push_back(session);
    }
  }
  sort(due);
  return due;
}

// What closing the sessions to come will look at: each step needs what the one before has brought.
void OpenSessions::prepare_due() const {
  if (const Session* session = session_ahead(24)) {
    __builtin_prefetch(&session->start, 1);
    __builtin_prefetch(&session->image, 1);  // it may stand in two cache lines
  }
  if (const Session* session = session_ahead(16)) {
    __builtin_prefetch(session->group, 1);
    __builtin_prefetch(session->block, 1);
  }
  if (const Session* session = session_ahead(8); session && session->group) {
    keys_.prefetch(*session->group);
  }
}

std::vector<const Session*> OpenSessions::all() const {
  std::vector<const Session*> sessions;
  for (const Session& session : storage_) {
    if (session.block) sessions.push_back(&session);
  }
  std::ranges::sort(sessions, {}, &Session::first_seen);
  return sessions;
}

std::size_t OpenSessions::table_bytes() const {
  const std::size_t each = sizeof(Session) + sizeof(Timer) + aggregates_.block_size();
  return keys_.bytes() + size() * each;
}

std::size_t OpenSessions::bytes() const {
  std::size_t bytes = table_bytes();
  for (const Session& session : storage_) {
    if (session.block) bytes += aggregates_.bytes(session.block);
  }
  return bytes;
}

void OpenSessions::clear() {
  for (const Session& session : storage_) {
    if (session.block) pool_.free(session.block);
  }
  storage_.clear();
  spare_.clear();
  timers_.clear();
  keys_.clear();
}

void OpenSessions::begin_image(SnapshotWriter& out) {
  begin_image_of(out, true);
  to_take_.clear();
}

void OpenSessions::begin_changes(SnapshotWriter& out) {
  out.entry(kGoneSessions).json("columns", R"(["first_seen","key","spelling"])");
  out.lines(gone_.take());
  to_take_.swap(changed_);
  begin_image_of(out, false);
}

void OpenSessions::begin_image_of(SnapshotWriter& out, bool whole) {
  image_.begin(out);
  ++images_;
  whole_ = whole;
  image_next_ = 0;
  changes_.begin();
  changed_.clear();
  gone_.take();
}

void OpenSessions::note(Session& session) {
  take(session);
  list(session);
}

void OpenSessions::list(Session& session) {
  session.changed = images_;
  if (!changes_.are_known()) return;
  changed_.push_back(&session);
  note_change();
}

// The image knows it under this number.
void OpenSessions::rename(const Session& session) {
  if (!changes_.are_known()) return;
  RowText& row = gone_.row();
  row.put(session.first_seen);
  save_key_values(row, *session.group);
  note_change();
}

void OpenSessions::note_change() {
  if (changes_.add(size())) return;
  changed_.clear();
  gone_.take();
}

// One that has been opened since counts as taken.
void OpenSessions::take(Session& session) {
  const bool is_wanted = whole_ || session.changed + 1 == images_;
  if (session.image == images_ || !is_wanted) return;
  session.image = images_;
  if (session.block) image_.write(SessionFacts{span_of(session)}, *session.group, session.block);
}

bool OpenSessions::continue_image(std::size_t sessions) {
  if (!image_.is_open()) return true;
  const auto at = [this](std::size_t i) { return whole_ ? &storage_[i] : to_take_[i]; };
  const std::size_t all = whole_ ? storage_.size() : to_take_.size();
  const std::size_t end = std::min(all, image_next_ + sessions);
  for (; image_next_ < end; ++image_next_) {
    const std::size_t ahead = std::min(image_next_ + kPrefetchAhead, end - 1);
    if (const Session& session = *at(ahead); session.block) {
      bring_near(session.group);
      bring_near(session.block);
    }
    take(*at(image_next_));
  }
  if (image_next_ < all) return false;
  image_.finish();
  return true;
}

Session* OpenSessions::find(std::string_view canonical, std::uint64_t first_seen) const {
  Group* group = keys_.find(canonical);
  Session* session = group ? state_of(group).newest : nullptr;
  while (session && session->first_seen != first_seen) session = session->older;
  return session;
}

}  // namespace streamutils
