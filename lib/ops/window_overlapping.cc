// Sliding windows that overlap.
//
// The problem: an event belongs to SIZE/SLIDE windows, thousands maybe, and must not cost that
// much.  So events are aggregated once, into the slice of time that they fall into, and windows are
// merged from slices.  A slice goes through two states:
//
//     open     a pane of its own, like a tumbling window: events come in
//     sealed   the first window that holds it has closed; each group of the pane has gone to the
//              queue of its key, which knows the sum over the slices of the window
//              (window_history.h)
//
// A window closes by sealing the panes before its end and dropping the slices before its start, and
// costs a constant number of merges for each of its keys, amortised, however many slices it has.
// Each key and slice holds one block of states, twice only while a window is being written.
//
// Events that are late for some of their windows go to the queues directly if their slice is
// sealed.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "ops/window_history.h"
#include "ops/window_kinds.h"
#include "ops/window_pane.h"
#include "ops/window_parts.h"
#include "ops/windower.h"

namespace streamutils {
namespace {

// The queues of all keys that have sealed slices.
class Histories {
 public:
  explicit Histories(const AggregateList& aggregates)
      : pool_(aggregates), tools_{aggregates, pool_}, table_(kStateSize) {}
  ~Histories() {
    for (Group* group : groups_) release(group);
  }
  Histories(const Histories&) = delete;
  Histories& operator=(const Histories&) = delete;

  static SliceQueue& queue(Group* group) { return *reinterpret_cast<SliceQueue*>(group->state()); }

  const SliceQueue::Tools& tools() const { return tools_; }
  std::size_t size() const { return groups_.size(); }

  SliceQueue& queue_of(const GroupKey& key) {
    const GroupTable::Found found = table_.find_or_add(key);
    if (found.is_new) {
      new (found.group->state()) SliceQueue;
      groups_.push_back(found.group);
    }
    return queue(found.group);
  }

  // Drops the slices before t, and the keys that have no others.
  void drop_before(Timestamp t) {
    std::erase_if(groups_, [&](Group* group) {
      queue(group).drop_before(t, tools_);
      if (!queue(group).is_empty()) return false;
      release(group);
      table_.erase(group);
      return true;
    });
  }

  // In the order in which they were first seen in what is kept.
  const std::vector<Group*>& sorted() {
    std::ranges::sort(groups_, {}, [](Group* group) { return queue(group).first_seen(); });
    return groups_;
  }

  void save(SnapshotWriter& out) const {
    for (Group* group : groups_) {
      out.entry("key");
      save_key(out, *group);
      queue(group).save(out, tools_.aggregates);
    }
  }

  void restore(SnapshotReader& in) {
    while (in.next_is("key")) {
      const SavedKey saved(in);
      SliceQueue& queue = queue_of(saved.key());
      queue.restore(in, tools_);
      if (queue.is_empty()) return in.fail("a key without slices");
    }
  }

 private:
  static constexpr std::size_t kStateSize = (sizeof(SliceQueue) + 15) / 16 * 16;

  void release(Group* group) {
    queue(group).clear(tools_);
    queue(group).~SliceQueue();
  }

  BlockPool pool_;
  SliceQueue::Tools tools_;
  GroupTable table_;
  std::vector<Group*> groups_;
};

class OverlappingWindows final : public Operator {
 public:
  explicit OverlappingWindows(const WindowOptions& options)
      : parts_(options), windows_(fixed_windows(options)), histories_(parts_.aggregates) {}

  Outcome on_record(const Record& record, Emitter& out) override;
  void on_watermark(Timestamp now, Emitter& out) override;
  void on_interrupt(Emitter& out) override { close(kMaxTime, true, out); }
  std::optional<std::string> output_time() const override { return "window_end"; }
  void set_time_style(TimeStyle style) override { parts_.rows.set_time_style(style); }
  bool has_state() const override { return true; }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  void describe_state(std::string& json_members) const override;

 private:
  // The pane of the last event, and the times for which it is known without a search: those of its
  // slice, while the watermark is less than the deadline (the least end of a window that holds it).
  struct Latest {
    FixedWindows::Slice slice{};
    Timestamp deadline = kMinTime;
    Pane* pane = nullptr;
  };

  bool is_latest(Timestamp t) const {
    return latest_.slice.start <= t && t < latest_.slice.end && parts_.watermark < latest_.deadline;
  }
  void add_late(Timestamp slice, const GroupKey& key, Emitter& out);
  Pane& pane_of(Timestamp slice);
  // The next window to close, if there is one that holds events.
  std::optional<std::int64_t> next_window() const;
  void plan_close();
  void close(Timestamp now, bool partial, Emitter& out);
  void seal_before(Timestamp end);
  void write(std::int64_t k, bool partial, Emitter& out);
  void write_group(const Group& group, const SliceQueue& queue, bool partial, Emitter& out);

  WindowParts parts_;
  FixedWindows windows_;
  std::map<Timestamp, std::unique_ptr<Pane>> open_;  // by the start of the slice
  std::unique_ptr<Pane> spare_;                      // of the slice that was sealed last
  Histories histories_;
  Latest latest_;

