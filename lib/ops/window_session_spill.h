// SpilledSessions: the sessions of a stream that memory has no room for.
//
// Which session an event belongs to depends on what its key has done before, and that is on disk.
// But sessions need not be known before they close: an event is put into a fragment in memory, and
// when memory is full the fragments are written as a run, sorted by key.  A sweep merges the runs,
// joins the fragments of each key that touch to sessions, lets those leave that have closed, and
// writes the others as one run:
//
//     run 0     a |------|       b |--|
//     run 1     a      |------|                 c |---|
//     sweep     a |-----------|  b |--|         c |---|
//
// A sweep reads and writes everything, so there is one for each quarter of GAP that event time
// advances, not for each session.  Rows leave in the order of memory, but up to a quarter of GAP
// later: what has closed by a sweep ends before all that closes after it.
//
// Events at or after the watermark join by their times alone, whatever came between: a session that
// has closed ends before the watermark, and they are beyond its reach.  Only an event below the
// watermark can touch one that has closed and is still here, so it stays a fragment of its own,
// which knows its watermark, and joins in a sweep what was open then.  If it is so late that it
// would be closed alone, whether something open takes it is found out at once, from the blocks of
// the runs that can hold its key.
//
// With a cap, which session an event belongs to depends on all that came before it.  So each event
// is a fragment of its own until the watermark has passed it, and a sweep does with those of a key,
// in their order, what would have been done in memory (window_session.cc).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ops/aggregate_pool.h"
#include "ops/group_runs.h"
#include "ops/keyed_states.h"
#include "ops/spill_tools.h"

namespace streamutils {

// A session, or a part of one.
struct SessionSpan {
  Timestamp start{};
  Timestamp last{};
  std::uint64_t first_seen = 0;
  Timestamp untold = kMaxTime;   // the least time of the events that no row has told of
  Timestamp late_at = kMinTime;  // of an event below the watermark: the watermark when it came
  bool waits = false;            // with a cap: an event that no watermark had passed
};
using SessionRecord = SpilledRecord<SessionSpan>;

class SpilledSessions {
 public:
  // tools and pool must outlive it.  cap: the greatest length of a session.
  SpilledSessions(SpillTools& tools, BlockPool& pool, Duration gap, std::optional<Duration> cap);
  ~SpilledSessions();
  SpilledSessions(const SpilledSessions&) = delete;
  SpilledSessions& operator=(const SpilledSessions&) = delete;

  // The states of the fragment that takes an event; its number is the order in which it came.
  // REQUIRES: t is not before the watermark.
  std::byte* add(const GroupKey& key, Timestamp t, std::uint64_t number);
  // The same for one that is, when the watermark is `now`.
  std::byte* add_late(const GroupKey& key, Timestamp t, Timestamp now, std::uint64_t number);
  // Whether a session that was open at `now` takes an event of time t; nullopt: that cannot be
  // read.
  std::optional<bool> would_join(std::string_view key, Timestamp t, Timestamp now) const;

  // The fresh states of a session that is open, or of an event that waits.
  std::byte* add_part(const GroupKey& key, const SessionSpan& span);
  // Adds a run of sessions that are open, or of ones that have closed and are to leave with the
  // next sweep.
  void add_open(Run run) { runs_.push_back(std::move(run)); }
  void add_closed(Run run) { closed_.push_back(std::move(run)); }

  // In memory.
  std::size_t fragments() const { return fragments_; }
  std::size_t bytes() const;
  // Puts all of it to disk.
  void spill();
  // It is time to sweep, lest there be too many runs to merge.
  bool has_many_runs() const { return runs_.size() >= kMostRuns; }
  std::uint64_t bytes_on_disk() const;
  bool disk_is_full() const { return disk_is_full_; }

  // Calls closed(group, span) for the sessions that have closed at `now`, by their ends, then by
  // first_seen; then `open` for those others that hold an event before the tick of which no row has
  // told (kMaxTime: for all others), in the same order, and counts them as told.  False if
  // something cannot be read.
  using Visit = std::function<void(const Group& group, const SessionSpan& span)>;
  bool sweep(Timestamp now, Timestamp tick, const Visit& closed, const Visit& open);

  // Calls visit for the sessions that have closed at `now`, for those that are open, or for the
  // events that wait, in the order of keys, those of a key by their starts.  Changes nothing, and
  // may be called in a process that was forked from the one that spilled.
  enum class Which : std::uint8_t { closed, open, waiting };
  bool visit(Timestamp now, Which which, const Visit& visit) const;

 private:
  static constexpr std::size_t kMostRuns = 16;

  struct Fragment {
    SessionSpan span;
    std::byte* block;
  };
  using Fragments = std::vector<Fragment>;
  static Fragments& of(Group* group) { return KeyedStates<Fragments>::of(group); }

  // What has been read of one key.
  struct Part {
    SessionSpan span;
    std::string states;
    std::string spelling;
  };
  // Parts that are one session, in the order in which their states are to be merged.
  struct Joined {
    SessionSpan span;
    std::vector<std::size_t> parts;
  };
  using VisitRecord = std::function<void(const SessionRecord& record)>;

  bool touches(const SessionSpan& span, Timestamp t) const;
  // The same with the cap.
  bool takes(const SessionSpan& span, Timestamp t) const;
  Timestamp end_of(const SessionSpan& span) const { return plus(span.last, gap_); }
  bool has_closed(const SessionSpan& span, Timestamp now) const {
    return now == kMaxTime || end_of(span) < now;
  }
  Fragment& new_fragment(const GroupKey& key, Timestamp t, std::uint64_t number);
  void absorb(Fragments& fragments, std::size_t i, std::size_t other);
  // Events before `now` wait no more.
  std::vector<Joined> join(const std::vector<Part>& parts, Timestamp now) const;
  std::vector<Joined> join_by_touch(const std::vector<Part>& parts) const;
  std::vector<Joined> join_capped(const std::vector<Part>& parts, Timestamp now) const;
  // The one that an event takes part in; null: none of these.
  Joined* joined_capped(std::vector<Joined>& sessions, const SessionSpan& event) const;
  void take(Joined& joined, const std::vector<Part>& parts, std::size_t part) const;
  // Calls visit for each session of the runs, and for each event that waits, in the order of keys.
  bool visit_joined(const std::vector<Run>& runs, Timestamp now, const VisitRecord& visit) const;
  // The same for the records of one key.  whole: of nothing, before and after.
  bool visit_key(std::string_view key, const std::vector<Joined>& sessions,
                 const std::vector<Part>& parts, StateBlock& whole, const VisitRecord& visit) const;
  Run write(std::shared_ptr<SteadyScratch> scratch) const;

  SpillTools& tools_;
  BlockPool& pool_;
  Duration gap_;
  std::optional<Duration> cap_;
  KeyedStates<Fragments> keys_;
  std::size_t fragments_ = 0;
  std::vector<Run> runs_;    // the earliest first
  std::vector<Run> closed_;  // of sessions that others must not join
  bool disk_is_full_ = false;
};

}  // namespace streamutils
