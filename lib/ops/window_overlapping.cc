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
//
// --max-keys bounds the keys of each slice, also by those that come late for it.
//
// With --mem, sealed slices are kept for themselves beside the queues (window_revisions.h).  When
// memory is used up, the queues are given up and the slices go to disk, and each window is read
// from there; that lasts until a moment comes in which no window needs a sealed slice.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "ops/memory_watch.h"
#include "ops/spilled_keys.h"
#include "ops/window_fill.h"
#include "ops/window_histories.h"
#include "ops/window_kinds.h"
#include "ops/window_pane.h"
#include "ops/window_parts.h"
#include "ops/window_revisions.h"
#include "ops/windower.h"

namespace streamutils {
namespace {

class OverlappingWindows final : public Windows {
 public:
  explicit OverlappingWindows(const WindowOptions& options)
      : parts_(options),
        windows_(fixed_windows(options)),
        memory_(options.memory),
        grace_(options.grace),
        spill_tools_(parts_.aggregates, options.make_scratch, memory_),
        slice_image_(parts_.aggregates),
        pane_image_(parts_.aggregates) {
    histories_.emplace(parts_.aggregates);
    if (options.fill) known_.emplace(parts_, options.fill_for);
    if (memory_ || grace_ > Duration::zero()) {
      closed_.emplace(parts_, windows_, spill_tools_, grace_);
    }
  }

  Outcome on_record(const Record& record, Emitter& out) override;
  bool foresees() const override {
    return parts_.keys.foresees() && latest_.pane && latest_.pane->is_large();
  }
  void foresee(std::span<const Record> records) override;
  void on_watermark(Timestamp now, Emitter& out) override;
  void on_interrupt(Emitter& out) override { close(kMaxTime, true, out); }
  void set_time_style(TimeStyle style) override { parts_.rows.set_time_style(style); }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  bool has_images() const override { return !memory_; }
  void begin_image(SnapshotWriter& out) override;
  // Queues that have changed are all saved: with the close of a window nearly all of them do.
  bool has_changes() const override;
  void begin_changes(SnapshotWriter& out) override;
  bool continue_image(std::size_t entries) override;
  void describe_state(std::string& json_members) const override;
  std::size_t held() const override;

 private:
  // The pane of the last event, and the times for which it is known without a search: those of its
  // slice, while the watermark is less than the deadline (the least end of a window that holds it).
  struct Latest {
    FixedWindows::Slice slice{};
    Timestamp deadline = kMinTime;
    Pane* pane = nullptr;
    SpilledKeys* keys = nullptr;
  };

  bool is_latest(Timestamp t) const {
    return latest_.slice.start <= t && t < latest_.slice.end && parts_.watermark < latest_.deadline;
  }
  Outcome add(Pane& pane, SpilledKeys* keys, const GroupKey& key, Emitter& out);
  Outcome add_late(Timestamp t, const GroupKey& key, Emitter& out);
  void add_sealed(Timestamp slice, const GroupKey& key, Emitter& out);
  Pane& pane_of(Timestamp slice);
  // Of an open slice; null if its pane knows them.
  SpilledKeys* keys_of_open(Timestamp slice) {
    return parts_.limits_spilled ? &keys_[slice] : nullptr;
  }
  // False if it is one key more than the slice, which is sealed, may have.
  bool admits_sealed(Timestamp slice, const GroupKey& key) {
    return !parts_.is_limited || keys_[slice].admit(key, parts_.max_keys);
  }
  void note_keys(Timestamp slice, const Pane& pane) {
    if (parts_.is_limited) keys_[slice].note(pane);
  }
  void note_closed_keys() {
    closed_->for_each([this](Timestamp slice, const Pane& pane) { note_keys(slice, pane); });
  }
  void forget_keys(Timestamp now);
  // The next window to close, if there is one that holds events.
  std::optional<std::int64_t> next_window() const;
  // The next window to write before `now`, which may be one to fill.
  std::optional<std::int64_t> next_to_write(Timestamp now) const;
  void plan_close();
  void close(Timestamp now, bool partial, Emitter& out);
  void seal_before(Timestamp end);
  void save_head(bool saves_queues, SnapshotWriter& out) const;
  void save_pane(Timestamp slice, const Pane& pane, std::uint64_t number, PaneRows& rows,
                 SnapshotWriter& out) const;
  bool restore_queues(SnapshotReader& in);
  void restore_panes(SnapshotReader& in);
  void write(std::int64_t k, bool partial, Emitter& out);
  void write_queues(std::int64_t k, bool partial, Emitter& out);
  void write_slices(std::int64_t k, bool partial, Emitter& out);
  void write_group(const Group& group, const SliceQueue& queue, bool partial, Emitter& out);

