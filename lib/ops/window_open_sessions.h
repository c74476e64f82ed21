// OpenSessions: the open sessions of all keys, in memory.  Inside of window_session.cc.
//
// An event makes a session longer, opens one, or joins two of its key.  When which session is due
// is known by one timer for each (time_buckets.h).  A session that has grown is found at its old
// end, and its timer set anew: so an event that makes a session longer costs nothing there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "ops/aggregate_list.h"
#include "ops/aggregate_pool.h"
#include "ops/change_count.h"
#include "ops/group_image.h"
#include "ops/group_key.h"
#include "ops/keyed_states.h"
#include "ops/time_buckets.h"
#include "ops/window_session_rows.h"
#include "ops/window_session_state.h"

namespace streamutils {

class OpenSessions {
 public:
  // cap: the greatest length of a session.  The aggregates must outlive it.
  OpenSessions(const AggregateList& aggregates, Duration gap, std::optional<Duration> cap)
      : aggregates_(aggregates),
        gap_(gap),
        cap_(cap),
        pool_(aggregates),
        timers_(gap / kBuckets),
        image_(aggregates) {}
  ~OpenSessions() { clear(); }
  OpenSessions(const OpenSessions&) = delete;
  OpenSessions& operator=(const OpenSessions&) = delete;

  // Of the states of sessions.
  BlockPool& pool() { return pool_; }
  // The keys that have sessions, or events that wait.
  KeyedStates<KeyState>& keys() { return keys_; }
  const KeyedStates<KeyState>& keys() const { return keys_; }

  Timestamp end_of(const Session& session) const { return plus(session.last, gap_); }
  // True if it takes an event of time t.
  bool takes(const Session& session, Timestamp t) const {
    return within_gap(session, t) && within_cap(session, t);
  }

  // The session that takes an event of time t, joined from all that it connects; null if none does.
  Session* join(Group* group, Timestamp t);
  // Another one.  number: of its first event.
  Session* open(Group* group, Timestamp t, std::uint64_t number);
  // Leaves the group, which others may still use.
  void close(Session* session);
  // To be called before a session changes in another way: an image needs it as it is.
  void keep_for_image(Session& session) {
    if (session.changed != images_) note(session);
  }
  // To be called before the number of its first event does.
  void rename(const Session& session);

  // Brings near what events of these keys will change.
  void foresee(const KeyReader& keys) const;
  // Begins that, between other work; hash: GroupTable::hash_of a key.
  void prefetch(std::uint32_t hash) const { keys_.prefetch(hash); }

  // True if there may be sessions whose end is before `now`; then take_due() gives them, in the
  // order in which they leave.
  bool is_due(Timestamp now) const {
    return !timers_.empty() && (timers_.top().due < now || now == kMaxTime);
  }
  std::vector<Session*> take_due(Timestamp now);

  // All of them, in the order in which their first events came.
  std::vector<const Session*> all() const;
  template <typename Visit>
  void for_each(const Visit& visit) {
    for (Session& session : storage_) {
      if (session.block) visit(session);
    }
  }
  // By end, then by first_seen: the order in which sessions leave.
  template <typename Pointer>
  void sort(std::vector<Pointer>& sessions) const {
    std::ranges::sort(sessions, [&](const Session* a, const Session* b) {
      return std::pair(end_of(*a), a->first_seen) < std::pair(end_of(*b), b->first_seen);
    });
  }

  std::size_t size() const { return storage_.size() - spare_.size(); }
  // Memory held, about, without what the states hold outside of their blocks.
  std::size_t table_bytes() const;
  // The same with that; walks all sessions.
  std::size_t bytes() const;

  // Forgets all sessions and keys.
  void clear();

  // An image (stream/operator.h).
  void begin_image(SnapshotWriter& out);
  // The same for what has changed since the image before was begun: the sessions that have gone
  // from it, and those to be put in the place of what there is under their numbers.
  bool has_changes() const { return changes_.are_worth_it(size()); }
  void begin_changes(SnapshotWriter& out);
  // True when it is complete.
  bool continue_image(std::size_t sessions);

  // The session of this key with this number, or null.
  Session* find(std::string_view canonical, std::uint64_t first_seen) const;

 private:
  // Most are set about a gap ahead, and so spread over so many buckets.
  static constexpr int kBuckets = 256;
  using Timer = TimerFor<Session*>;

  bool within_gap(const Session& session, Timestamp t) const {
    return minus(session.start, gap_) <= t && t <= end_of(session);
  }
  bool within_cap(const Session& session, Timestamp t) const {
    return !cap_ || minus(std::max(session.last, t), *cap_) <= std::min(session.start, t);
  }
  void absorb(Session& session, Session* older);
  void start_timer(Session* session);
  // Whose timer comes n steps later, or null.
  const Session* session_ahead(std::size_t n) const {
    const Timer* timer = timers_.ahead(n);
    return timer ? timer->what : nullptr;
  }
  void prepare_due() const;
  void begin_image_of(SnapshotWriter& out, bool whole);
  void note(Session& session);
  void list(Session& session);
  void note_change();
  void take(Session& session);

  const AggregateList& aggregates_;
  Duration gap_;
  std::optional<Duration> cap_;
  BlockPool pool_;
  KeyedStates<KeyState> keys_;
  std::deque<Session> storage_;
  std::vector<Session*> spare_;
  TimeBuckets<Timer> timers_;

  GroupImage<SessionFacts> image_;
  std::uint32_t images_ = 0;       // that were begun: the number of the last one
  bool whole_ = true;              // the last one
  std::size_t image_next_ = 0;     // from where it is to be continued, in storage_ or to_take_
  std::vector<Session*> to_take_;  // that had changed before; some are not in use any more
  // Since it was begun: what has changed, and rows of what has gone.
  ChangeCount changes_;
  std::vector<Session*> changed_;
  SnapshotWriter gone_;
};

}  // namespace streamutils
