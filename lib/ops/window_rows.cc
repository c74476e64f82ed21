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
// With --mem, keys go to disk when memory is used up, and come back with their next event
// (cold_keys.h).  One with an event that waits stays.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/aggregate_pool.h"
#include "ops/cold_keys.h"
#include "ops/keyed_states.h"
#include "ops/memory_watch.h"
#include "ops/spill_tools.h"
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
  std::uint32_t waiting = 0;
  std::uint32_t place = kNowhere;  // among all
  static constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();
};

Line& line_of(Group* group) { return KeyedStates<Line>::of(group); }

Timestamp place(std::int64_t n) { return from_nanos(n); }

// What a snapshot says of a key, as it stands on disk.
struct TextOfLine {
  std::string_view line;    // its entry, and those of its windows
  std::string_view slices;  // rows

  // The length of the first in front.
  std::string whole() const {
    const std::uint64_t length = line.size();
    std::string text(reinterpret_cast<const char*>(&length), sizeof length);
    return text.append(line).append(slices);
  }
  static TextOfLine of(std::string_view whole) {
    std::uint64_t length = 0;
    std::memcpy(&length, whole.data(), sizeof length);
    whole.remove_prefix(sizeof length);
    return {whole.substr(0, length), whole.substr(length)};
  }
};

class RowWindows final : public Windows {
 public:
  explicit RowWindows(const WindowOptions& options)
      : parts_(options),
        windows_(options.arguments.window.size, options.arguments.window.slide),
        pool_(parts_.aggregates),
        tools_{parts_.aggregates, pool_},
        waiting_(parts_.aggregates, pool_),
        slice_image_(parts_.aggregates),
        memory_(options.memory),
        spill_tools_(parts_.aggregates, options.make_scratch, memory_) {
    if (memory_) cold_.emplace(spill_tools_);
  }
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
  bool has_images() const override { return !memory_; }
  void begin_image(SnapshotWriter& out) override;
  bool continue_image(std::size_t entries) override;
  void describe_state(std::string& json_members) const override;
  std::size_t held() const override;

 private:
  void settle(const WaitingEvent& event, Emitter& out);
  void open_window(Line& line, std::int64_t row, Timestamp t);
  void close_window(Group* group, std::int64_t number, Emitter& out);
  void forget(Group* group);

  // The group of a key that is known, or null.
  Group* find(const GroupKey& key);
  // The same, made if there is none; null if it would be one key too many.
  Group* group_within_limit(const GroupKey& key);
  // Of a text that was on disk; null if it is damaged.
  Group* warm_up(std::string_view text);
  void check_memory(Emitter& out);
  void relieve_memory();
  std::size_t bytes_of(const Group& group) const;

  // The group has just been made, or was there.
  Group* entered(Group* group);
  // To be called before a line changes: an image that is being taken needs it as it is.
  void keep_for_image(Group& group) {
    if (group.mark != mark_) put_into_image(group);
  }
  void put_into_image(Group& group);

  void save_line(Group* group, SnapshotWriter& out) const;
  Group* restore_line(SnapshotReader& in);
  // False if the next entry is none of them.
  bool restore_lines(SnapshotReader& in);
  bool restore_slices(SnapshotReader& in);
  void write(const Group& group, Timestamp start, Timestamp end, bool partial, Emitter& out);
  void write_incomplete(Emitter& out);
  void write_incomplete(Group* group, Timestamp end, Emitter& out);
  std::int64_t first_open(const Line& line) const {
    return std::max<std::int64_t>(0, windows_.first(place(line.rows)));
  }

  WindowParts parts_;
  FixedWindows windows_;
  BlockPool pool_;
  SliceQueue::Tools tools_;
  KeyedStates<Line> keys_;
  std::vector<Group*> all_;  // mostly in the order in which they were made
  WaitingEvents waiting_;

  SnapshotWriter* image_out_ = nullptr;
  SliceImage slice_image_;
  std::size_t image_next_ = 0;  // the one whose turn comes, among all
  std::uint32_t mark_ = 0;      // of those that the image has no need of any more: 0 or 1

  std::optional<std::size_t> memory_;
  SpillTools spill_tools_;
  MemoryWatch watch_;
  std::optional<ColdKeys> cold_;
};

RowWindows::~RowWindows() {
  for (Group* group : keys_.groups()) line_of(group).slices.clear(tools_);
}

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
  Group* group = group_within_limit(key);
  if (cold_ && cold_->has_failed()) out.fail(kSpillUnreadable);
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

Group* RowWindows::find(const GroupKey& key) {
  Group* const group = keys_.find(key);
  std::string text;
  if (group || !cold_ || !cold_->take(key.canonical, text)) return group;
  return warm_up(text);
}

