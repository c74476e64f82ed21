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
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ops/aggregate_pool.h"
#include "ops/keyed_states.h"
#include "ops/window_history.h"
#include "ops/window_kinds.h"
#include "ops/window_parts.h"
#include "ops/window_waiting.h"
#include "ops/windower.h"

namespace streamutils {
namespace {

// One key.
struct Line {
  std::int64_t rows = 0;          // events so far, numbered from 0
  Timestamp last{};               // the time of the last one
  std::vector<Timestamp> starts;  // of the open windows, by number: when their first event was
  SliceQueue slices;              // by event numbers
  std::size_t waiting = 0;
};

Line& line_of(Group* group) { return KeyedStates<Line>::of(group); }

Timestamp place(std::int64_t n) { return from_nanos(n); }

class RowWindows final : public Windows {
 public:
  explicit RowWindows(const WindowOptions& options)
      : parts_(options),
        windows_(options.arguments.window.size, options.arguments.window.slide),
        pool_(parts_.aggregates),
        tools_{parts_.aggregates, pool_},
        waiting_(parts_.aggregates, pool_) {}
  ~RowWindows() override;
  RowWindows(const RowWindows&) = delete;
  RowWindows& operator=(const RowWindows&) = delete;

  Outcome on_record(const Record& record, Emitter& out) override;
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
  void describe_state(std::string& json_members) const override;
  std::size_t held() const override;

 private:
  void settle(const WaitingEvent& event, Emitter& out);
  void open_window(Line& line, std::int64_t row, Timestamp t);
  void close_window(Group* group, std::int64_t number, Emitter& out);
  void forget(Group* group);
  void restore_slices(SnapshotReader& in);
  void write(const Group& group, Timestamp start, Timestamp end, bool partial, Emitter& out);
  void write_incomplete(Emitter& out);
  std::int64_t first_open(const Line& line) const {
    return std::max<std::int64_t>(0, windows_.first(place(line.rows)));
  }

