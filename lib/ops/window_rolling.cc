// Rolling windows: each event, with aggregates over its own past.
//
//     t         1    3 4         9
//     rolling 5s                          (t - 5, t]
//     1         x
//     3         x----x
//     4         x----x-x                  (-1, 4]
//     9                          x        (4, 9]: 4 is out
//
// An event leaves when the watermark has come to its time: then all that came before it are known,
// and events of its own time that come later stand behind it.  With no disorder that is at once.
//
// An event below the watermark is late.  It is written nevertheless, marked, with what is held of
// its past: events newer than the watermark less SIZE, or among the last N; and it counts for the
// events that come after it.
//
// What is held is a function of the events and of the watermark alone, never of when memory is
// tidied up.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ops/aggregate_pool.h"
#include "ops/keyed_states.h"
#include "ops/member_text.h"
#include "ops/window_kinds.h"
#include "ops/window_parts.h"
#include "ops/window_rolling_queue.h"
#include "ops/window_waiting.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

// One key.
struct Past {
  RollingQueue events;
  std::size_t waiting = 0;
};

Past& past_of(Group* group) { return KeyedStates<Past>::of(group); }

// The names of the results, which the event's own members must not have.
class ResultNames {
 public:
  explicit ResultNames(const std::vector<AggregateSpec>& specs) {
    for (const AggregateSpec& spec : specs) names_.push_back(spec.name);
  }

  // True if a member has one of the names.  Looks at the whole line.
  bool clash(const Record& record) const {
    return std::ranges::any_of(
        names_, [&](const std::string& name) { return record.member(name).exists(); });
  }

  // The event without those members; that is counted, and the first is said.
  std::string remove(const Record& record, Emitter& out) {
    texts_.reset();
    members_.read(record);
    for (const std::string& name : names_) {
      if (!record.member(name).exists()) continue;
      members_.drop(pointer_to(name));
      const std::string what = "member '" + name + "' of the event is replaced by the result";
      if (out.count(what)) out.say(what + " (give the result another name with 'as NAME')");
    }
    std::string line;
    members_.write(line);
    return line;
  }

 private:
  static Path pointer_to(const std::string& name) {
    std::string text = "/";
    for (const char c : name) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return Path::parse(text).value();
  }

  std::vector<std::string> names_;
  TextPool texts_;
  MemberText members_{texts_};
};

class RollingWindows final : public Windows {
 public:
  explicit RollingWindows(const WindowOptions& options)
      : parts_(options),
        size_(options.arguments.window.size),
        pool_(parts_.aggregates),
        tools_{parts_.aggregates, pool_},
        waiting_(parts_.aggregates, pool_),
        image_(parts_.aggregates),
        names_(options.arguments.aggregates) {
    if (size_.unit == WindowLength::Unit::nanos) parts_.rows.set_length(size_.duration());
  }
  ~RollingWindows() override;
  RollingWindows(const RollingWindows&) = delete;
  RollingWindows& operator=(const RollingWindows&) = delete;

  Outcome on_record(const Record& record, Emitter& out) override;
  bool foresees() const override { return parts_.keys.foresees() && keys_.is_large(); }
  void foresee(std::span<const Record> records) override {
    parts_.keys.foresee(records);
    keys_.prefetch(parts_.keys);
  }
  void on_watermark(Timestamp now, Emitter& out) override;
  void on_interrupt(Emitter& out) override;
  std::optional<std::string> output_time() const override { return std::nullopt; }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  bool has_images() const override { return true; }
  void begin_image(SnapshotWriter& out) override;
  bool continue_image(std::size_t entries) override;
  void describe_state(std::string& json_members) const override;
  std::size_t held() const override;

 private:
  void settle(WaitingEvent event, bool partial, Emitter& out);
  Outcome add_late(WaitingEvent event, Emitter& out);
  // Events before or at this time are out of every window to come.
  Timestamp horizon(Timestamp now) const {
    return size_.is_rows() ? kMinTime : minus(now, size_.duration());
  }
  std::size_t most_rows() const {
    return size_.is_rows() ? static_cast<std::size_t>(size_.n) : static_cast<std::size_t>(-1);
  }
  void forget_old(Timestamp now);

