// SPDX-License-Identifier: Apache-2.0
#include "ops/window_session_spill.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace streamutils {
namespace {

// By their ends, then by age.
struct EndsFirst {
  bool operator()(const SessionSpan& a, const SessionSpan& b) const {
    return std::pair(a.last, a.first_seen) < std::pair(b.last, b.first_seen);
  }
};
using SessionSorter = RecordSorter<SessionSpan, EndsFirst>;

bool is_late(const SessionSpan& span) { return span.late_at != kMinTime; }

void extend(SessionSpan& span, const SessionSpan& other) {
  span.start = std::min(span.start, other.start);
  span.last = std::max(span.last, other.last);
  span.first_seen = std::min(span.first_seen, other.first_seen);
  span.untold = std::min(span.untold, other.untold);
}

}  // namespace

SpilledSessions::SpilledSessions(SpillTools& tools, BlockPool& pool, Duration gap,
                                 std::optional<Duration> cap)
    : tools_(tools), pool_(pool), gap_(gap), cap_(cap) {}

SpilledSessions::~SpilledSessions() {
  for (Group* group : keys_.groups()) {
    for (const Fragment& fragment : of(group)) pool_.free(fragment.block);
  }
}

bool SpilledSessions::touches(const SessionSpan& span, Timestamp t) const {
  return minus(span.start, gap_) <= t && t <= end_of(span);
}

bool SpilledSessions::takes(const SessionSpan& span, Timestamp t) const {
  if (!touches(span, t)) return false;
  return !cap_ || minus(std::max(span.last, t), *cap_) <= std::min(span.start, t);
}

SpilledSessions::Fragment& SpilledSessions::new_fragment(const GroupKey& key, Timestamp t,
                                                         std::uint64_t number) {
  Group* group = keys_.group(key, number);
  ++fragments_;
  return of(group).emplace_back(Fragment{{t, t, number, t}, pool_.make()});
}

std::byte* SpilledSessions::add(const GroupKey& key, Timestamp t, std::uint64_t number) {
  if (cap_) {
    Fragment& fragment = new_fragment(key, t, number);
    fragment.span.waits = true;
    return fragment.block;
  }
  Group* group = keys_.find(key.canonical);
  if (!group) return new_fragment(key, t, number).block;
  Fragments& fragments = of(group);
  const auto takes = [&](const Fragment& fragment) {
    return !is_late(fragment.span) && touches(fragment.span, t);
  };
  const auto first = std::ranges::find_if(fragments, takes);
  if (first == fragments.end()) return new_fragment(key, t, number).block;
  const auto place = static_cast<std::size_t>(first - fragments.begin());
  for (std::size_t i = fragments.size(); --i > place;) {
    if (takes(fragments[i])) absorb(fragments, place, i);
  }
  extend(fragments[place].span, {t, t, number, t});
  return fragments[place].block;
}

void SpilledSessions::absorb(Fragments& fragments, std::size_t i, std::size_t other) {
  extend(fragments[i].span, fragments[other].span);
  tools_.aggregates.merge(fragments[i].block, fragments[other].block);
  pool_.free(fragments[other].block);
  fragments.erase(fragments.begin() + static_cast<std::ptrdiff_t>(other));
  --fragments_;
}

std::byte* SpilledSessions::add_part(const GroupKey& key, const SessionSpan& span) {
  Fragment& fragment = new_fragment(key, span.start, span.first_seen);
  fragment.span = span;
  return fragment.block;
}

std::byte* SpilledSessions::add_late(const GroupKey& key, Timestamp t, Timestamp now,
                                     std::uint64_t number) {
  Fragment& fragment = new_fragment(key, t, number);
  fragment.span.late_at = now;
  return fragment.block;
}

std::optional<bool> SpilledSessions::would_join(std::string_view key, Timestamp t,
                                                Timestamp now) const {
  std::vector<Part> parts;
  for (const Run& run : runs_) {
    const bool ok = find_in_run<SessionSpan>(run, key, [&](const SessionRecord& record) {
      parts.push_back({record.numbers, {}, {}});
    });
    if (!ok) return std::nullopt;
  }
  if (Group* group = keys_.find(key)) {
    for (const Fragment& fragment : of(group)) parts.push_back({fragment.span, {}, {}});
  }
  return std::ranges::any_of(join(parts, now), [&](const Joined& session) {
    const SessionSpan& span = session.span;
    return !span.waits && takes(span, t) && !has_closed(span, now);
  });
}

std::size_t SpilledSessions::bytes() const {
  constexpr std::size_t kOverhead = 32;  // of what is allocated for a fragment
  std::size_t bytes = keys_.bytes();
  bytes += fragments_ * (sizeof(Fragment) + tools_.aggregates.block_size() + kOverhead);
  for (Group* group : keys_.unsorted_groups()) {
    for (const Fragment& fragment : of(group)) bytes += tools_.aggregates.bytes(fragment.block);
  }
  return bytes;
}