Group* RowWindows::group_within_limit(const GroupKey& key) {
  if (!cold_ || cold_->size() == 0) {
    return entered(keys_.group_within(parts_.max_keys, key, parts_.events));
  }
  Group* const known = find(key);
  if (known) return known;
  const bool is_full = keys_.size() + cold_->size() >= parts_.max_keys;
  return is_full ? nullptr : entered(keys_.group(key, parts_.events));
}

// One that is new is not for the image that is being taken.
Group* RowWindows::entered(Group* group) {
  if (!group || line_of(group).place != Line::kNowhere) return group;
  line_of(group).place = static_cast<std::uint32_t>(all_.size());
  all_.push_back(group);
  group->mark = mark_ & 1;
  return group;
}

void RowWindows::check_memory(Emitter& out) {
  if (!memory_) return watch_.note_unbounded(held(), keys_.bytes(), out);
  relieve_memory();
  watch_.note_disk(cold_->disk_is_full());
  watch_.tell(out);
}

std::size_t RowWindows::bytes_of(const Group& group) const {
  constexpr std::size_t kSlot = 16;  // half used
  const Line& line = line_of(const_cast<Group*>(&group));
  return kSlot + sizeof(Group) + group.key_size + group.spelling_size + sizeof(Line) +
         line.starts.capacity() * sizeof(Timestamp) + line.slices.bytes(tools_);
}

// Down to half, so that there is not one key to be written with each event.  Memory of keys that
// have gone counts for others.
void RowWindows::relieve_memory() {
  watch_.next_after(held());
  const std::vector<Group*> groups = all_;
  std::size_t held = 0;
  for (const Group* group : groups) held += bytes_of(*group);
  if (held <= *memory_) return;
  SnapshotWriter head;
  SnapshotWriter slices;
  SliceRows rows(parts_.aggregates, slices);
  slices.take();  // the columns are known
  for (Group* group : groups) {
    if (held <= *memory_ / 2) break;
    if (line_of(group).waiting > 0) continue;
    held -= bytes_of(*group);
    save_line(group, head);
    line_of(group).slices.save(rows, *group);
    const std::string line = head.take();
    const std::string parts = slices.take();
    cold_->put(group->key(), TextOfLine{line, parts}.whole(), group->first_seen, kMaxTime);
    forget(group);
  }
  cold_->finish_puts();
}

Group* RowWindows::warm_up(std::string_view text) {
  const TextOfLine parts = TextOfLine::of(text);
  SnapshotReader in{std::string(parts.line)};
  if (!in.next_is("line")) return nullptr;
  Group* const group = restore_line(in);
  in.restart(parts.slices);
  while (in.next_row()) line_of(group).slices.restore_row(in, tools_);
  return group;
}

void RowWindows::on_watermark(Timestamp now, Emitter& out) {
  if (now != kMaxTime) parts_.watermark = now;
  while (waiting_.is_ripe(now)) settle(waiting_.take(), out);
}

void RowWindows::settle(const WaitingEvent& event, Emitter& out) {
  keep_for_image(*event.group);
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

// The last one takes its place, which may be one whose turn has been.
void RowWindows::forget(Group* group) {
  keep_for_image(*group);
  Line& line = line_of(group);
  Group* const last = all_.back();
  if (last != group && line.place < image_next_) keep_for_image(*last);
  line_of(last).place = line.place;
  all_[line.place] = last;
  all_.pop_back();
  line.slices.clear(tools_);
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
    Group* group;       // null: it is on disk
    Fingerprint print;  // there
  };
  std::vector<Open> open;
  const auto note = [&](Group* group, const Fingerprint* cold) {
    keep_for_image(*group);
    Line& line = line_of(group);
    line.slices.drop_before(windows_.start(first_open(line)), tools_);
    if (line.starts.empty()) return;
    open.push_back({std::max(line.last, parts_.watermark), line.slices.first_seen(),
                    cold ? nullptr : group, cold ? *cold : Fingerprint{}});
  };
  const std::vector<Group*> groups = keys_.groups();
  for (Group* group : groups) note(group, nullptr);
  const auto note_cold = [&](const Fingerprint& print, std::uint64_t, std::string_view text) {
    Group* const group = warm_up(text);
    if (!group) return;
    note(group, &print);
    forget(group);
  };
  bool ok = !cold_ || cold_->visit(note_cold);
  std::ranges::sort(open, [](const Open& a, const Open& b) {
    return std::pair(a.end, a.first_seen) < std::pair(b.end, b.first_seen);
  });
  std::string text;
  for (const Open& one : open) {
    if (one.group) {
      write_incomplete(one.group, one.end, out);
      continue;
    }
    ok = ok && cold_->take(one.print, text);
    Group* const group = ok ? warm_up(text) : nullptr;
    if (!group) continue;
    write_incomplete(group, one.end, out);
    forget(group);
  }
  for (Group* group : groups) forget(group);
  if (cold_) cold_.emplace(spill_tools_);
  if (!ok) out.fail(kSpillUnreadable);
}

