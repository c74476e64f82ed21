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
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "json/pointer.h"
#include "ops/aggregate_pool.h"
#include "ops/change_count.h"
#include "ops/member_text.h"
#include "ops/memory_watch.h"
#include "ops/window_kinds.h"
#include "ops/window_parts.h"
#include "ops/window_rolling_keys.h"
#include "ops/window_waiting.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

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
      members_.drop(Path::parse(pointer_to(name)).value());
      const std::string what = "member '" + name + "' of the event is replaced by the result";
      if (out.count(what)) out.say(what + " (give the result another name with 'as NAME')");
    }
    std::string line;
    members_.write(line);
    return line;
  }

 private:
  std::vector<std::string> names_;
  TextPool texts_;
  MemberText members_{texts_};
};

class RollingWindows final : public Windows {
 public:
  explicit RollingWindows(const WindowOptions& options)
      : parts_(options),
        pool_(parts_.aggregates),
        memory_(options.memory),
        spill_tools_(parts_.aggregates, options.make_scratch, memory_),
        keys_(parts_.aggregates, pool_, options.arguments.window.size,
              memory_ ? &spill_tools_ : nullptr),
        waiting_(parts_.aggregates, pool_),
        names_(options.arguments.aggregates) {
    const WindowLength& size = options.arguments.window.size;
    if (size.unit == WindowLength::Unit::nanos) parts_.rows.set_length(size.duration());
  }

  Outcome on_record(const Record& record, Emitter& out) override;
  bool foresees() const override { return parts_.keys.foresees() && keys_.is_large(); }
  void foresee(std::span<const Record> records) override {
    parts_.keys.foresee(records, [this](std::uint32_t hash) { keys_.prefetch(hash); });
    keys_.prefetch(parts_.keys);
  }
  void on_watermark(Timestamp now, Emitter& out) override;
  void on_interrupt(Emitter& out) override { settle_until(kMaxTime, true, out); }
  std::optional<std::string> output_time() const override { return std::nullopt; }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  bool has_images() const override { return !memory_; }
  void begin_image(SnapshotWriter& out) override;
  bool has_changes() const override {
    return has_images() && keys_.knows_changes() && are_few(keys_.changes(), keys_.events());
  }
  void begin_changes(SnapshotWriter& out) override;
  bool continue_image(std::size_t entries) override;
  void describe_state(std::string& json_members) const override;
  std::size_t held() const override { return keys_.events() + waiting_.size(); }

 private:
  void settle_until(Timestamp now, bool partial, Emitter& out);
  void settle(WaitingEvent event, bool partial, Emitter& out);
  Outcome add_late(const WaitingEvent& event, Emitter& out);
  void prefetch_waiting() const;
  void check_memory(Emitter& out);

  WindowParts parts_;
  BlockPool pool_;
  std::optional<std::size_t> memory_;
  SpillTools spill_tools_;
  MemoryWatch watch_;
  RollingKeys keys_;
  WaitingEvents waiting_;
  ResultNames names_;
};

Outcome RollingWindows::on_record(const Record& record, Emitter& out) {
  Outcome outcome;
  GroupKey key;
  const bool clash = names_.clash(record);
  if (!parts_.read(record, out, key, outcome)) return outcome;
  if (watch_.is_due()) check_memory(out);
  const Timestamp t = record.time();
  // An event that counts for none to come needs no place.
  const bool is_out = t < parts_.watermark && t <= keys_.horizon(parts_.watermark);
  Group* group = is_out ? keys_.find(key) : keys_.group_within(parts_.max_keys, key, parts_.events);
  if (keys_.has_failed()) out.fail(kSpillUnreadable);
  if (!group && !is_out) return parts_.refuse_key(out);
  WaitingEvent event{t, parts_.events, group, pool_.make(),
                     clash ? names_.remove(record, out) : std::string(record.line())};
  parts_.aggregates.add(event.block, out);
  if (t < parts_.watermark) return add_late(event, out);
  RollingKeys::add_waiting(event.group);
  if (t == parts_.watermark) {
    settle(std::move(event), false, out);
  } else {
    waiting_.push(std::move(event));
  }
  return outcome;
}