std::uint64_t SpilledSessions::bytes_on_disk() const {
  std::uint64_t bytes = 0;
  for (const std::vector<Run>* runs : {&runs_, &closed_}) {
    for (const Run& run : *runs) bytes += run.size();
  }
  return bytes;
}

Run SpilledSessions::write(std::shared_ptr<SteadyScratch> scratch) const {
  std::vector<Group*> groups = keys_.unsorted_groups();
  std::ranges::sort(groups, {}, &Group::key);
  RunWriter<SessionSpan> writer(std::move(scratch));
  StatesText states(tools_.aggregates);
  for (Group* group : groups) {
    for (const Fragment& fragment : of(group)) {
      writer.add({fragment.span, group->group_key(), states.of(fragment.block)});
    }
  }
  return writer.finish();
}

void SpilledSessions::spill() {
  if (fragments_ == 0) return;
  runs_.push_back(write(tools_.room.for_run()));
  disk_is_full_ = disk_is_full_ || runs_.back().scratch->is_full();
  for (Group* group : keys_.unsorted_groups()) {
    for (const Fragment& fragment : of(group)) pool_.free(fragment.block);
  }
  keys_.clear();
  fragments_ = 0;
}

void SpilledSessions::take(Joined& joined, const std::vector<Part>& parts, std::size_t part) const {
  if (joined.parts.empty()) {
    joined.span = parts[part].span;
    joined.span.late_at = kMinTime;
    joined.span.waits = false;
  }
  extend(joined.span, parts[part].span);
  joined.parts.push_back(part);
}

std::vector<SpilledSessions::Joined> SpilledSessions::join(const std::vector<Part>& parts,
                                                           Timestamp now) const {
  return cap_ ? join_capped(parts, now) : join_by_touch(parts);
}

// First the parts that go by their times alone, then the late ones in the order in which they came.
std::vector<SpilledSessions::Joined> SpilledSessions::join_by_touch(
    const std::vector<Part>& parts) const {
  std::vector<std::size_t> by_time;
  std::vector<std::size_t> late;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    (is_late(parts[i].span) ? late : by_time).push_back(i);
  }
  std::ranges::stable_sort(by_time, {}, [&](std::size_t i) { return parts[i].span.start; });
  std::ranges::stable_sort(late, {}, [&](std::size_t i) { return parts[i].span.first_seen; });
  std::vector<Joined> sessions;
  for (const std::size_t i : by_time) {
    const bool joins = !sessions.empty() && touches(sessions.back().span, parts[i].span.start);
    if (!joins) sessions.emplace_back();
    take(sessions.back(), parts, i);
  }
  for (const std::size_t i : late) {
    const SessionSpan& event = parts[i].span;
    Joined whole;
    for (Joined& session : sessions) {
      if (!touches(session.span, event.start) || has_closed(session.span, event.late_at)) continue;
      for (const std::size_t part : session.parts) take(whole, parts, part);
      session.parts.clear();
    }
    std::erase_if(sessions, [](const Joined& session) { return session.parts.empty(); });
    take(whole, parts, i);
    sessions.push_back(std::move(whole));
  }
  for (Joined& session : sessions) std::ranges::sort(session.parts);
  std::ranges::sort(sessions, {}, [](const Joined& session) { return session.span.start; });
  return sessions;
}

// Sessions of earlier sweeps are what they are.  To them come the events in the order in which they
// would have in memory: one that waited when the watermark had passed it, a late one at once.
std::vector<SpilledSessions::Joined> SpilledSessions::join_capped(const std::vector<Part>& parts,
                                                                  Timestamp now) const {
  std::vector<Joined> sessions;
  std::vector<Joined> waiting;
  std::vector<std::size_t> events;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const SessionSpan& span = parts[i].span;
    const bool has_to_wait = span.waits && span.start >= now;
    if (has_to_wait) {
      waiting.push_back({span, {i}});
    } else if (span.waits || is_late(span)) {
      events.push_back(i);
    } else {
      take(sessions.emplace_back(), parts, i);
    }
  }
  const auto turn = [&](std::size_t i) {
    const SessionSpan& span = parts[i].span;
    return std::tuple(is_late(span) ? span.late_at : span.start, span.waits, span.first_seen);
  };
  const auto start = [](const Joined& session) { return session.span.start; };
  std::ranges::sort(sessions, {}, start);
  std::ranges::sort(events, {}, turn);
  for (const std::size_t i : events) {
    Joined* session = joined_capped(sessions, parts[i].span);
    if (!session) {
      const auto place = std::ranges::upper_bound(sessions, parts[i].span.start, {}, start);
      session = &*sessions.emplace(place);
    }
    take(*session, parts, i);
  }
  std::ranges::sort(waiting, {}, [](const Joined& event) {
    return std::pair(event.span.start, event.span.first_seen);
  });
  std::ranges::move(waiting, std::back_inserter(sessions));
  return sessions;
}

