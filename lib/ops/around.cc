// Events near matches, in event time.
//
// The problem.  `grep -C` prints lines around a match: neighbours in the file.  In an event stream
// the neighbours that matter are those in time, of the same user or host, and the stream is out of
// order by its disorder.  An event can be judged when all matches that can be near it are known:
// the past ones when it arrives, the later ones when the watermark W has passed its time plus the
// distance D.
//
// What is kept.
//   * A queue of held events in input order.  Its head leaves, or is dropped, as soon as it is
//     judged; what stands behind an unjudged head waits, because order is kept.
//   * For each key the cover of its matches (cover.h), which judges the events that come, and the
//     unjudged events by time, which the next match judges in one range of a tree.
// An event costs one insertion and one removal there, whatever D is.  The queue holds what is
// younger than W - D; an event whose time lies far ahead holds back all behind it until event time
// gets there.
//
// Late ones.  Matches whose context has ended before W are forgotten, and events that are judged
// are gone.  So an event with a time < W may miss a match that is forgotten, and a match with a
// time < W may miss a part of its context.  Both are reported as late, but an event only if
// something is forgotten that it can have missed: disorder far from any match does no harm.
// SPDX-License-Identifier: Apache-2.0
#include "ops/around.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "ops/cover.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

struct Held;

// What is known of one key.
struct Group {
  std::string key;
  Cover cover;
  std::multimap<Timestamp, Held*> unjudged;
  bool scheduled = false;  // to be looked at when the cover ends

  bool is_idle() const { return cover.empty() && unjudged.empty() && !scheduled; }
};

// An event that waits.  It is wanted iff it has no group: a match was near, whose group need not
// live on.
struct Held {
  Timestamp time;
  std::string line;
  Group* group;                                     // whose matches will judge it
  std::multimap<Timestamp, Held*>::iterator place;  // in group->unjudged

  bool wanted() const { return group == nullptr; }
};

// The least time in a queue, in amortised constant time: a time that has a lesser one behind it
// never becomes the least.
class LeastInQueue {
 public:
  void push(Timestamp t) {
    while (!candidates_.empty() && candidates_.back().first > t) candidates_.pop_back();
    candidates_.emplace_back(t, pushed_++);
  }
  void pop() {
    if (candidates_.front().second == popped_++) candidates_.pop_front();
  }
  // kMaxTime if the queue is empty.
  Timestamp least() const { return candidates_.empty() ? kMaxTime : candidates_.front().first; }

 private:
  std::deque<std::pair<Timestamp, std::uint64_t>> candidates_;
  std::uint64_t pushed_ = 0;
  std::uint64_t popped_ = 0;
};

