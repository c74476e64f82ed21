// Windows of events: tumbling 100rows, sliding 100rows 10rows.
//
// The events of a key, in the order of their times, stand on a line of numbers: 0, 1, 2 …  On that
// line the windows are fixed windows like those on the line of time, and share slices in the same
// way (window_history.h).
//
//     events of a key     0 1 2 3 4 5 6 7 8 9
//     sliding 4 2         |-----|
//                             |-----|
//                                 |-----|
//                                     |---…     incomplete at the end: partial
//
// Since the place of an event on the line depends on all that come before it, events wait until the
// watermark has come to their time; one that comes below the watermark has no place any more and is
// late.
//
// window_start and window_end are the times of the first and of the last event of the window; of an
// incomplete one, window_end is how far event time has come, if that is more.
//
// Keys and images are the business of window_row_lines.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ops/aggregate_pool.h"
#include "ops/memory_watch.h"
#include "ops/spill_tools.h"
#include "ops/window_history.h"
#include "ops/window_kinds.h"
#include "ops/window_parts.h"
#include "ops/window_row_lines.h"
#include "ops/window_waiting.h"
#include "ops/windower.h"

namespace streamutils {
namespace {

class RowWindows final : public Windows {
 public:
  explicit RowWindows(const WindowOptions& options)
      : parts_(options),
        windows_(options.arguments.window.size, options.arguments.window.slide),
        pool_(parts_.aggregates),
        memory_(options.memory),
        spill_tools_(parts_.aggregates, options.make_scratch, memory_),
        lines_(parts_.aggregates, pool_, windows_, memory_ ? &spill_tools_ : nullptr),
        waiting_(parts_.aggregates, pool_) {}

  Outcome on_record(const Record& record, Emitter& out) override;
  bool foresees() const override { return parts_.keys.foresees() && lines_.is_large(); }
  void foresee(std::span<const Record> records) override {
    parts_.keys.foresee(records, [this](std::uint32_t hash) { lines_.prefetch(hash); });
    lines_.prefetch(parts_.keys);
  }
  void on_watermark(Timestamp now, Emitter& out) override;
  void on_end(Emitter& out) override { write_incomplete(out); }
  void on_interrupt(Emitter& out) override;
  // The row of an event at the watermark has a time one instant before it.
  Timestamp least_time_to_come(Timestamp w) const override {
    return w == kMaxTime ? w : minus(w, Duration(1));
  }
  void set_time_style(TimeStyle style) override { parts_.rows.set_time_style(style); }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  bool has_images() const override { return !memory_; }
  void begin_image(SnapshotWriter& out) override;
  bool has_changes() const override { return has_images() && lines_.has_changes(); }
  void begin_changes(SnapshotWriter& out) override;
  bool continue_image(std::size_t entries) override;
  void describe_state(std::string& json_members) const override;
  // In memory.
  std::size_t held() const override { return lines_.held() + waiting_.size(); }

 private:
  void prefetch_waiting() const;
  void settle(const WaitingEvent& event, Emitter& out);
  void open_window(RowLine& line, std::int64_t row, Timestamp t);
  void close_window(Group* group, std::int64_t number, Emitter& out);
  void check_memory(Emitter& out);
  void relieve_memory();

  void write(const Group& group, Timestamp start, Timestamp end, bool partial, Emitter& out);
  void write_incomplete(Emitter& out);
  void write_incomplete(Group* group, Timestamp end, Emitter& out);