void RowWindows::write_incomplete(Group* group, Timestamp end, Emitter& out) {
  Line& line = line_of(group);
  std::int64_t number = first_open(line);
  for (const Timestamp start : line.starts) {
    line.slices.drop_before(windows_.start(number++), tools_);
    write(*group, start, end, true, out);
  }
}

void RowWindows::save(SnapshotWriter& out) const {
  parts_.save(out);
  const std::vector<Group*> groups = keys_.groups();
  const bool has_lines = visit_by_age(
      groups, cold_, [&](Group* group) { save_line(group, out); },
      [&](std::string_view text) { out.lines(TextOfLine::of(text).line); });
  SliceRows rows(parts_.aggregates, out);
  const bool has_slices = visit_by_age(
      groups, cold_, [&](Group* group) { line_of(group).slices.save(rows, *group); },
      [&](std::string_view text) { out.lines(TextOfLine::of(text).slices); });
  if (!has_lines || !has_slices) out.fail(kSpillUnreadable);
  waiting_.save(out);
}

void RowWindows::begin_image(SnapshotWriter& out) {
  parts_.save(out);
  image_out_ = &out;
  slice_image_.begin(out);
  image_next_ = 0;
  mark_ ^= 1;
  waiting_.begin_image(out);
}

// Its slices stand behind it, so that they are known when they are read.
void RowWindows::put_into_image(Group& group) {
  group.mark = mark_ & 1;
  save_line(&group, *image_out_);
  line_of(&group).slices.save(slice_image_, group);
}

bool RowWindows::continue_image(std::size_t entries) {
  for (; image_next_ < all_.size() && entries > 0; ++image_next_, --entries) {
    keep_for_image(*all_[image_next_]);
  }
  if (image_next_ < all_.size() || !waiting_.continue_image(entries)) return false;
  slice_image_.finish();
  return true;
}

void RowWindows::save_line(Group* group, SnapshotWriter& out) const {
  const Line& line = line_of(group);
  out.entry("line").field("rows", line.rows).field("last", line.last);
  out.field("first_seen", group->first_seen);
  save_key(out, *group);
  for (const Timestamp start : line.starts) out.entry("start").field("time", start);
}

// In an image, events that wait stand between others, maybe before their key.
Status RowWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  const auto group_of = [&](const GroupKey& key, std::uint64_t number) {
    Group* const known = find(key);
    Group* const group = known ? known : entered(keys_.group(key, number));
    ++line_of(group).waiting;
    return group;
  };
  while (restore_lines(in) || restore_slices(in) || waiting_.restore_some(in, group_of)) {
  }
  return in.status();
}

bool RowWindows::restore_lines(SnapshotReader& in) {
  if (!in.next_is("line")) return false;
  restore_line(in);
  if (parts_.restores_spilled && watch_.is_due()) relieve_memory();
  return true;
}

// From the current entry on.
Group* RowWindows::restore_line(SnapshotReader& in) {
  Group* group = entered(keys_.group(SavedKey(in).key(), 0));
  group->first_seen = in.unsigned_integer("first_seen");
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
  return group;
}

bool RowWindows::restore_slices(SnapshotReader& in) {
  if (!in.next_is(SliceFacts::kEntry)) return false;
  while (in.next_row()) {
    const SavedKey saved(in, SliceFacts::kCount + parts_.aggregates.state_count());
    Group* group = find(saved.key());
    if (group == nullptr) {
      in.fail("a slice of an unknown key");
      return false;
    }
    line_of(group).slices.restore_row(in, tools_);
    if (parts_.restores_spilled && watch_.is_due()) relieve_memory();
  }
  return true;
}

// In memory.
std::size_t RowWindows::held() const { return keys_.size() + waiting_.size(); }

void RowWindows::describe_state(std::string& json_members) const {
  const std::size_t cold = cold_ ? cold_->size() : 0;
  json_members += "\"groups\":" + std::to_string(keys_.size() + cold) +
                  ",\"waiting\":" + std::to_string(waiting_.size());
}

}  // namespace

WindowsPtr make_row_windows(const WindowOptions& options) {
  return std::make_unique<RowWindows>(options);
}

}  // namespace streamutils