  void check_memory(Emitter& out);
  void relieve_memory();
  bool can_spill() const;
  void add_to_queues(Timestamp slice, const Pane& pane);
  void restore_slices(SnapshotReader& in);

  WindowParts parts_;
  FixedWindows windows_;
  std::map<Timestamp, std::unique_ptr<Pane>> open_;  // by the start of the slice
  std::unique_ptr<Pane> spare_;                      // of the slice that was sealed last
  std::map<Timestamp, SpilledKeys> keys_;            // by slice, for --max-keys: see keys_of_open
  std::optional<Histories> histories_;               // null: windows are read from closed_
  std::optional<KnownKeys> known_;                   // for --fill
  Latest latest_;

  std::optional<std::size_t> memory_;
  Duration grace_;
  SpillTools spill_tools_;
  std::optional<ClosedSlices> closed_;  // for --grace and --mem
  Timestamp whole_from_ = kMinTime;     // closed_ holds all slices that start here or later
  MemoryWatch watch_;

  std::int64_t next_ = std::numeric_limits<std::int64_t>::min();  // windows before it have closed
  Timestamp sealed_ = kMinTime;                                   // slices before it are sealed
  Timestamp latest_sealed_ = kMinTime;  // the start of the last slice that a queue holds
  Timestamp next_close_ = kMaxTime;     // no window closes before