// One that has waited comes behind all others of its key, so only the last session can take it.
SpilledSessions::Joined* SpilledSessions::joined_capped(std::vector<Joined>& sessions,
                                                        const SessionSpan& event) const {
  for (std::size_t i = sessions.size(); i-- > 0;) {
    Joined& session = sessions[i];
    const bool is_open = event.waits || !has_closed(session.span, event.late_at);
    if (is_open && takes(session.span, event.start)) return &session;
    if (event.waits) break;
  }
  return nullptr;
}

bool SpilledSessions::visit_key(std::string_view key, const std::vector<Joined>& sessions,
                                const std::vector<Part>& parts, StateBlock& whole,
                                const VisitRecord& visit) const {
  for (const Joined& session : sessions) {
    const Part* first = &parts[session.parts.front()];
    std::string text;
    if (session.parts.size() == 1) {
      text = first->states;
    } else {
      for (const std::size_t part : session.parts) {
        if (!whole.merge(parts[part].states)) return false;
        if (parts[part].span.first_seen < first->span.first_seen) first = &parts[part];
      }
      text = whole.text();
      whole.clear();
    }
    visit({session.span, {key, first->spelling}, text});
  }
  return true;
}

bool SpilledSessions::visit_joined(const std::vector<Run>& runs, Timestamp now,
                                   const VisitRecord& visit) const {
  auto merge = merge_by_key<SessionSpan>(runs);
  std::string key;
  std::vector<Part> parts;
  StateBlock whole(tools_.aggregates);
  while (merge.current()) {
    key = merge.current()->key.canonical;
    parts.clear();
    for (; merge.current() && merge.current()->key.canonical == key; merge.next()) {
      const SessionRecord& record = *merge.current();
      parts.push_back(
          {record.numbers, std::string(record.states), std::string(record.key.spelling)});
    }
    if (!visit_key(key, join(parts, now), parts, whole, visit)) return false;
  }
  return !merge.has_failed();
}

bool SpilledSessions::sweep(Timestamp now, Timestamp tick, const Visit& closed, const Visit& open) {
  spill();
  SessionSorter leaving(tools_.room.fresh(), tools_.buffer);
  SessionSorter early(tools_.room.fresh(), tools_.buffer);
  for (const Run& run : closed_) {
    RunReader<SessionSpan> reader(run);
    while (reader.next()) leaving.add(reader.record());
    if (reader.has_failed()) return false;
  }
  RunWriter<SessionSpan> rest(tools_.room.for_run());
  const bool is_last = tick == kMaxTime;  // nothing waits for a watermark any more
  const bool could_join = visit_joined(runs_, is_last ? kMaxTime : now, [&](SessionRecord session) {
    if (session.numbers.waits) return rest.add(session);
    if (has_closed(session.numbers, now)) return leaving.add(session);
    if (is_last || session.numbers.untold < tick) {
      early.add(session);
      session.numbers.untold = kMaxTime;
    }
    rest.add(session);
  });
  Run kept = rest.finish();
  if (!could_join) return false;
  disk_is_full_ = disk_is_full_ || kept.scratch->is_full();
  runs_.clear();
  closed_.clear();
  if (kept.size() > 0) runs_.push_back(std::move(kept));
  LoneGroup group(tools_.aggregates);
  const auto write = [&](const Visit& visit) {
    return [&](const SessionRecord& record) { group.show(record, visit); };
  };
  return leaving.visit(write(closed)) && early.visit(write(open)) && group.ok();
}

bool SpilledSessions::visit(Timestamp now, Which which, const Visit& visit) const {
  LoneGroup group(tools_.aggregates);
  bool ok = true;
  std::vector<Run> runs = runs_;
  if (fragments_ > 0) runs.push_back(write(tools_.room.fresh()));
  if (which == Which::closed) {
    for (const Run& run : closed_) {
      RunReader<SessionSpan> reader(run);
      while (reader.next()) group.show(reader.record(), visit);
      ok = ok && !reader.has_failed();
    }
  }
  const auto kind_of = [&](const SessionSpan& span) {
    if (span.waits) return Which::waiting;
    return has_closed(span, now) ? Which::closed : Which::open;
  };
  const bool could_join = visit_joined(runs, now, [&](const SessionRecord& session) {
    if (kind_of(session.numbers) == which) group.show(session, visit);
  });
  return ok && could_join && group.ok();
}

}  // namespace streamutils