class Around final : public Operator {
 public:
  explicit Around(AroundOptions options) : options_(std::move(options)) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    if (is_done()) return {.fate = Fate::dropped};
    const bool match = !limit_reached() && options_.selector.selects(record, out);
    read_key(record);
    if (!record.ok()) return {.fate = Fate::bad};
    const Outcome outcome = judge(record, match);
    release(out);
    return outcome;
  }

  void on_watermark(Timestamp now, Emitter& out) override {
    now_ = now;
    release(out);
    forget_old_covers();
  }

  // The unjudged rest has no match near, or it would have met it.
  void on_end(Emitter& out) override {
    while (!queue_.empty()) pop(out);
  }
  void on_interrupt(Emitter& out) override { on_end(out); }

  Timestamp least_time_to_come(Timestamp w) const override { return std::min(w, least_.least()); }

  bool is_done() const override {
    return limit_reached() && (matches_ == 0 || now_ > last_context_);
  }

  bool has_state() const override { return true; }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  void describe_state(std::string& json_members) const override;

 private:
  bool limit_reached() const { return options_.limit && matches_ >= *options_.limit; }

  // No further match can be near t.
  bool is_hopeless(Timestamp t) const {
    return limit_reached() || plus(t, options_.distance) < now_;
  }

  void read_key(const Record& record) {
    key_.clear();
    for (const Path& path : options_.by) {
      append_key(key_, record.get(path));
      key_ += '\n';  // which no spelling of a value holds
    }
  }

  Outcome judge(const Record& record, bool match) {
    const Timestamp t = record.time();
    Group& group = group_of_key();
    if (match) add_match(group, t);
    const bool wanted = match || group.cover.contains(t);
    const bool late = t < now_ && (match || (!wanted && may_have_missed_match(t)));
    const Timestamp deadline = late ? plus(t, Duration(1)) : kMaxTime;
    if (wanted || !is_hopeless(t)) {
      hold(wanted ? nullptr : &group, t, record.line());
      return {.late_partly = late, .deadline = deadline};
    }
    drop_if_idle(group);
    return {.fate = late ? Fate::late : Fate::dropped, .deadline = deadline};
  }

  // False if no match that is forgotten can be near t, by the extent of all matches so far.
  bool may_have_missed_match(Timestamp t) const {
    return first_context_end_ < now_ && t <= last_context_;
  }

  Group& group_of_key() {
    auto& group = groups_[key_];
    if (!group) group = std::make_unique<Group>(Group{.key = key_, .cover = {}, .unjudged = {}});
    group->cover.forget_before(now_);
    return *group;
  }

  void add_match(Group& group, Timestamp t) {
    const Cover::Interval context{minus(t, options_.distance), plus(t, options_.distance)};
    ++matches_;
    first_context_end_ = std::min(first_context_end_, context.last);
    last_context_ = std::max(last_context_, context.last);
    group.cover.add(context);
    schedule(group);
    const auto begin = group.unjudged.lower_bound(context.first);
    const auto end = group.unjudged.upper_bound(context.last);
    for (auto place = begin; place != end; ++place) place->second->group = nullptr;
    group.unjudged.erase(begin, end);
  }

  // group: null if the event is wanted already.
  void hold(Group* group, Timestamp t, std::string_view line) {
    queue_.push_back({t, std::string(line), group, {}});
    Held& held = queue_.back();
    if (group != nullptr) held.place = group->unjudged.emplace(t, &held);
    least_.push(t);
  }

  void release(Emitter& out) {
    while (!queue_.empty() && (queue_.front().wanted() || is_hopeless(queue_.front().time)))
      pop(out);
  }

  // The head leaves if it is wanted, and is dropped if not.
  void pop(Emitter& out) {
    const Held& head = queue_.front();
    if (head.wanted()) {
      out.emit(head.line);
    } else {
      head.group->unjudged.erase(head.place);
      drop_if_idle(*head.group);
    }
    queue_.pop_front();
    least_.pop();
  }

  void schedule(Group& group) {
    if (group.scheduled || group.cover.empty()) return;
    group.scheduled = true;
    schedule_.emplace(group.cover.last(), &group);
  }

  // Looks at each key when the last interval that it had then has ended.  That frees memory and
  // decides nothing: whoever reads a cover has forgotten what is old.
  void forget_old_covers() {
    while (!schedule_.empty() && schedule_.top().first < now_) {
      Group& group = *schedule_.top().second;
      schedule_.pop();
      group.scheduled = false;
      group.cover.forget_before(now_);
      schedule(group);
      drop_if_idle(group);
    }
  }

  void drop_if_idle(const Group& group) {
    if (group.is_idle()) groups_.erase(std::string(group.key));
  }

  void save_covers(SnapshotWriter& out) const;
  void restore_cover(SnapshotReader& in);
  void restore_held(SnapshotReader& in);

  using Turn = std::pair<Timestamp, Group*>;

  AroundOptions options_;
  std::uint64_t matches_ = 0;
  Timestamp now_ = kMinTime;                // the watermark
  Timestamp first_context_end_ = kMaxTime;  // the least end of a match's context,
  Timestamp last_context_ = kMinTime;       // and the greatest
  absl::flat_hash_map<std::string, std::unique_ptr<Group>> groups_;
  std::deque<Held> queue_;  // whose elements stay where they are
  LeastInQueue least_;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> schedule_;
  std::string key_;
};

// --- State
// -----------------------------------------------------------------------------------------

void Around::save(SnapshotWriter& out) const {
  out.entry("around")
      .field("watermark", now_)
      .field("matches", matches_)
      .field("first_context_end", first_context_end_)
      .field("last_context", last_context_);
  save_covers(out);
  for (const Held& held : queue_) {
    out.entry("held").field("time", held.time).field("wanted", held.wanted());
    if (!held.wanted()) save_bytes(out, "key", held.group->key);
    save_bytes(out, "line", held.line);
  }
}

// Sorted by key, and without what is forgotten at the next look, so that equal states have equal
// snapshots.
void Around::save_covers(SnapshotWriter& out) const {
  std::map<std::string_view, Cover> covers;
  for (const auto& [key, group] : groups_) {
    Cover cover = group->cover;
    cover.forget_before(now_);
    if (!cover.empty()) covers.emplace(key, std::move(cover));
  }
  for (const auto& [key, cover] : covers) {
    for (const Cover::Interval& interval : cover.intervals()) {
      out.entry("cover").field("first", interval.first).field("last", interval.last);
      save_bytes(out, "key", key);
    }
  }
}

Status Around::restore(SnapshotReader& in) {
  if (!in.next_is("around")) return Error{"the snapshot has no entry 'around'"};
  now_ = in.time("watermark");
  matches_ = in.unsigned_integer("matches");
  first_context_end_ = in.time("first_context_end");
  last_context_ = in.time("last_context");
  while (in.next_is("cover")) restore_cover(in);
  while (in.next_is("held")) restore_held(in);
  return in.status();
}

void Around::restore_cover(SnapshotReader& in) {
  key_ = restore_bytes(in, "key");
  const Cover::Interval interval{in.time("first"), in.time("last")};
  if (interval.last < interval.first) return in.fail("'last' is before 'first'");
  Group& group = group_of_key();
  group.cover.add(interval);
  schedule(group);
}

void Around::restore_held(SnapshotReader& in) {
  Group* group = nullptr;
  if (!in.boolean("wanted")) {
    key_ = restore_bytes(in, "key");
    group = &group_of_key();
  }
  hold(group, in.time("time"), restore_bytes(in, "line"));
}

void Around::describe_state(std::string& json_members) const {
  json_members +=
      "\"held\":" + std::to_string(queue_.size()) + ",\"keys\":" + std::to_string(groups_.size());
}

}  // namespace

OperatorPtr make_around(AroundOptions options) {
  return std::make_unique<Around>(std::move(options));
}

}  // namespace streamutils
