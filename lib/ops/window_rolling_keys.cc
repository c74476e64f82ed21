// SPDX-License-Identifier: Apache-2.0
#include "ops/window_rolling_keys.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "ops/memory_watch.h"

namespace streamutils {
namespace {

constexpr std::size_t kPrefetchAhead = 8;  // timers, before they ring

}  // namespace

RollingKeys::RollingKeys(const AggregateList& aggregates, BlockPool& pool, WindowLength size,
                         const SpillTools* spill_tools)
    : size_(size),
      tools_{aggregates, pool},
      timers_(size.is_rows() ? Duration(1) : size.duration() / kBuckets),
      image_(aggregates) {
  const Duration timers = size.is_rows() ? Duration(1) : size.duration() / kBuckets;
  if (spill_tools) cold_.emplace(*spill_tools, timers);
}

RollingKeys::~RollingKeys() {
  for (Group* group : keys_image_.all()) past_of(group).events.clear(tools_);
}

Group* RollingKeys::group_within(std::size_t limit, const GroupKey& key, std::uint64_t event) {
  if (cold_ && cold_->size() > 0) {
    Group* const known = find(key);
    if (known) return known;
    limit -= std::min(limit, cold_->size());
  }
  Group* const group = keys_.group_within(limit, key, event);
  if (group) keys_image_.enter(*group);
  return group;
}

Group* RollingKeys::warm_up(const GroupKey& key) {
  std::string text;
  if (!cold_ || !cold_->take(key.canonical, text)) return nullptr;
  SnapshotReader in(std::move(text));
  while (in.next_row()) restore_row(in);
  Group* const group = keys_.find(key);
  if (group) start_timer(group, end_of(events_of(group).last_time()));
  return group;
}

std::size_t RollingKeys::table_bytes() const {
  return keys_.bytes() + keys_image_.all().capacity() * sizeof(Group*) +
         timers_.size() * sizeof(Timer) + RollingQueue::bytes_of(events_, tools_);
}

std::size_t RollingKeys::bytes_of(const Group& group) const {
  const RollingQueue& events = events_of(&group);
  constexpr std::size_t kAround = 16 + sizeof(Group*) + sizeof(Timer);  // its slot is half used
  return kAround + sizeof(Group) + group.key_size + group.spelling_size + sizeof(Past) +
         RollingQueue::bytes_of(events.size(), tools_) + events.outside_bytes(tools_);
}

// Down to half, so that there is not one key to be written with each event.  Memory of keys that
// have gone counts for others.
void RollingKeys::make_room(std::size_t most) {
  std::size_t held = 0;
  for (const Group* group : keys_image_.all()) held += bytes_of(*group);
  if (held <= most) return;
  SnapshotWriter text;
  RollingRows rows(tools_.aggregates, text);
  text.take();  // the columns are known
  std::vector<Group*> kept;
  for (Group* group : keys_image_.all()) {
    Past& past = past_of(group);
    if (past.waiting > 0 || held <= most / 2) {
      kept.push_back(group);
      continue;
    }
    held -= bytes_of(*group);
    past.events.save(rows, *group);
    const Timestamp due = size_.is_rows() ? kMaxTime : end_of(past.events.last_time());
    cold_->put(group->key(), text.take(), group->first_seen, due);
    change(past, [&](RollingQueue& events) { events.clear(tools_); });
    keys_.erase(group);
  }
  keys_image_.keep(std::move(kept));
  cold_->finish_puts();
  start_timers();
}

void RollingKeys::start_timer(Group* group, Timestamp due) {
  if (!size_.is_rows()) timers_.push({due, group});
}

void RollingKeys::start_timers() {
  if (size_.is_rows()) return;
  timers_.clear();
  for (Group* group : keys_image_.all()) {
    const RollingQueue& events = events_of(group);
    if (!events.is_empty()) start_timer(group, end_of(events.last_time()));
  }
}

void RollingKeys::push(Group* group, Timestamp t, std::byte* block) {
  keys_image_.keep_for_image(*group);
  Past& past = past_of(group);
  if (past.events.is_empty()) start_timer(group, end_of(t));
  change(past, [&](RollingQueue& events) {
    events.drop_through(horizon(t), tools_);
    events.push(t, block, tools_);
    events.keep_last(most_rows(), tools_);
  });
  if (past.fresh != kAll) ++past.fresh;
  ++fresh_;
}

void RollingKeys::insert(Group* group, Timestamp t, std::byte* block) {
  keys_image_.keep_for_image(*group);
  Past& past = past_of(group);
  if (past.events.is_empty()) start_timer(group, end_of(t));
  change(past, [&](RollingQueue& events) {
    events.insert(t, block, tools_);
    events.keep_last(most_rows(), tools_);
    events.drop_through(horizon(events.last_time()), tools_);  // as where they are restored
  });
  if (past.fresh != kAll) {
    keys_image_.tell_forgotten(*group);
    fresh_ += past.events.size();
  }
  past.fresh = kAll;
}

void RollingKeys::forget_old(Timestamp now) {
  if (cold_) cold_->forget(now);
  while (!timers_.empty() && timers_.top().due <= now) {
    if (const Timer* timer = timers_.ahead(2 * kPrefetchAhead)) prefetch_key(timer->what);
    if (const Timer* timer = timers_.ahead(kPrefetchAhead)) prefetch_events(timer->what);
    Group* const group = timers_.top().what;
    timers_.pop();
    const Past& past = past_of(group);
    const Timestamp end = end_of(past.events.last_time());
    if (end > now) {
      start_timer(group, end);
    } else if (past.waiting > 0) {
      start_timer(group, end_of(now));  // an event that waits is not in front of that
    } else {
      forget(group);
    }
  }
}

void RollingKeys::forget(Group* group) {
  keys_image_.forget(*group);
  change(past_of(group), [&](RollingQueue& events) { events.clear(tools_); });
  keys_.erase(group);
}

void RollingKeys::prefetch_key(const Group* group) {
  __builtin_prefetch(group);
  __builtin_prefetch(reinterpret_cast<const std::byte*>(group) + 64);
}

void RollingKeys::save(SnapshotWriter& out) const {
  RollingRows rows(tools_.aggregates, out);
  const bool ok = visit_by_age(
      keys_.groups(), cold_, [&](Group* group) { past_of(group).events.save(rows, *group); },
      [&](std::string_view text) { out.lines(text); });
  if (!ok) out.fail(kSpillUnreadable);
}

bool RollingKeys::restore_some(SnapshotReader& in, const std::function<void()>& then) {
  if (!in.next_is(RollingFacts::kEntry)) return false;
  while (in.next_row()) {
    restore_row(in);
    then();
  }
  return true;
}

void RollingKeys::restore_row(SnapshotReader& in) {
  const SavedKey saved(in, RollingFacts::kCount + tools_.aggregates.state_count());
  const std::uint64_t first_seen = in.unsigned_integer(1);
  Group* group = group_within(static_cast<std::size_t>(-1), saved.key(), first_seen);
  group->first_seen = first_seen;
  const Timestamp t = from_nanos(in.integer(std::size_t{0}));
  change(past_of(group), [&](RollingQueue& events) {
    events.drop_through(horizon(t), tools_);
    events.restore_row(in, tools_);
    events.keep_last(most_rows(), tools_);
  });
}

void RollingKeys::begin_image(SnapshotWriter& out) {
  image_.begin(out);
  keys_image_.begin_whole();
  fresh_ = 0;
}

void RollingKeys::begin_changes(SnapshotWriter& out) {
  keys_image_.begin_changes(out);
  image_.begin(out);
  fresh_ = 0;
}

void RollingKeys::put_into_image(Group& group, bool whole) {
  Past& past = past_of(&group);
  const std::size_t newest = whole || past.fresh == kAll ? past.events.size() : past.fresh;
  past.events.save_newest(newest, image_, group);
  past.fresh = 0;
}

void RollingKeys::bring_near(const Group* group, int steps) {
  if (steps == 3) prefetch_key(group);
  if (steps == 2) prefetch_events(group);
  if (steps == 1) prefetch_states(group);
}

}  // namespace streamutils