  WindowParts parts_;
  FixedWindows windows_;
  BlockPool pool_;
  std::optional<std::size_t> memory_;
  SpillTools spill_tools_;
  MemoryWatch watch_;
  RowLines lines_;
  WaitingEvents waiting_;
};

Outcome RowWindows::on_record(const Record& record, Emitter& out) {
  Outcome outcome;
  GroupKey key;
  if (!parts_.read(record, out, key, outcome)) return outcome;
  if (watch_.is_due()) check_memory(out);
  const Timestamp t = record.time();
  if (t < parts_.watermark) {
    outcome.fate = Fate::late;
    outcome.deadline = plus(t, Duration(1));
    return outcome;
  }
  Group* group = lines_.group_within(parts_.max_keys, key, parts_.events);
  if (lines_.has_failed()) out.fail(kSpillUnreadable);
  if (!group) return parts_.refuse_key(out);
  WaitingEvent event{t, parts_.events, group, pool_.make(), {}};
  parts_.aggregates.add(event.block, out);
  ++RowLines::of(event.group).waiting;
  if (t == parts_.watermark) {
    settle(event, out);
  } else {
    waiting_.push(std::move(event));
  }
  return outcome;
}

void RowWindows::check_memory(Emitter& out) {
  if (!memory_) return watch_.note_unbounded(held(), lines_.table_bytes(), out);
  relieve_memory();
  watch_.note_disk(lines_.disk_is_full());
  watch_.tell(out);
}

void RowWindows::relieve_memory() {
  watch_.next_after(held());
  lines_.make_room(*memory_);
}

void RowWindows::on_watermark(Timestamp now, Emitter& out) {
  if (now != kMaxTime) parts_.watermark = now;
  while (waiting_.is_ripe(now)) {
    prefetch_waiting();
    settle(waiting_.take(), out);
  }
}

void RowWindows::prefetch_waiting() const {
  constexpr std::size_t kAhead = 6;
  for (int steps = 3; steps > 0; --steps) {
    Group* const group = waiting_.ahead(static_cast<std::size_t>(steps) * kAhead);
    if (group != nullptr) RowLines::bring_near(group, steps);
  }
}

void RowWindows::settle(const WaitingEvent& event, Emitter& out) {
  lines_.keep_for_image(*event.group);
  RowLine& line = RowLines::of(event.group);
  --line.waiting;
  const std::int64_t row = line.rows++;
  line.last = event.time;
  const std::int64_t first = std::max<std::int64_t>(0, windows_.first(place(row)));
  const std::int64_t last = windows_.last(place(row));
  if (first <= last) {
    open_window(line, row, event.time);
    const Timestamp slice =
        windows_.overlap() ? windows_.slice(place(row)).start : windows_.start(last);
    line.slices.add(slice, event.block, event.number, lines_.tools());
  } else {
    out.count("in a gap between windows");
  }
  pool_.free(event.block);
  if (first <= last && windows_.end(first) == place(row + 1)) close_window(event.group, first, out);
}

void RowWindows::open_window(RowLine& line, std::int64_t row, Timestamp t) {
  if (windows_.start(windows_.last(place(row))) == place(row)) line.starts.push_back(t);
}

void RowWindows::close_window(Group* group, std::int64_t number, Emitter& out) {
  RowLine& line = RowLines::of(group);
  line.slices.drop_before(windows_.start(number), lines_.tools());
  write(*group, line.starts.front(), line.last, false, out);
  line.starts.erase(line.starts.begin());
  line.slices.drop_before(windows_.start(number + 1), lines_.tools());
  // The count of a key goes on in a gap; without gaps, what comes next is as good as the first.
  const bool starts_anew = line.starts.empty() && windows_.start(number + 1) == place(line.rows);
  if (starts_anew) line.rows = 0;
  if (starts_anew && line.waiting == 0) lines_.forget(group);
}

void RowWindows::write(const Group& group, Timestamp start, Timestamp end, bool partial,
                       Emitter& out) {
  const SliceQueue& slices = RowLines::of(const_cast<Group*>(&group)).slices;
  std::byte* scratch = pool_.make();
  const SliceQueue::Whole whole = slices.whole(scratch, lines_.tools());
  parts_.rows.begin_window(start, end);
  parts_.rows.write(group, whole.block, {.partial = partial}, out, whole.totals);
  pool_.free(scratch);
}

void RowWindows::on_interrupt(Emitter& out) {
  while (waiting_.is_ripe(kMaxTime)) settle(waiting_.take(), out);
  write_incomplete(out);
}

// By end, then by key in the order in which they were first seen in their oldest window, then by
// start.
void RowWindows::write_incomplete(Emitter& out) {
  struct Open {
    Timestamp end;
    std::uint64_t first_seen;
    Group* group;       // null: it is on disk
    Fingerprint print;  // there
  };
  std::vector<Open> open;
  const auto note = [&](Group* group, const Fingerprint* cold) {
    lines_.keep_for_image(*group);
    RowLine& line = RowLines::of(group);
    line.slices.drop_before(windows_.start(lines_.first_open(line)), lines_.tools());
    if (line.starts.empty()) return;
    open.push_back({std::max(line.last, parts_.watermark), line.slices.first_seen(),
                    cold ? nullptr : group, cold ? *cold : Fingerprint{}});
  };
  const std::vector<Group*> groups = lines_.groups();
  for (Group* group : groups) note(group, nullptr);
  bool ok = lines_.visit_cold([&](Group* group, const Fingerprint& print) { note(group, &print); });
  std::ranges::sort(open, [](const Open& a, const Open& b) {
    return std::pair(a.end, a.first_seen) < std::pair(b.end, b.first_seen);
  });
  for (const Open& one : open) {
    Group* const group = one.group || !ok ? one.group : lines_.take_cold(one.print);
    ok = ok && group;
    if (!group) continue;
    write_incomplete(group, one.end, out);
    if (!one.group) lines_.forget(group);
  }
  lines_.clear();
  if (!ok) out.fail(kSpillUnreadable);
}

void RowWindows::write_incomplete(Group* group, Timestamp end, Emitter& out) {
  RowLine& line = RowLines::of(group);
  std::int64_t number = lines_.first_open(line);
  for (const Timestamp start : line.starts) {
    line.slices.drop_before(windows_.start(number++), lines_.tools());
    write(*group, start, end, true, out);
  }
}

void RowWindows::save(SnapshotWriter& out) const {
  parts_.save(out);
  lines_.save(out);
  waiting_.save(out);
}

void RowWindows::begin_image(SnapshotWriter& out) {
  parts_.save(out);
  lines_.begin_image(out);
  waiting_.begin_image(out);
}

// Events that wait are all there each time: next time, few of them will be the same.
void RowWindows::begin_changes(SnapshotWriter& out) {
  parts_.save(out);
  lines_.begin_changes(out);
  waiting_.begin_image(out);
}

bool RowWindows::continue_image(std::size_t entries) {
  if (!lines_.continue_image(entries) || !waiting_.continue_image(entries)) return false;
  lines_.finish_image();
  return true;
}

// In an image, events that wait stand between others, maybe before their key.
Status RowWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  waiting_.clear([](Group* group) { --RowLines::of(group).waiting; });
  lines_.restore_forgotten(in);
  const auto group_of = [this](const GroupKey& key, std::uint64_t number) {
    Group* const group = lines_.group_within(static_cast<std::size_t>(-1), key, number);
    ++RowLines::of(group).waiting;
    return group;
  };
  const auto make_room = [this] {
    if (parts_.restores_spilled && watch_.is_due()) relieve_memory();
  };
  while (lines_.restore_some(in, make_room) || waiting_.restore_some(in, group_of)) {
  }
  lines_.finish_restore(in);
  return in.status();
}

void RowWindows::describe_state(std::string& json_members) const {
  json_members += "\"groups\":" + std::to_string(lines_.size()) +
                  ",\"waiting\":" + std::to_string(waiting_.size());
}

}  // namespace

WindowsPtr make_row_windows(const WindowOptions& options) {
  return std::make_unique<RowWindows>(options);
}

}  // namespace streamutils
