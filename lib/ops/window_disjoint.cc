// Tumbling windows, and sliding ones with gaps between them: an event is in one window or in none,
// so every window has a pane of its own, and closing it is writing it.
//
// What leaves besides the result at the close:
//
//     --every D   when the watermark passes a multiple of D, the windows that hold an event before
//                 it which no row has told of yet, marked partial
//     --grace D   a closed window is kept until the watermark is D past its end; an event that
//                 comes for it revises the row of its key
//     --fill      a row of nothing for each known key without events (window_fill.h)
//
// With --mem, the groups of windows that are larger than memory go to disk (window_spill.h).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/memory_watch.h"
#include "ops/spilled_keys.h"
#include "ops/window_fill.h"
#include "ops/window_kinds.h"
#include "ops/window_pane.h"
#include "ops/window_parts.h"
#include "ops/window_spill.h"
#include "ops/windower.h"

namespace streamutils {
namespace {

struct Window {
  Timestamp start{};
  Timestamp end{};
  std::unique_ptr<Pane> pane;
  std::unique_ptr<SpilledGroups> spilled;  // groups that are not in the pane; null: none
  std::unique_ptr<SpilledKeys> keys;       // null unless --mem has to keep to --max-keys
  Timestamp untold = kMaxTime;             // the least time of the events that no row has told of
  Revisions revisions;                     // of a closed window
};

class DisjointWindows final : public Windows {
 public:
  explicit DisjointWindows(const WindowOptions& options)
      : parts_(options),
        windows_(fixed_windows(options)),
        every_(options.every),
        grace_(options.grace),
        memory_(options.memory),
        spill_tools_(parts_.aggregates, options.make_scratch, memory_),
        image_(parts_.aggregates) {
    if (options.fill) known_.emplace(parts_, options.fill_for);
  }

  Outcome on_record(const Record& record, Emitter& out) override;
  bool foresees() const override {
    return parts_.keys.foresees() && latest_ && latest_->pane->is_large();
  }
  void foresee(std::span<const Record> records) override;
  void on_watermark(Timestamp now, Emitter& out) override;
  void on_interrupt(Emitter& out) override;
  void set_time_style(TimeStyle style) override { parts_.rows.set_time_style(style); }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  bool has_images() const override { return !memory_; }
  void begin_image(SnapshotWriter& out) override;
  bool continue_image(std::size_t entries) override;
  bool has_changes() const override;
  void begin_changes(SnapshotWriter& out) override;
  void describe_state(std::string& json_members) const override;
  std::size_t held() const override;

 private:
  using OpenWindows = std::map<std::int64_t, Window>;

  Outcome add_late(std::int64_t number, const GroupKey& key, Emitter& out);
  Window& open(OpenWindows& windows, std::int64_t number);
  // False if it is one key more than the window may have.
  bool admits(Window& window, const GroupKey& key) const {
    return !window.keys || window.keys->admit(key, *window.pane, parts_.max_keys);
  }
  void close(Timestamp now, Emitter& out);
  void forget_closed(Timestamp now);
  void fill_before(std::int64_t number, Timestamp now, Emitter& out);
  void write_early(Timestamp now, Emitter& out);
  void write(const Window& window, bool partial, Emitter& out);
  void check_memory(Emitter& out);
  void relieve_memory();
  std::size_t held_bytes() const;
  // Without --mem, what the states hold outside of their groups is not looked at: that is dear.
  std::size_t bytes_of(const Window& window) const {
    return memory_ ? window.pane->bytes() : window.pane->table_bytes();
  }
  void spill(Window& window);
  // Calls visit(group, revisions) for each group of the window, in the order in which they leave.
  template <typename Visit>
  bool for_each_group(const Window& window, const Visit& visit) const;
  void revise(Window& window, Group& group, Emitter& out);
  // What stands in front of the groups; of changes, which of the windows go on.
  void save_head(SnapshotWriter& out, bool changes = false) const;
  void begin(SnapshotWriter& out, bool changes);
  Window& restore_window(OpenWindows& before, OpenWindows& windows, SnapshotReader& in);
  template <typename Visit>
  void for_each_window(const Visit& visit) const;