  std::int64_t next_ = std::numeric_limits<std::int64_t>::min();  // windows before it have closed
  Timestamp sealed_ = kMinTime;                                   // slices before it are sealed
  Timestamp latest_sealed_ = kMinTime;  // the start of the last slice that a queue holds
  Timestamp next_close_ = kMaxTime;     // no window closes before
};

Outcome OverlappingWindows::on_record(const Record& record, Emitter& out) {
  Outcome outcome;
  GroupKey key;
  if (!parts_.read(record, out, key, outcome)) return outcome;
  const Timestamp t = record.time();
  if (is_latest(t)) {
    parts_.aggregates.add(latest_.pane->block(key, parts_.events), out);
    return outcome;
  }
  const Timestamp first_end = windows_.end(windows_.first(t));
  if (first_end <= parts_.watermark) outcome.deadline = first_end;
  if (windows_.end(windows_.last(t)) <= parts_.watermark) {
    outcome.fate = Fate::late;
    return outcome;
  }
  outcome.late_partly = first_end <= parts_.watermark;
  const FixedWindows::Slice slice = windows_.slice(t);
  if (slice.start < sealed_) {
    add_late(slice.start, key, out);
    return outcome;
  }
  latest_ = {slice, first_end, &pane_of(slice.start)};
  parts_.aggregates.add(latest_.pane->block(key, parts_.events), out);
  return outcome;
}

void OverlappingWindows::add_late(Timestamp slice, const GroupKey& key, Emitter& out) {
  const SliceQueue::Tools& tools = histories_.tools();
  std::byte* block = tools.pool.make();
  parts_.aggregates.add(block, out);
  histories_.queue_of(key).add(slice, block, parts_.events, tools);
  tools.pool.free(block);
  latest_sealed_ = std::max(latest_sealed_, slice);
  plan_close();
}

Pane& OverlappingWindows::pane_of(Timestamp slice) {
  std::unique_ptr<Pane>& pane = open_[slice];
  if (!pane) {
    pane = spare_ ? std::move(spare_) : std::make_unique<Pane>(parts_);
    plan_close();
  }
  return *pane;
}

std::optional<std::int64_t> OverlappingWindows::next_window() const {
  std::int64_t next = next_;
  if (parts_.watermark != kMinTime) next = std::max(next, windows_.first(parts_.watermark));
  if (histories_.size() > 0 && latest_sealed_ >= windows_.start(next)) return next;
  if (open_.empty()) return std::nullopt;
  return std::max(next, windows_.first(open_.begin()->first));
}

void OverlappingWindows::plan_close() {
  const std::optional<std::int64_t> next = next_window();
  next_close_ = next ? windows_.end(*next) : kMaxTime;
}

void OverlappingWindows::on_watermark(Timestamp now, Emitter& out) {
  if (now >= next_close_) close(now, false, out);
  parts_.watermark = now;
}

void OverlappingWindows::close(Timestamp now, bool partial, Emitter& out) {
  std::optional<std::int64_t> k = next_window();
  for (; k && windows_.end(*k) <= now; k = next_window()) {
    seal_before(windows_.end(*k));
    write(*k, partial, out);
    next_ = *k + 1;
  }
  // Slices that no window needs any more go now, not when the next window closes: that may be far
  // off.
  if (!k || latest_sealed_ < windows_.start(*k)) histories_.drop_before(kMaxTime);
  plan_close();
}

void OverlappingWindows::seal_before(Timestamp end) {
  while (!open_.empty() && open_.begin()->first < end) {
    const auto [slice, pane] = std::move(*open_.begin());
    open_.erase(open_.begin());
    for (Group* group : pane->groups()) {
      SliceQueue& queue = histories_.queue_of(group->group_key());
      queue.add(slice, group->state(), group->first_seen, histories_.tools());
    }
    pane->clear();
    latest_sealed_ = slice;
  }
  sealed_ = end;
  latest_ = {};
}

void OverlappingWindows::write(std::int64_t k, bool partial, Emitter& out) {
  histories_.drop_before(windows_.start(k));
  parts_.rows.begin_window(windows_.start(k), windows_.end(k));
  for (Group* group : histories_.sorted()) {
    write_group(*group, Histories::queue(group), partial, out);
  }
}

void OverlappingWindows::write_group(const Group& group, const SliceQueue& queue, bool partial,
                                     Emitter& out) {
  const SliceQueue::Sum front = queue.front();
  const SliceQueue::Sum back = queue.back();
  if (!front.block || !back.block) {
    return parts_.rows.write(group, front.block ? front.block : back.block, {.partial = partial},
                             out);
  }
  BlockPool& pool = histories_.tools().pool;
  std::byte* whole = pool.make();
  parts_.aggregates.merge(whole, front.block);
  parts_.aggregates.merge(whole, back.block);
  parts_.rows.write(group, whole, {.partial = partial}, out);
  pool.free(whole);
}

void OverlappingWindows::save(SnapshotWriter& out) const {
  parts_.save(out);
  out.entry("sliding").field("next", next_).field("sealed", sealed_);
  out.field("latest_sealed", latest_sealed_);
  histories_.save(out);
  for (const auto& [slice, pane] : open_) {
    out.entry("pane").field("slice", slice);
    pane->save(out);
  }
}

Status OverlappingWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  if (!in.next_is("sliding")) in.fail("no entry 'sliding'");
  next_ = in.integer("next");
  sealed_ = in.time("sealed");
  latest_sealed_ = in.time("latest_sealed");
  histories_.restore(in);
  while (in.next_is("pane")) pane_of(in.time("slice")).restore(in);
  plan_close();
  return in.status();
}

void OverlappingWindows::describe_state(std::string& json_members) const {
  std::size_t groups = histories_.size();
  for (const auto& [slice, pane] : open_) groups += pane->groups().size();
  json_members +=
      "\"slices\":" + std::to_string(open_.size()) + ",\"groups\":" + std::to_string(groups);
}

}  // namespace

OperatorPtr make_overlapping_windows(const WindowOptions& options) {
  return std::make_unique<OverlappingWindows>(options);
}

}  // namespace streamutils
