// SessionRows: sessions as rows of a snapshot, values without names.
//
//     {"entry":"sessions","columns":["start","length","untold_from","first_seen","count","key",…]}
//     [1795341600000000000,30000000000,null,17,"3","\"user-17\""]
//
// Inside of window_session.cc.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ops/aggregate_list.h"
#include "ops/group_key.h"
#include "ops/keyed.h"
#include "ops/spill_runs.h"
#include "ops/window_session_spill.h"
#include "ops/window_session_state.h"
#include "ops/window_waiting.h"
#include "stream/row_text.h"
#include "stream/snapshot.h"

namespace streamutils {

inline SessionSpan span_of(const Session& session) {
  return {session.start, session.last, session.first_seen, session.untold, kMinTime};
}

// What a row says of a session, in front of its states (group_image.h).  Times as lengths from the
// start, which are short.
struct SessionFacts {
  static constexpr std::string_view kEntry = "sessions";
  static constexpr std::string_view kColumns = R"("start","length","untold_from","first_seen")";
  static constexpr std::size_t kCount = 4;

  char* write(char* to) const;

  SessionSpan span;
};

// The same of one that has closed, but has not left.
struct ClosedSessionFacts : SessionFacts {
  static constexpr std::string_view kEntry = "closed_sessions";
};

// An event that waits for the watermark, alone.
struct WaitingEventFacts : SessionFacts {
  static constexpr std::string_view kEntry = "waiting_events";
};

// The entry in front of the numbers and keys of sessions that are not there any more.
inline constexpr std::string_view kGoneSessions = "gone_sessions";

// By their keys, those of a key by their starts.
void sort_by_key(std::vector<const Session*>& sessions);

class SessionRows {
 public:
  // aggregates must outlive it.  capped: events may wait.
  SessionRows(const AggregateList& aggregates, bool capped)
      : aggregates_(aggregates), capped_(capped) {}

  // Two entries: those that are open, and those that have closed but have not left, which are not
  // to be joined any more; with a cap, a third: events that wait.  In memory all are open.
  void save(std::span<const Session* const> sessions, std::span<const WaitingEvent* const> waiting,
            SnapshotWriter& out) const;
  // False if something cannot be read from disk.
  bool save(const SpilledSessions& sessions, Timestamp watermark, SnapshotWriter& out) const;

  // Of the current row; what does not read makes in.status() an error.
  SavedKey key(SnapshotReader& in) const;
  SessionSpan span(SnapshotReader& in) const;
  void restore_states(std::byte* block, SnapshotReader& in) const;

  // Sessions as a run, in their order.
  Run write_run(std::span<const Session* const> sessions,
                std::shared_ptr<SteadyScratch> scratch) const;
  // The rows that follow as a run, in their order.  then: is called for each before it goes there.
  using Then = std::function<void(std::string_view key, SessionSpan& span)>;
  Run restore_run(std::shared_ptr<SteadyScratch> scratch, SnapshotReader& in,
                  const Then& then) const;

 private:
  const AggregateList& aggregates_;
  bool capped_;
};

}  // namespace streamutils
