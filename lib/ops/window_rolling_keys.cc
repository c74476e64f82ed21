// SPDX-License-Identifier: Apache-2.0
#include "ops/window_rolling_keys.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "ops/memory_watch.h"

namespace streamutils {
namespace {

constexpr std::string_view kForgotten = "forgotten_keys";
constexpr std::size_t kPrefetchAhead = 8;  // keys of an image, before their turn

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
  for (Group* group : all_) past_of(group).events.clear(tools_);
}

Group* RollingKeys::group_within(std::size_t limit, const GroupKey& key, std::uint64_t event) {
  if (cold_ && cold_->size() > 0) {
    Group* const known = find(key);
    if (known) return known;
    limit -= std::min(limit, cold_->size());
  }
  Group* const group = keys_.group_within(limit, key, event);
  if (group) enter(*group);
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
  return keys_.bytes() + all_.capacity() * sizeof(Group*) + timers_.size() * sizeof(Timer) +
         RollingQueue::bytes_of(events_, tools_);
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
  for (const Group* group : all_) held += bytes_of(*group);
  if (held <= most) return;
  SnapshotWriter text;
  RollingRows rows(tools_.aggregates, text);
  text.take();  // the columns are known
  std::uint32_t kept = 0;
  for (Group* group : all_) {
    Past& past = past_of(group);
    if (past.waiting > 0 || held <= most / 2) {
      past.place = kept;
      all_[kept++] = group;
      continue;
    }
    held -= bytes_of(*group);
    past.events.save(rows, *group);
    const Timestamp due = size_.is_rows() ? kMaxTime : end_of(past.events.last_time());
    cold_->put(group->key(), text.take(), group->first_seen, due);
    change(past, [&](RollingQueue& events) { events.clear(tools_); });
    keys_.erase(group);
  }
  all_.resize(kept);
  cold_->finish_puts();
  start_timers();
}

// One that is new is not for the image that is being taken.
void RollingKeys::enter(Group& group) {
  Past& past = past_of(&group);
  if (past.place != kNowhere) return;
  past.place = static_cast<std::uint32_t>(all_.size());
  all_.push_back(&group);
  marks_.note_new(group, events_);
  note_place(past);
}

void RollingKeys::start_timer(Group* group, Timestamp due) {
  if (!size_.is_rows()) timers_.push({due, group});
}

void RollingKeys::start_timers() {
  if (size_.is_rows()) return;
  timers_.clear();
  for (Group* group : all_) {
    const RollingQueue& events = events_of(group);
    if (!events.is_empty()) start_timer(group, end_of(events.last_time()));
  }
}

void RollingKeys::push(Group* group, Timestamp t, std::byte* block) {
  keep_for_image(*group);
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
  keep_for_image(*group);
  Past& past = past_of(group);
  if (past.events.is_empty()) start_timer(group, end_of(t));
  change(past, [&](RollingQueue& events) {
    events.insert(t, block, tools_);
    events.keep_last(most_rows(), tools_);
    events.drop_through(horizon(events.last_time()), tools_);  // as where they are restored
  });
  if (past.fresh != kAll) {
    tell_forgotten(*group);
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

// The last one takes its place, which may be one whose turn has been.
void RollingKeys::forget(Group* group) {
  take(*group);
  tell_forgotten(*group);
  Past& past = past_of(group);
  if (knows_changes() && marks_.has_changed(*group)) marks_.remove_changed(past.listed);
  Group* const last = all_.back();
  if (last != group && whole_ && past.place < image_next_) take(*last);
  past_of(last).place = past.place;
  all_[past.place] = last;
  all_.pop_back();
  change(past, [&](RollingQueue& events) { events.clear(tools_); });
  keys_.erase(group);
}

// What the image before says of it does not hold any more.
void RollingKeys::tell_forgotten(const Group& group) {
  if (!knows_changes()) return;
  save_key_values(forgotten_rows_.row(), group);
  ++forgotten_;
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

void RollingKeys::restore_forgotten(SnapshotReader& in) {
  if (!in.next_is(kForgotten)) return;
  while (in.next_row()) {
    Group* const group = find(SavedKey(in, 0).key());
    if (group) forget(group);
  }
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

void RollingKeys::begin_image_of(SnapshotWriter& out, bool whole) {
  image_.begin(out);
  whole_ = whole;
  image_next_ = 0;
  fresh_ = forgotten_ = 0;
  forgotten_rows_.take();
}

void RollingKeys::begin_image(SnapshotWriter& out) {
  begin_image_of(out, true);
  marks_.begin_whole();
}

void RollingKeys::begin_changes(SnapshotWriter& out) {
  out.entry(kForgotten).json("columns", R"(["key","spelling"])");
  out.lines(forgotten_rows_.take());
  begin_image_of(out, false);
  marks_.begin_changes();
}

void RollingKeys::note(Group& group) {
  marks_.note(group, events_, [&] { put_into_image(group); });
  note_place(past_of(&group));
  if (!knows_changes() && forgotten_rows_.size() > 0) forgotten_rows_.take();
}

void RollingKeys::note_place(Past& past) const {
  if (knows_changes()) past.listed = static_cast<std::uint32_t>(marks_.changed() - 1);
}

void RollingKeys::take(Group& group) {
  marks_.take(group, [&] { put_into_image(group); });
}

void RollingKeys::put_into_image(Group& group) {
  Past& past = past_of(&group);
  const std::size_t newest = whole_ || past.fresh == kAll ? past.events.size() : past.fresh;
  past.events.save_newest(newest, image_, group);
  past.fresh = 0;
  if (!whole_) marks_.remove_to_take(past.listed);
}

// A key leads to its events, and they to their states: each step has to be near for the next.
void RollingKeys::bring_near(const std::vector<Group*>& groups, std::size_t i) const {
  const auto ahead = [&](std::size_t steps, const auto& visit) {
    const std::size_t at = i + steps * kPrefetchAhead;
    if (at < groups.size() && groups[at] != nullptr) visit(groups[at]);
  };
  ahead(3, prefetch_key);
  ahead(2, prefetch_events);
  ahead(1, prefetch_states);
}

bool RollingKeys::continue_image(std::size_t& events) {
  const std::vector<Group*>& groups = whole_ ? all_ : marks_.to_take();
  for (; image_next_ < groups.size() && events > 0; ++image_next_) {
    bring_near(groups, image_next_);
    Group* const group = groups[image_next_];
    if (group == nullptr) continue;
    events -= std::min(events, 1 + events_of(group).size());
    take(*group);
  }
  return image_next_ >= groups.size();
}

}  // namespace streamutils