  void save_head(SnapshotWriter& out) const;
  bool restore_past(SnapshotReader& in);
  // To be called before the events of the key change.
  void keep_for_image(Group& group) {
    if (group.mark != mark_) put_into_image(group);
  }
  void put_into_image(Group& group);
  void bring_near(std::size_t key) const;
  // Of about so many events, which it counts down.  True when all keys are there.
  bool continue_keys(std::size_t& events);

  WindowParts parts_;
  WindowLength size_;
  BlockPool pool_;
  RollingQueue::Tools tools_;
  KeyedStates<Past> keys_;
  WaitingEvents waiting_;
  RollingImage image_;
  std::vector<Group*> image_keys_;  // of the image that is being taken
  std::size_t image_next_ = 0;      // the one whose turn comes
  std::uint32_t mark_ = 0;          // of the keys that the image has no need of any more
  ResultNames names_;
  std::size_t events_ = 0;  // in all queues
  Timestamp tidied_ = kMinTime;
};

RollingWindows::~RollingWindows() {
  for (Group* group : keys_.groups()) past_of(group).events.clear(tools_);
}

Outcome RollingWindows::on_record(const Record& record, Emitter& out) {
  Outcome outcome;
  GroupKey key;
  const bool clash = names_.clash(record);
  if (!parts_.read(record, out, key, outcome)) return outcome;
  const Timestamp t = record.time();
  Group* group = keys_.group_within(parts_.max_keys, key, parts_.events);
  if (!group) return parts_.refuse_key(out);
  keep_for_image(*group);  // one that is new has no events that the image would hold
  WaitingEvent event{t, parts_.events, group, pool_.make(),
                     clash ? names_.remove(record, out) : std::string(record.line())};
  parts_.aggregates.add(event.block, out);
  if (t < parts_.watermark) return add_late(std::move(event), out);
  ++past_of(event.group).waiting;
  if (t == parts_.watermark) {
    settle(std::move(event), false, out);
  } else {
    waiting_.push(std::move(event));
  }
  return outcome;
}

void RollingWindows::on_watermark(Timestamp now, Emitter& out) {
  if (now != kMaxTime) parts_.watermark = now;
  while (waiting_.is_ripe(now)) settle(waiting_.take(), false, out);
  if (now != kMaxTime) forget_old(now);
}

void RollingWindows::on_interrupt(Emitter& out) {
  while (waiting_.is_ripe(kMaxTime)) settle(waiting_.take(), true, out);
}

void RollingWindows::settle(WaitingEvent event, bool partial, Emitter& out) {
  keep_for_image(*event.group);
  Past& past = past_of(event.group);
  --past.waiting;
  events_ -= past.events.size();
  past.events.drop_through(horizon(event.time), tools_);
  past.events.push(event.time, event.block, tools_);
  past.events.keep_last(most_rows(), tools_);
  events_ += past.events.size();
  std::byte* whole = pool_.make();
  past.events.sum(whole, tools_);
  parts_.rows.write_enriched(event.line, whole, {.partial = partial}, out);
  pool_.free(whole);
}

Outcome RollingWindows::add_late(WaitingEvent event, Emitter& out) {
  Past& past = past_of(event.group);
  std::byte* whole = pool_.make();
  const Timestamp held = horizon(parts_.watermark);
  past.events.sum_between(held, event.time, most_rows() - 1, whole, tools_);
  parts_.aggregates.merge(whole, event.block);
  parts_.rows.write_enriched(event.line, whole, {.late = true}, out);
  pool_.free(whole);
  events_ -= past.events.size();
  if (event.time > held) {
    past.events.insert(event.time, event.block, tools_);
    past.events.keep_last(most_rows(), tools_);
  } else {
    pool_.free(event.block);
  }
  events_ += past.events.size();
  return {.fate = Fate::used,
          .late_partly = true,
          .deadline = plus(event.time, Duration(1)),
          .reason = {}};
}