void RollingWindows::check_memory(Emitter& out) {
  if (!memory_) return watch_.note_unbounded(held(), keys_.table_bytes(), out);
  watch_.next_after(held());
  keys_.make_room(*memory_);
  watch_.note_disk(keys_.disk_is_full());
  watch_.tell(out);
}

void RollingWindows::on_watermark(Timestamp now, Emitter& out) {
  if (now != kMaxTime) parts_.watermark = now;
  settle_until(now, false, out);
  if (now != kMaxTime) keys_.forget_old(now);
}

void RollingWindows::settle_until(Timestamp now, bool partial, Emitter& out) {
  while (waiting_.is_ripe(now)) {
    prefetch_waiting();
    settle(waiting_.take(), partial, out);
  }
}

void RollingWindows::prefetch_waiting() const {
  constexpr std::size_t kAhead = 6;
  if (const Group* group = waiting_.ahead(3 * kAhead)) RollingKeys::prefetch_key(group);
  if (const Group* group = waiting_.ahead(2 * kAhead)) RollingKeys::prefetch_events(group);
  if (const Group* group = waiting_.ahead(kAhead)) RollingKeys::prefetch_states(group);
}

void RollingWindows::settle(WaitingEvent event, bool partial, Emitter& out) {
  RollingKeys::remove_waiting(event.group);
  keys_.push(event.group, event.time, event.block);
  std::byte* whole = pool_.make();
  keys_.sum(event.group, whole);
  parts_.rows.write_enriched(event.line, whole, {.partial = partial}, out);
  pool_.free(whole);
}

Outcome RollingWindows::add_late(const WaitingEvent& event, Emitter& out) {
  std::byte* whole = pool_.make();
  const Timestamp held = keys_.horizon(parts_.watermark);
  if (event.group) keys_.sum_between(event.group, held, event.time, whole);
  parts_.aggregates.merge(whole, event.block);
  parts_.rows.write_enriched(event.line, whole, {.late = true}, out);
  pool_.free(whole);
  if (event.time > held) {
    keys_.insert(event.group, event.time, event.block);
  } else {
    pool_.free(event.block);
  }
  return {.fate = Fate::used,
          .late_partly = true,
          .deadline = plus(event.time, Duration(1)),
          .reason = {}};
}

void RollingWindows::save(SnapshotWriter& out) const {
  parts_.save(out);
  keys_.save(out);
  waiting_.save(out);
}

void RollingWindows::begin_image(SnapshotWriter& out) {
  parts_.save(out);
  keys_.begin_image(out);
  waiting_.begin_image(out);
}

// Events that wait are all there each time: next time, few of them will be the same.
void RollingWindows::begin_changes(SnapshotWriter& out) {
  parts_.save(out);
  keys_.begin_changes(out);
  waiting_.begin_image(out);
}

bool RollingWindows::continue_image(std::size_t entries) {
  if (!keys_.continue_image(entries) || !waiting_.continue_image(entries)) return false;
  keys_.finish_image();
  return true;
}

// In an image, events that wait stand between others, maybe before all of their key.
Status RollingWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  waiting_.clear(RollingKeys::remove_waiting);
  keys_.restore_forgotten(in);
  const auto group_of = [this](const GroupKey& key, std::uint64_t number) {
    Group* group = keys_.group_within(static_cast<std::size_t>(-1), key, number);
    group->first_seen = std::min(group->first_seen, number);
    RollingKeys::add_waiting(group);
    return group;
  };
  const auto make_room = [this] {
    if (!parts_.restores_spilled || !watch_.is_due()) return;
    watch_.next_after(held());
    keys_.make_room(*memory_);
  };
  while (keys_.restore_some(in, make_room) || waiting_.restore_some(in, group_of)) {
  }
  keys_.finish_restore();
  return in.status();
}

void RollingWindows::describe_state(std::string& json_members) const {
  json_members +=
      "\"groups\":" + std::to_string(keys_.size()) + ",\"events\":" + std::to_string(held());
}

}  // namespace

WindowsPtr make_rolling_windows(const WindowOptions& options) {
  return std::make_unique<RollingWindows>(options);
}

}  // namespace streamutils