  WindowParts parts_;
  FixedWindows windows_;
  std::optional<Duration> every_;
  Duration grace_;
  std::optional<KnownKeys> known_;
  OpenWindows open_;
  OpenWindows closed_;           // those that are kept for --grace
  Window* latest_ = nullptr;     // the one of the last event, if it is open
  std::unique_ptr<Pane> spare_;  // of the window that closed last
  std::int64_t next_fill_ = 0;   // the first window that has not been written, if any key is known
  Timestamp ticked_ = kMinTime;  // the multiple of --every that was passed last

  std::optional<std::size_t> memory_;
  SpillTools spill_tools_;
  MemoryWatch watch_;

  PaneImage image_;
};

// Nearly all events belong to the window of the last one.
void DisjointWindows::foresee(std::span<const Record> records) {
  parts_.keys.foresee(records, [this](std::uint32_t hash) {
    if (latest_) latest_->pane->prefetch(hash);
  });
  if (latest_) latest_->pane->prefetch(parts_.keys);
}

Outcome DisjointWindows::on_record(const Record& record, Emitter& out) {
  Outcome outcome;
  GroupKey key;
  if (!parts_.read(record, out, key, outcome)) return outcome;
  const Timestamp t = record.time();
  if (!latest_ || t < latest_->start || t >= latest_->end) {
    const std::int64_t number = windows_.last(t);
    if (windows_.first(t) > number) {
      out.count("in a gap between windows");
      outcome.fate = Fate::dropped;
      return outcome;
    }
    if (windows_.end(number) <= parts_.watermark) {
      outcome = add_late(number, key, out);
      return outcome;
    }
    latest_ = &open(open_, number);
  }
  std::byte* block = nullptr;
  if (admits(*latest_, key)) block = latest_->pane->block(key, parts_.events);
  if (!block) {
    outcome = parts_.refuse_key(out);
    return outcome;
  }
  parts_.aggregates.add(block, out);
  latest_->untold = std::min(latest_->untold, t);
  if (watch_.is_due()) check_memory(out);
  return outcome;
}

Outcome DisjointWindows::add_late(std::int64_t number, const GroupKey& key, Emitter& out) {
  const Timestamp end = windows_.end(number);
  if (plus(end, grace_) <= parts_.watermark) {
    Outcome late{.fate = Fate::late};
    late.deadline = plus(end, grace_);
    return late;
  }
  Window& window = open(closed_, number);
  if (!admits(window, key)) return parts_.refuse_key(out);
  Group* group = window.pane->group_within_limit(key, parts_.events);
  if (!group) return parts_.refuse_key(out);
  parts_.aggregates.add(group->state(), out);
  out.count("late, but within --grace");
  revise(window, *group, out);
  if (watch_.is_due()) check_memory(out);
  return {};
}

// What of the group is on disk is read, and stays there.
void DisjointWindows::revise(Window& window, Group& group, Emitter& out) {
  parts_.rows.begin_window(window.start, window.end);
  const std::uint64_t revision = ++window.revisions[&group];
  if (!window.spilled) return parts_.rows.write(group, group.state(), {.revision = revision}, out);
  FoundGroup found(parts_.aggregates);
  if (!window.spilled->find(group.key(), found)) return out.fail(kSpillUnreadable);
  found.add(group, revision);
  const RowMark mark{.revision = found.revisions()};
  parts_.rows.write(found.name(group.key()), found.states(), mark, out);
}

Window& DisjointWindows::open(OpenWindows& windows, std::int64_t number) {
  const auto [place, is_new] = windows.try_emplace(number);
  Window& window = place->second;
  if (is_new) {
    window.start = windows_.start(number);
    window.end = windows_.end(number);
    window.pane = spare_ ? std::move(spare_) : std::make_unique<Pane>(parts_);
    if (parts_.limits_spilled) window.keys = std::make_unique<SpilledKeys>();
  }
  return window;
}

void DisjointWindows::on_watermark(Timestamp now, Emitter& out) {
  parts_.watermark = now;
  close(now, out);
  if (known_ && now != kMaxTime) fill_before(windows_.first(now), now, out);
  if (every_ && now != kMaxTime) write_early(now, out);
  if (!closed_.empty()) forget_closed(now);
}

void DisjointWindows::close(Timestamp now, Emitter& out) {
  while (!open_.empty() && open_.begin()->second.end <= now) {
    const std::int64_t number = open_.begin()->first;
    Window& window = open_.begin()->second;
    if (known_) fill_before(number, now, out);
    write(window, false, out);
    if (known_) {
      known_->write_missing(window.start, window.end, out);
      next_fill_ = number + 1;
    }
    latest_ = nullptr;
    if (grace_ > Duration::zero()) {
      closed_.insert(open_.extract(open_.begin()));
    } else {
      window.pane->clear();
      spare_ = std::move(window.pane);
      open_.erase(open_.begin());
    }
  }
}

void DisjointWindows::forget_closed(Timestamp now) {
  while (!closed_.empty() && plus(closed_.begin()->second.end, grace_) <= now) {
    closed_.begin()->second.pane->finish_image();
    closed_.erase(closed_.begin());
  }
}

// Windows before this one that have ended and hold no events.
void DisjointWindows::fill_before(std::int64_t number, Timestamp now, Emitter& out) {
  for (; !known_->is_empty() && next_fill_ < number; ++next_fill_) {
    const Timestamp end = windows_.end(next_fill_);
    if (end > now) return;
    known_->write_missing(windows_.start(next_fill_), end, out);
  }
}

void DisjointWindows::write_early(Timestamp now, Emitter& out) {
  const Timestamp tick = floor_to(now, *every_);
  if (tick <= ticked_) return;
  ticked_ = tick;
  for (auto& [number, window] : open_) {
    if (window.untold >= tick) continue;
    write(window, true, out);
    window.untold = kMaxTime;
  }
}

void DisjointWindows::on_interrupt(Emitter& out) {
  for (const auto& [number, window] : open_) write(window, true, out);
}

// Keys become known with their windows.
void DisjointWindows::write(const Window& window, bool partial, Emitter& out) {
  parts_.rows.begin_window(window.start, window.end);
  const bool ok = for_each_group(window, [&](const Group& group, std::uint64_t) {
    parts_.rows.write(group, group.state(), {.partial = partial}, out);
    if (known_ && !partial) known_->note(group.group_key(), window.end);
  });
  if (!ok) out.fail(kSpillUnreadable);
}

template <typename Visit>
bool DisjointWindows::for_each_group(const Window& window, const Visit& visit) const {
  if (window.spilled) return window.spilled->visit(*window.pane, window.revisions, nullptr, visit);
  if (window.revisions.empty()) {
    for (const Group* group : window.pane->groups()) visit(*group, 0);
    return true;
  }
  for (const Group* group : window.pane->groups()) {
    const auto revised = window.revisions.find(group);
    visit(*group, revised == window.revisions.end() ? 0 : revised->second);
  }
  return true;
}

void DisjointWindows::check_memory(Emitter& out) {
  if (!memory_) return watch_.note_unbounded(held(), held_bytes(), out);
  relieve_memory();
  watch_.tell(out);
}

std::size_t DisjointWindows::held_bytes() const {
  std::size_t bytes = 0;
  for (const OpenWindows* windows : {&open_, &closed_}) {
    for (const auto& [number, window] : *windows) bytes += bytes_of(window);
  }
  return bytes;
}

void DisjointWindows::relieve_memory() {
  watch_.next_after(held());
  if (held_bytes() <= *memory_) return;
  Window* largest = nullptr;
  for (OpenWindows* windows : {&open_, &closed_}) {
    for (auto& [number, window] : *windows) {
      if (!largest || bytes_of(window) > bytes_of(*largest)) largest = &window;
    }
  }
  spill(*largest);
  watch_.note_disk(largest->spilled->disk_is_full());
}

void DisjointWindows::spill(Window& window) {
  if (!window.spilled) window.spilled = std::make_unique<SpilledGroups>(spill_tools_);
  if (window.keys) window.keys->note(*window.pane);
  window.spilled->spill(*window.pane, window.revisions);
}

// In the order of their entries.
template <typename Visit>
void DisjointWindows::for_each_window(const Visit& visit) const {
  for (const OpenWindows* windows : {&closed_, &open_}) {
    for (const auto& [number, window] : *windows) visit(window);
  }
}

void DisjointWindows::save_head(SnapshotWriter& out, bool changes) const {
  parts_.save(out);
  out.entry("disjoint").field("next_fill", next_fill_).field("ticked", ticked_);
  for (const OpenWindows* windows : {&closed_, &open_}) {
    for (const auto& [number, window] : *windows) {
      out.entry(windows == &closed_ ? "closed" : "window").field("number", number);
      out.field("untold", window.untold);
      if (changes) save_whether_it_goes_on(out, *window.pane);
    }
  }
}

void DisjointWindows::save(SnapshotWriter& out) const {
  save_head(out);
  PaneRows rows(parts_.aggregates, out);
  std::uint64_t pane = 0;
  for (const OpenWindows* windows : {&closed_, &open_}) {
    for (const auto& [number, window] : *windows) {
      const bool ok = for_each_group(window, [&](const Group& group, std::uint64_t revisions) {
        rows.write({pane, group.first_seen, revisions}, group, group.state());
      });
      if (!ok) out.fail(kSpillUnreadable);
      ++pane;
    }
  }
  if (known_) known_->save(out);
}

void DisjointWindows::begin_image(SnapshotWriter& out) { begin(out, false); }
void DisjointWindows::begin_changes(SnapshotWriter& out) { begin(out, true); }

void DisjointWindows::begin(SnapshotWriter& out, bool changes) {
  const auto begin_pane = changes ? &Pane::begin_changes : &Pane::begin_image;
  save_head(out, changes);
  if (known_ && !changes) known_->begin_image(out);
  image_.begin(out);
  std::uint64_t number = 0;
  for_each_window([&](const Window& window) {
    ((*window.pane).*begin_pane)(image_, number++, &window.revisions);
  });
}

bool DisjointWindows::has_changes() const {
  std::size_t changes = 0;
  for_each_window([&](const Window& window) { changes += window.pane->changes(); });
  const bool knows_keys = !known_ || !known_->have_changed();
  return has_images() && knows_keys && are_few(changes, held());
}

bool DisjointWindows::continue_image(std::size_t entries) {
  if (known_ && !known_->continue_image(entries)) return false;
  for (const OpenWindows* windows : {&closed_, &open_}) {
    for (const auto& [number, window] : *windows) {
      if (!window.pane->continue_image(entries)) return false;
    }
  }
  image_.finish();
  return true;
}

Status DisjointWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  if (!in.next_is("disjoint")) in.fail("no entry 'disjoint'");
  next_fill_ = in.integer("next_fill");
  ticked_ = in.time("ticked");
  std::vector<Window*> windows;
  std::vector<Pane*> panes;
  OpenWindows before = std::move(open_);
  before.merge(closed_);
  open_.clear();
  closed_.clear();
  for (const std::string_view entry : {"closed", "window"}) {
    while (in.next_is(entry)) {
      Window& window = restore_window(before, entry == "closed" ? closed_ : open_, in);
      windows.push_back(&window);
      panes.push_back(window.pane.get());
    }
  }
  PaneReader reader(std::move(panes),
                    [&](std::size_t pane, const Group& group, std::uint64_t revisions) {
                      if (revisions > 0) windows[pane]->revisions[&group] = revisions;
                      if (windows[pane]->keys) windows[pane]->keys->note(group);
                      if (parts_.restores_spilled && watch_.is_due()) relieve_memory();
                    });
  while (reader.read_some(in) || (known_ && known_->restore_some(in))) {
  }
  reader.finish();
  const bool has_ended = parts_.watermark == kMaxTime;
  if (known_ && !known_->is_empty() && !has_ended && windows_.end(next_fill_) <= parts_.watermark) {
    in.fail("a window to fill is in the past");
  }
  return in.status();
}

// before: those that were there, of which one may go on.
Window& DisjointWindows::restore_window(OpenWindows& before, OpenWindows& windows,
                                        SnapshotReader& in) {
  const std::int64_t number = in.integer("number");
  take_over(in, before, windows, number);
  Window& window = open(windows, number);
  window.untold = in.time("untold");
  return window;
}

std::size_t DisjointWindows::held() const {
  std::size_t groups = 0;
  for (const OpenWindows* windows : {&open_, &closed_}) {
    for (const auto& [number, window] : *windows) groups += window.pane->groups().size();
  }
  return groups;
}

void DisjointWindows::describe_state(std::string& json_members) const {
  json_members += "\"windows\":" + std::to_string(open_.size() + closed_.size()) +
                  ",\"groups\":" + std::to_string(held());
}

}  // namespace

WindowsPtr make_disjoint_windows(const WindowOptions& options) {
  return std::make_unique<DisjointWindows>(options);
}

}  // namespace streamutils