  SliceImage slice_image_;
  PaneImage pane_image_;
  bool queues_are_saved_ = false;  // in the last image, as they are
};

Outcome OverlappingWindows::on_record(const Record& record, Emitter& out) {
  Outcome outcome;
  GroupKey key;
  if (!parts_.read(record, out, key, outcome)) return outcome;
  const Timestamp t = record.time();
  if (is_latest(t)) return add(*latest_.pane, latest_.keys, key, out);
  const Timestamp first_end = windows_.end(windows_.first(t));
  if (first_end <= parts_.watermark) return add_late(t, key, out);
  const FixedWindows::Slice slice = windows_.slice(t);
  if (slice.start < sealed_) return add_late(t, key, out);
  latest_ = {slice, first_end, &pane_of(slice.start), keys_of_open(slice.start)};
  return add(*latest_.pane, latest_.keys, key, out);
}

// Nearly all events belong to the slice of the last one.
void OverlappingWindows::foresee(std::span<const Record> records) {
  parts_.keys.foresee(records, [this](std::uint32_t hash) {
    if (latest_.pane) latest_.pane->prefetch(hash);
  });
  if (latest_.pane) latest_.pane->prefetch(parts_.keys);
}

Outcome OverlappingWindows::add(Pane& pane, SpilledKeys* keys, const GroupKey& key, Emitter& out) {
  const bool is_admitted = !keys || keys->admit(key, pane, parts_.max_keys);
  std::byte* block = is_admitted ? pane.block(key, parts_.events) : nullptr;
  if (!block) return parts_.refuse_key(out);
  parts_.aggregates.add(block, out);
  if (watch_.is_due()) check_memory(out);
  return {};
}

// An event of a slice that is sealed, or of windows of which some have closed.
Outcome OverlappingWindows::add_late(Timestamp t, const GroupKey& key, Emitter& out) {
  const std::int64_t first = windows_.first(t);
  const std::int64_t last = windows_.last(t);
  const Timestamp now = parts_.watermark;
  std::int64_t open = first;  // the first of its windows that is open…
  while (open <= last && windows_.end(open) <= now) ++open;
  std::int64_t reached = open;  // …or can be revised
  while (closed_ && reached > first && closed_->can_revise(reached - 1, now)) --reached;
  Outcome outcome;
  if (reached > first) outcome.deadline = closed_ ? closed_->deadline(first) : windows_.end(first);
  if (reached > last) {
    outcome.fate = Fate::late;
    return outcome;
  }
  outcome.late_partly = reached > first;
  const Timestamp slice = windows_.slice(t).start;
  // Windows without events close unseen.
  if (reached < open && windows_.end(open - 1) > sealed_) seal_before(windows_.end(open - 1));
  const bool is_sealed = slice < sealed_;
  if (is_sealed) {
    if (!admits_sealed(slice, key)) return parts_.refuse_key(out);
    if (closed_) closed_->add(slice, key, out);
    if (open <= last) add_sealed(slice, key, out);
  } else {
    const Outcome added = add(pane_of(slice), keys_of_open(slice), key, out);
    if (added.lost) return added;
  }
  if (reached < open) out.count("late, but within --grace");
  for (std::int64_t k = reached; k < open; ++k) closed_->revise(k, key, out);
  return outcome;
}

void OverlappingWindows::add_sealed(Timestamp slice, const GroupKey& key, Emitter& out) {
  queues_are_saved_ = false;
  if (histories_) {
    const SliceQueue::Tools& tools = histories_->tools();
    std::byte* block = tools.pool.make();
    parts_.aggregates.add(block, out);
    histories_->queue_of(key).add(slice, block, parts_.events, tools);
    tools.pool.free(block);
  }
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
  const bool has_sealed = histories_ ? histories_->size() > 0 : latest_sealed_ != kMinTime;
  if (has_sealed && latest_sealed_ >= windows_.start(next)) return next;
  if (open_.empty()) return std::nullopt;
  return std::max(next, windows_.first(open_.begin()->first));
}

// Windows without events follow one another until event time, or the last key, is at its end.
std::optional<std::int64_t> OverlappingWindows::next_to_write(Timestamp now) const {
  const std::optional<std::int64_t> next = next_window();
  const bool fills = known_ && !known_->is_empty() && (next ? next_ < *next : now != kMaxTime);
  return fills ? next_ : next;
}

void OverlappingWindows::plan_close() {
  const std::optional<std::int64_t> next = next_to_write(kMinTime);
  next_close_ = next ? windows_.end(*next) : kMaxTime;
}

void OverlappingWindows::on_watermark(Timestamp now, Emitter& out) {
  if (now >= next_close_) close(now, false, out);
  parts_.watermark = now;
  if (closed_) closed_->forget(now);
  forget_keys(now);
}

// Those of slices that no event reaches any more.
void OverlappingWindows::forget_keys(Timestamp now) {
  const auto is_reached = [&](Timestamp slice) {
    return plus(windows_.end(windows_.last(slice)), grace_) > now;
  };
  while (!keys_.empty() && !is_reached(keys_.begin()->first)) keys_.erase(keys_.begin());
}

void OverlappingWindows::close(Timestamp now, bool partial, Emitter& out) {
  queues_are_saved_ = false;
  std::optional<std::int64_t> k = next_to_write(now);
  for (; k && windows_.end(*k) <= now; k = next_to_write(now)) {
    seal_before(windows_.end(*k));
    write(*k, partial, out);
    next_ = *k + 1;
  }
  // Slices that no window needs any more go now, not when the next window closes: that may be far
  // off.
  if (!k || latest_sealed_ < windows_.start(*k)) {
    if (!histories_ && !closed_->has_spilled(sealed_)) histories_.emplace(parts_.aggregates);
    if (histories_) histories_->drop_before(kMaxTime);
  }
  plan_close();
}

void OverlappingWindows::seal_before(Timestamp end) {
  queues_are_saved_ = false;
  while (!open_.empty() && open_.begin()->first < end) {
    const Timestamp slice = open_.begin()->first;
    std::unique_ptr<Pane> pane = std::move(open_.begin()->second);
    open_.erase(open_.begin());
    note_keys(slice, *pane);
    if (histories_) add_to_queues(slice, *pane);
    latest_sealed_ = slice;
    if (closed_) {
      closed_->keep(slice, std::move(pane));
    } else {
      pane->clear();
      spare_ = std::move(pane);
    }
  }
  sealed_ = end;
  latest_ = {};
}

void OverlappingWindows::add_to_queues(Timestamp slice, const Pane& pane) {
  for_each_ahead(
      pane.groups(), [this](const auto& keys) { histories_->prefetch(keys); },
      [&](Group& group, const GroupKey& key) {
        SliceQueue& queue = histories_->queue_of(key);
        queue.add(slice, group.state(), group.first_seen, histories_->tools());
      });
}

void OverlappingWindows::write(std::int64_t k, bool partial, Emitter& out) {
  parts_.rows.begin_window(windows_.start(k), windows_.end(k));
  if (histories_) {
    write_queues(k, partial, out);
  } else {
    write_slices(k, partial, out);
  }
}

void OverlappingWindows::write_queues(std::int64_t k, bool partial, Emitter& out) {
  histories_->drop_before(windows_.start(k));
  for (Group* group : histories_->sorted()) {
    write_group(*group, Histories::queue(group), partial, out);
  }
  if (!known_ || partial) return;
  known_->note(histories_->groups(), windows_.end(k));
  known_->write_missing(windows_.start(k), windows_.end(k), out);
}

void OverlappingWindows::write_slices(std::int64_t k, bool partial, Emitter& out) {
  const bool fills = known_ && !partial;
  const bool ok = closed_->visit(k, nullptr, [&](const Group& group, std::uint64_t) {
    parts_.rows.write(group, group.state(), {.partial = partial}, out);
    if (fills) known_->note(group.group_key(), windows_.end(k));
  });
  if (!ok) out.fail(kSpillUnreadable);
  watch_.note_disk(closed_->disk_is_full());
  if (fills) known_->write_missing(windows_.start(k), windows_.end(k), out);
}

void OverlappingWindows::write_group(const Group& group, const SliceQueue& queue, bool partial,
                                     Emitter& out) {
  const SliceQueue::Tools& tools = histories_->tools();
  std::byte* scratch = tools.pool.make();
  const SliceQueue::Whole whole = queue.whole(scratch, tools);
  parts_.rows.write(group, whole.block, {.partial = partial}, out, whole.totals);
  tools.pool.free(scratch);
}

void OverlappingWindows::check_memory(Emitter& out) {
  if (!memory_) {
    std::size_t bytes = 0;
    for (const auto& [slice, pane] : open_) bytes += pane->table_bytes();
    return watch_.note_unbounded(held(), bytes, out);
  }
  relieve_memory();
  watch_.tell(out);
}

// The queues hold about as much as the slices that are kept beside them.
void OverlappingWindows::relieve_memory() {
  watch_.next_after(held() + closed_->groups());
  std::size_t bytes = closed_->bytes() * (histories_ ? 2 : 1);
  for (const auto& [slice, pane] : open_) bytes += pane->bytes();
  if (bytes <= *memory_ || !can_spill()) return;
  histories_.reset();
  note_closed_keys();
  closed_->spill();
  for (const auto& [slice, pane] : open_) {
    note_keys(slice, *pane);
    closed_->spill(slice, *pane);
  }
  watch_.note_disk(closed_->disk_is_full());
}

// After a restart without --mem, the slices of the first windows stand in the queues alone.
bool OverlappingWindows::can_spill() const {
  if (!histories_ || whole_from_ == kMinTime) return true;
  return windows_.start(next_window().value_or(next_)) >= whole_from_;
}

void OverlappingWindows::save_head(bool saves_queues, SnapshotWriter& out) const {
  parts_.save(out);
  out.entry("sliding").field("next", next_).field("sealed", sealed_);
  out.field("latest_sealed", latest_sealed_).field("queues", saves_queues);
}

// Queues can be made from the slices, so they are saved only where those are not kept.
void OverlappingWindows::save(SnapshotWriter& out) const {
  const bool saves_queues = !memory_ || (histories_ && !can_spill());
  save_head(saves_queues, out);
  if (saves_queues) histories_->save(out);
  if (known_) known_->save(out);
  if (closed_) closed_->save(sealed_, out);
  for (const auto& [slice, pane] : open_) out.entry("pane").field("slice", slice);
  PaneRows rows(parts_.aggregates, out);
  std::uint64_t number = 0;
  for (const auto& [slice, pane] : open_) {
    save_pane(slice, *pane, number++, rows, out);
  }
}

// Of what is on disk, too.
void OverlappingWindows::save_pane(Timestamp slice, const Pane& pane, std::uint64_t number,
                                   PaneRows& rows, SnapshotWriter& out) const {
  if (!closed_) return pane.save(rows, number);
  const bool ok = closed_->visit_slice(slice, pane, [&](const Group& group, std::uint64_t) {
    rows.write({number, group.first_seen}, group, group.state());
  });
  if (!ok) out.fail(kSpillUnreadable);
}

bool OverlappingWindows::has_changes() const {
  std::size_t changes = 0;
  for (const auto& [slice, pane] : open_) changes += pane->changes();
  const bool knows_keys = !known_ || !known_->have_changed();
  std::size_t all = held();
  if (closed_) {
    changes += closed_->changes();
    all += closed_->groups();
  }
  return has_images() && knows_keys && queues_are_saved_ && are_few(changes, all);
}

void OverlappingWindows::begin_changes(SnapshotWriter& out) {
  save_head(true, out);
  if (closed_) closed_->save_head_of_changes(out);
  for (const auto& [slice, pane] : open_) {
    out.entry("pane").field("slice", slice);
    save_whether_it_goes_on(out, *pane);
  }
  slice_image_.begin(out);
  pane_image_.begin(out);
  std::uint64_t number = 0;
  for (const auto& [slice, pane] : open_) pane->begin_changes(pane_image_, number++);
  if (!closed_) return;
  closed_->for_each_pane([&](Pane& pane) { pane.begin_changes(pane_image_, number++); });
}

void OverlappingWindows::begin_image(SnapshotWriter& out) {
  queues_are_saved_ = true;
  save_head(true, out);
  if (closed_) closed_->save_head(out);
  for (const auto& [slice, pane] : open_) out.entry("pane").field("slice", slice);
  if (known_) known_->begin_image(out);
  slice_image_.begin(out);
  pane_image_.begin(out);
  histories_->begin_image(slice_image_);
  std::uint64_t number = 0;
  for (const auto& [slice, pane] : open_) pane->begin_image(pane_image_, number++);
  if (!closed_) return;
  closed_->for_each_pane([&](Pane& pane) { pane.begin_image(pane_image_, number++); });
}

bool OverlappingWindows::continue_image(std::size_t entries) {
  if (known_ && !known_->continue_image(entries)) return false;
  if (!histories_->continue_image(entries)) return false;
  bool is_complete = true;
  const auto take = [&](Pane& pane) { is_complete = is_complete && pane.continue_image(entries); };
  for (const auto& [slice, pane] : open_) take(*pane);
  if (closed_) closed_->for_each_pane(take);
  if (!is_complete) return false;
  slice_image_.finish();
  pane_image_.finish();
  return true;
}

// False if the next entry is none of slices of the queues.
bool OverlappingWindows::restore_queues(SnapshotReader& in) {
  if (!in.next_is(SliceFacts::kEntry)) return false;
  if (!histories_) in.fail("slices of queues behind those that fill the memory");
  while (in.next_row()) {
    const Group& group = histories_->restore_row(in);
    if (parts_.is_limited) keys_[from_nanos(in.integer(std::size_t{0}))].note(group.key());
  }
  return true;
}

// In an image, slices stand between groups of panes, of which those of sealed slices come last.
void OverlappingWindows::restore_panes(SnapshotReader& in) {
  std::vector<Pane*> panes;
  std::vector<SpilledKeys*> keys;
  auto before = std::exchange(open_, {});
  while (in.next_is("pane")) {
    const Timestamp slice = in.time("slice");
    take_over(in, before, open_, slice);
    panes.push_back(&pane_of(slice));
    keys.push_back(keys_of_open(slice));
  }
  if (closed_ && !parts_.restores_spilled) {
    closed_->for_each_pane([&](Pane& pane) {
      panes.push_back(&pane);
      keys.push_back(nullptr);
    });
  }
  PaneReader reader(std::move(panes), [&](std::size_t pane, const Group& group, std::uint64_t) {
    if (keys[pane]) keys[pane]->note(group);
    if (parts_.restores_spilled && watch_.is_due()) relieve_memory();
  });
  const auto restore_known = [&] { return known_ && known_->restore_some(in); };
  while (restore_queues(in) || reader.read_some(in) || restore_known()) {
  }
  reader.finish();
  if (closed_) note_closed_keys();
}

Status OverlappingWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  if (!in.next_is("sliding")) in.fail("no entry 'sliding'");
  next_ = in.integer("next");
  sealed_ = in.time("sealed");
  latest_sealed_ = in.time("latest_sealed");
  const bool has_queues = in.boolean("queues");
  if (has_queues) restore_queues(in);
  if (known_) known_->restore_some(in);
  if (has_queues) whole_from_ = sealed_;
  restore_slices(in);
  restore_panes(in);
  const bool has_ended = parts_.watermark == kMaxTime;
  if (known_ && !known_->is_empty() && !has_ended && windows_.end(next_) <= parts_.watermark) {
    in.fail("a window to fill is in the past");
  }
  plan_close();
  return in.status();
}

void OverlappingWindows::restore_slices(SnapshotReader& in) {
  if (!closed_) closed_.emplace(parts_, windows_, spill_tools_, grace_);
  closed_->begin_restore();
  while (closed_->restore_one(in)) {
    if (parts_.restores_spilled && watch_.is_due()) relieve_memory();
  }
  note_closed_keys();
  if (histories_ && whole_from_ == kMinTime) {
    std::int64_t next = next_;
    if (parts_.watermark != kMinTime) next = std::max(next, windows_.first(parts_.watermark));
    closed_->for_each([&](Timestamp slice, const Pane& pane) {
      if (slice >= windows_.start(next)) add_to_queues(slice, pane);
    });
  }
  if (!memory_ && grace_ == Duration::zero()) closed_.reset();
}

std::size_t OverlappingWindows::held() const {
  std::size_t groups = histories_ ? histories_->size() : 0;
  for (const auto& [slice, pane] : open_) groups += pane->groups().size();
  return groups;
}

void OverlappingWindows::describe_state(std::string& json_members) const {
  json_members +=
      "\"slices\":" + std::to_string(open_.size()) + ",\"groups\":" + std::to_string(held());
}

}  // namespace

WindowsPtr make_overlapping_windows(const WindowOptions& options) {
  return std::make_unique<OverlappingWindows>(options);
}

}  // namespace streamutils