// Keys whose events are all out of every window go, once in SIZE.
void RollingWindows::forget_old(Timestamp now) {
  if (size_.is_rows() || minus(now, size_.duration()) < tidied_) return;
  tidied_ = now;
  std::size_t all = static_cast<std::size_t>(-1);
  continue_keys(all);
  for (Group* group : keys_.unsorted_groups()) {
    Past& past = past_of(group);
    events_ -= past.events.size();
    past.events.drop_through(horizon(now), tools_);
    events_ += past.events.size();
    if (!past.events.is_empty() || past.waiting > 0) continue;
    past.events.clear(tools_);
    keys_.erase(group);
  }
}

void RollingWindows::save_head(SnapshotWriter& out) const {
  parts_.save(out);
  out.entry("rolling").field("tidied", tidied_);
}

void RollingWindows::save(SnapshotWriter& out) const {
  save_head(out);
  RollingRows rows(parts_.aggregates, out);
  for (Group* group : keys_.groups()) past_of(group).events.save(rows, *group);
  waiting_.save(out);
}

void RollingWindows::begin_image(SnapshotWriter& out) {
  save_head(out);
  image_.begin(out);
  waiting_.begin_image(out);
  image_keys_ = keys_.unsorted_groups();
  image_next_ = 0;
  mark_ ^= 1;
}

void RollingWindows::put_into_image(Group& group) {
  group.mark = mark_ & 1;
  past_of(&group).events.save(image_, group);
}

// A key leads to its events, and they to their states: each step has to be near for the next.
void RollingWindows::bring_near(std::size_t key) const {
  constexpr std::size_t kAhead = 8;
  const auto ahead = [&](std::size_t steps) {
    return image_keys_[std::min(key + steps * kAhead, image_keys_.size() - 1)];
  };
  Group* const far = ahead(3);
  __builtin_prefetch(far);
  __builtin_prefetch(reinterpret_cast<const std::byte*>(far) + 64);
  past_of(ahead(2)).events.prefetch();
  past_of(ahead(1)).events.prefetch_states();
}

bool RollingWindows::continue_keys(std::size_t& events) {
  for (; image_next_ < image_keys_.size() && events > 0; ++image_next_) {
    bring_near(image_next_);
    Group& group = *image_keys_[image_next_];
    events -= std::min(events, 1 + past_of(&group).events.size());
    keep_for_image(group);
  }
  if (image_next_ < image_keys_.size()) return false;
  image_keys_.clear();
  image_next_ = 0;
  return true;
}

bool RollingWindows::continue_image(std::size_t entries) {
  if (!continue_keys(entries) || !waiting_.continue_image(entries)) return false;
  image_.finish();
  return true;
}

bool RollingWindows::restore_past(SnapshotReader& in) {
  if (!in.next_is(RollingFacts::kEntry)) return false;
  while (in.next_row()) {
    const SavedKey saved(in, RollingFacts::kCount + parts_.aggregates.state_count());
    const std::uint64_t first_seen = in.unsigned_integer(1);
    Group* group = keys_.group(saved.key(), first_seen);
    group->first_seen = first_seen;
    past_of(group).events.restore_row(in, tools_);
    ++events_;
  }
  return true;
}

// In an image, events that wait stand between others, maybe before all of their key.
Status RollingWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  if (!in.next_is("rolling")) in.fail("no entry 'rolling'");
  tidied_ = in.time("tidied");
  const auto group_of = [this](const GroupKey& key) {
    Group* group = keys_.group(key, parts_.events);
    ++past_of(group).waiting;
    return group;
  };
  while (restore_past(in) || waiting_.restore_some(in, group_of)) {
  }
  return in.status();
}

std::size_t RollingWindows::held() const { return events_ + waiting_.size(); }

void RollingWindows::describe_state(std::string& json_members) const {
  json_members +=
      "\"groups\":" + std::to_string(keys_.size()) + ",\"events\":" + std::to_string(held());
}

}  // namespace

WindowsPtr make_rolling_windows(const WindowOptions& options) {
  return std::make_unique<RollingWindows>(options);
}

}  // namespace streamutils