  WindowParts parts_;
  FixedWindows windows_;
  BlockPool pool_;
  SliceQueue::Tools tools_;
  KeyedStates<Line> keys_;
  WaitingEvents waiting_;
};

RowWindows::~RowWindows() {
  for (Group* group : keys_.groups()) line_of(group).slices.clear(tools_);
}

Outcome RowWindows::on_record(const Record& record, Emitter& out) {
  Outcome outcome;
  GroupKey key;
  if (!parts_.read(record, out, key, outcome)) return outcome;
  const Timestamp t = record.time();
  if (t < parts_.watermark) {
    outcome.fate = Fate::late;
    outcome.deadline = plus(t, Duration(1));
    return outcome;
  }
  Group* group = keys_.group_within(parts_.max_keys, key, parts_.events);
  if (!group) return parts_.refuse_key(out);
  WaitingEvent event{t, parts_.events, group, pool_.make(), {}};
  parts_.aggregates.add(event.block, out);
  ++line_of(event.group).waiting;
  if (t == parts_.watermark) {
    settle(event, out);
  } else {
    waiting_.push(std::move(event));
  }
  return outcome;
}

void RowWindows::on_watermark(Timestamp now, Emitter& out) {
  if (now != kMaxTime) parts_.watermark = now;
  while (waiting_.is_ripe(now)) settle(waiting_.take(), out);
}

void RowWindows::settle(const WaitingEvent& event, Emitter& out) {
  Line& line = line_of(event.group);
  --line.waiting;
  const std::int64_t row = line.rows++;
  line.last = event.time;
  const std::int64_t first = std::max<std::int64_t>(0, windows_.first(place(row)));
  const std::int64_t last = windows_.last(place(row));
  if (first <= last) {
    open_window(line, row, event.time);
    const Timestamp slice =
        windows_.overlap() ? windows_.slice(place(row)).start : windows_.start(last);
    line.slices.add(slice, event.block, event.number, tools_);
  } else {
    out.count("in a gap between windows");
  }
  pool_.free(event.block);
  if (first <= last && windows_.end(first) == place(row + 1)) close_window(event.group, first, out);
}

void RowWindows::open_window(Line& line, std::int64_t row, Timestamp t) {
  if (windows_.start(windows_.last(place(row))) == place(row)) line.starts.push_back(t);
}

void RowWindows::close_window(Group* group, std::int64_t number, Emitter& out) {
  Line& line = line_of(group);
  line.slices.drop_before(windows_.start(number), tools_);
  write(*group, line.starts.front(), line.last, false, out);
  line.starts.erase(line.starts.begin());
  line.slices.drop_before(windows_.start(number + 1), tools_);
  // The count of a key goes on in a gap; without gaps, what comes next is as good as the first.
  const bool starts_anew = line.starts.empty() && windows_.start(number + 1) == place(line.rows);
  if (starts_anew) line.rows = 0;
  if (starts_anew && line.waiting == 0) forget(group);
}

void RowWindows::forget(Group* group) {
  line_of(group).slices.clear(tools_);
  keys_.erase(group);
}

void RowWindows::write(const Group& group, Timestamp start, Timestamp end, bool partial,
                       Emitter& out) {
  const SliceQueue& slices = line_of(const_cast<Group*>(&group)).slices;
  std::byte* scratch = pool_.make();
  const SliceQueue::Whole whole = slices.whole(scratch, tools_);
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
    Group* group;
  };
  std::vector<Open> open;
  const std::vector<Group*> groups = keys_.groups();
  for (Group* group : groups) {
    Line& line = line_of(group);
    line.slices.drop_before(windows_.start(first_open(line)), tools_);
    if (line.starts.empty()) continue;
    open.push_back({std::max(line.last, parts_.watermark), line.slices.first_seen(), group});
  }
  std::ranges::sort(open, [](const Open& a, const Open& b) {
    return std::pair(a.end, a.first_seen) < std::pair(b.end, b.first_seen);
  });
  for (const Open& one : open) {
    Line& line = line_of(one.group);
    std::int64_t number = first_open(line);
    for (const Timestamp start : line.starts) {
      line.slices.drop_before(windows_.start(number++), tools_);
      write(*one.group, start, one.end, true, out);
    }
  }
  for (Group* group : groups) forget(group);
}

void RowWindows::save(SnapshotWriter& out) const {
  parts_.save(out);
  for (Group* group : keys_.groups()) {
    const Line& line = line_of(group);
    out.entry("line").field("rows", line.rows).field("last", line.last);
    out.field("first_seen", group->first_seen);
    save_key(out, *group);
    for (const Timestamp start : line.starts) out.entry("start").field("time", start);
  }
  SliceRows rows(parts_.aggregates, out);
  for (Group* group : keys_.groups()) line_of(group).slices.save(rows, *group);
  waiting_.save(out);
}

Status RowWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  while (in.next_is("line")) {
    Group* group = keys_.group(SavedKey(in).key(), in.unsigned_integer("first_seen"));
    Line& line = line_of(group);
    line.rows = in.integer("rows");
    line.last = in.time("last");
    while (in.next_is("start")) line.starts.push_back(in.time("time"));
    // A damaged count would make windows without end.
    const std::int64_t open =
        line.rows == 0 ? 0 : windows_.last(place(line.rows - 1)) - first_open(line) + 1;
    const bool plausible =
        line.rows >= 0 && std::cmp_equal(std::max<std::int64_t>(open, 0), line.starts.size());
    if (!plausible) in.fail("'rows' does not go with the open windows");
  }
  restore_slices(in);
  waiting_.restore(in, [&](const GroupKey& key, std::uint64_t) {
    Group* group = keys_.find(key.canonical);
    if (group) ++line_of(group).waiting;
    return group;
  });
  return in.status();
}

void RowWindows::restore_slices(SnapshotReader& in) {
  if (!in.next_is(SliceFacts::kEntry)) return in.fail("no entry 'slices'");
  while (in.next_row()) {
    const SavedKey saved(in, SliceFacts::kCount + parts_.aggregates.state_count());
    Group* group = keys_.find(saved.canonical);
    if (group == nullptr) return in.fail("a slice of an unknown key");
    line_of(group).slices.restore_row(in, tools_);
  }
}

std::size_t RowWindows::held() const { return keys_.size() + waiting_.size(); }

void RowWindows::describe_state(std::string& json_members) const {
  json_members += "\"groups\":" + std::to_string(keys_.size()) +
                  ",\"waiting\":" + std::to_string(waiting_.size());
}

}  // namespace

WindowsPtr make_row_windows(const WindowOptions& options) {
  return std::make_unique<RowWindows>(options);
}

}  // namespace streamutils
