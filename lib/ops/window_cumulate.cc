// Cumulating windows: the same start, one end after the other.
//
//     SIZE 1h, STEP 15m     |---|
//                           |-------|
//                           |-----------|
//                           |---------------|---|
//                                           |-------|
//
// An event counts in the window of its own step and in all later ones of its SIZE.  It is
// aggregated once, into a pane of its step; when a step ends, its pane is merged into what all
// steps before it came to, and that is the result.  So an event that is late for its own step joins
// the step that is open: the later windows are the same.
//
// With --mem, what does not fit into memory of steps and sums goes to disk (window_spill.h).  The
// runs of a step join those of the sum when it ends, and are read for each of the windows that hold
// it, as their groups are written.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "ops/change_count.h"
#include "ops/memory_watch.h"
#include "ops/spilled_keys.h"
#include "ops/window_kinds.h"
#include "ops/window_pane.h"
#include "ops/window_parts.h"
#include "ops/window_spill.h"
#include "ops/windower.h"

namespace streamutils {
namespace {

struct Span {
  Timestamp start;
  Timestamp end;
};

// Cuts a span of SIZE into steps; the last one may be shorter.
class Steps {
 public:
  explicit Steps(const WindowOptions& options) {
    const WindowLength& step = options.arguments.window.slide;
    if (step.is_calendar()) {
      calendar_.emplace(step, step, options.offset, options.zone);
    } else {
      step_ = step.duration();
    }
  }

  // The step that holds t.  REQUIRES: whole.start <= t < whole.end.
  Span step(const Span& whole, Timestamp t) const {
    Span step{};
    if (calendar_) {
      const std::int64_t k = calendar_->last(t);
      step = {calendar_->start(k), calendar_->end(k)};
    } else {
      step.start = whole.start + (t - whole.start) / step_ * step_;
      step.end = plus(step.start, step_);
    }
    return {std::max(step.start, whole.start), std::min(step.end, whole.end)};
  }

 private:
  Duration step_{};
  std::optional<FixedWindows> calendar_;
};

// Groups, those that memory has no room for on disk.
struct Part {
  Part(const WindowParts& parts, std::size_t max_keys)
      : pane(parts.aggregates, !parts.keys.is_empty(), max_keys) {}

  bool is_empty() const { return pane.groups().empty() && !spilled; }

  Pane pane;
  std::unique_ptr<SpilledGroups> spilled;  // groups that are not in the pane; null: none
  std::unique_ptr<SpilledKeys> keys;       // null unless --mem has to keep to --max-keys
};

// The windows of one start.
struct Growing {
  Growing(Span the_span, const WindowParts& parts)
      : span(the_span), sum(parts, WindowOptions().max_keys) {}

  Span span;
  Part sum;  // of the steps that have ended, each of which kept to --max-keys
  Timestamp next = kMinTime;
  std::map<Timestamp, Part> steps;  // by their ends, which are not before `next`
};

class CumulatingWindows final : public Windows {
 public:
  explicit CumulatingWindows(const WindowOptions& options)
      : parts_(options),
        windows_(options.arguments.window.size, options.arguments.window.size, options.offset,
                 options.zone),
        steps_(options),
        memory_(options.memory),
        spill_tools_(parts_.aggregates, options.make_scratch, memory_),
        image_(parts_.aggregates) {}

  Outcome on_record(const Record& record, Emitter& out) override;
  bool foresees() const override {
    const Pane* pane = newest_pane();
    return parts_.keys.foresees() && pane && pane->is_large();
  }
  void foresee(std::span<const Record> records) override {
    const Pane* const pane = newest_pane();
    parts_.keys.foresee(records, [pane](std::uint32_t hash) {
      if (pane) pane->prefetch(hash);
    });
    if (pane) pane->prefetch(parts_.keys);
  }
  void on_watermark(Timestamp now, Emitter& out) override;
  void on_interrupt(Emitter& out) override;
  void set_time_style(TimeStyle style) override { parts_.rows.set_time_style(style); }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  bool has_images() const override { return !memory_; }
  void begin_image(SnapshotWriter& out) override { begin(out, false); }
  bool has_changes() const override;
  void begin_changes(SnapshotWriter& out) override { begin(out, true); }
  bool continue_image(std::size_t entries) override;
  void describe_state(std::string& json_members) const override;
  std::size_t held() const override;

 private:
  Growing& open(std::int64_t number);
  // Of the latest step, to which nearly all events belong; null if there is none.
  const Pane* newest_pane() const {
    if (open_.empty() || open_.rbegin()->second.steps.empty()) return nullptr;
    return &open_.rbegin()->second.steps.rbegin()->second.pane;
  }
  Part& step(Growing& growing, Timestamp step_end) {
    const auto [place, is_new] = growing.steps.try_emplace(step_end, parts_, parts_.max_in_pane);
    if (is_new && parts_.limits_spilled) place->second.keys = std::make_unique<SpilledKeys>();
    return place->second;
  }
  // False if it is one key more than the step may have.
  bool admits(const Part& step, const GroupKey& key) const {
    return !step.keys || step.keys->admit(key, step.pane, parts_.max_keys);
  }
  void end_step(Growing& growing, Part& step);
  // Ends the step at `end` and writes the window up to there.
  void end_step(Growing& growing, Timestamp end, bool partial, Emitter& out);
  // True if nothing more is to come of these windows.
  bool advance(Growing& growing, Timestamp now, Emitter& out);

  // Calls visit for each group, in the order in which they leave.
  template <typename Visit>
  bool for_each_group(const Part& part, const Visit& visit) const;
  template <typename Visit>
  void for_each_part(const Visit& visit);
  template <typename Visit>
  void for_each_part(const Visit& visit) const;
  // What stands in front of the groups; of changes, which of the panes go on.
  void save_head(SnapshotWriter& out, bool changes = false) const;
  void begin(SnapshotWriter& out, bool changes);
  void restore_window(std::map<std::int64_t, Growing>& before, SnapshotReader& in);
  void restore_steps(Growing& growing, SnapshotReader& in);

  void check_memory(Emitter& out);
  void relieve_memory();
  void spill(Part& part);

  WindowParts parts_;
  FixedWindows windows_;
  Steps steps_;
  std::map<std::int64_t, Growing> open_;

  std::optional<std::size_t> memory_;
  SpillTools spill_tools_;
  MemoryWatch watch_;

  PaneImage image_;
};

Growing& CumulatingWindows::open(std::int64_t number) {
  const auto known = open_.find(number);
  if (known != open_.end()) return known->second;
  const Span span{windows_.start(number), windows_.end(number)};
  return open_.try_emplace(number, span, parts_).first->second;
}

Outcome CumulatingWindows::on_record(const Record& record, Emitter& out) {
  Outcome outcome;
  GroupKey key;
  if (!parts_.read(record, out, key, outcome)) return outcome;
  const Timestamp t = record.time();
  const std::int64_t number = windows_.last(t);
  const Span span{windows_.start(number), windows_.end(number)};
  const Timestamp own_end = steps_.step(span, t).end;
  const bool missed = own_end <= parts_.watermark;
  if (missed) outcome.deadline = own_end;
  if (span.end <= parts_.watermark) {
    outcome.fate = Fate::late;
    return outcome;
  }
  outcome.late_partly = missed;
  const Timestamp end = missed ? steps_.step(span, parts_.watermark).end : own_end;
  Part& part = step(open(number), end);
  std::byte* block = admits(part, key) ? part.pane.block(key, parts_.events) : nullptr;
  if (!block) return parts_.refuse_key(out);
  parts_.aggregates.add(block, out);
  if (watch_.is_due()) check_memory(out);
  return outcome;
}

void CumulatingWindows::on_watermark(Timestamp now, Emitter& out) {
  parts_.watermark = now;
  while (!open_.empty() && advance(open_.begin()->second, now, out)) {
    open_.begin()->second.sum.pane.finish_image();
    open_.erase(open_.begin());
  }
}

bool CumulatingWindows::advance(Growing& growing, Timestamp now, Emitter& out) {
  while (true) {
    const bool is_empty = growing.sum.is_empty();
    if (is_empty && growing.steps.empty()) return false;
    const Timestamp end =
        is_empty ? growing.steps.begin()->first : steps_.step(growing.span, growing.next).end;
    if (end > now) return false;
    end_step(growing, end, false, out);
    if (end == growing.span.end) return true;
    growing.next = end;
  }
}

void CumulatingWindows::end_step(Growing& growing, Timestamp end, bool partial, Emitter& out) {
  const auto step = growing.steps.find(end);
  if (step != growing.steps.end()) {
    end_step(growing, step->second);
    step->second.pane.finish_image();
    growing.steps.erase(step);
  }
  parts_.rows.begin_window(growing.span.start, end);
  const bool ok = for_each_group(growing.sum, [&](const Group& group) {
    parts_.rows.write(group, group.state(), {.partial = partial}, out);
  });
  if (!ok) out.fail(kSpillUnreadable);
}

// What is on disk of one of them counts as earlier than what is in memory.
void CumulatingWindows::end_step(Growing& growing, Part& step) {
  if (step.spilled) {
    spill(growing.sum);
    growing.sum.spilled->absorb(*step.spilled);
  }
  growing.sum.pane.merge(step.pane);
}

template <typename Visit>
bool CumulatingWindows::for_each_group(const Part& part, const Visit& visit) const {
  if (part.spilled) {
    return part.spilled->visit(part.pane, [&](const Group& group, std::uint64_t) { visit(group); });
  }
  for (const Group* group : part.pane.groups()) visit(*group);
  return true;
}

// In the order in which snapshots number them.
template <typename Visit>
void CumulatingWindows::for_each_part(const Visit& visit) {
  for (auto& [number, growing] : open_) {
    visit(growing.sum);
    for (auto& [end, step] : growing.steps) visit(step);
  }
}

template <typename Visit>
void CumulatingWindows::for_each_part(const Visit& visit) const {
  for (const auto& [number, growing] : open_) {
    visit(growing.sum);
    for (const auto& [end, step] : growing.steps) visit(step);
  }
}

void CumulatingWindows::check_memory(Emitter& out) {
  std::size_t table_bytes = 0;
  for_each_part([&](const Part& part) { table_bytes += part.pane.table_bytes(); });
  if (!memory_) return watch_.note_unbounded(held(), table_bytes, out);
  relieve_memory();
  watch_.tell(out);
}

void CumulatingWindows::relieve_memory() {
  std::size_t bytes = 0;
  std::size_t most = 0;
  Part* largest = nullptr;
  for_each_part([&](Part& part) {
    const std::size_t size = part.pane.bytes();
    bytes += size;
    if (!largest || size > most) largest = &part;
    most = std::max(most, size);
  });
  if (bytes > *memory_) {
    spill(*largest);
    watch_.note_disk(largest->spilled->disk_is_full());
  }
  watch_.next_after(held());
}

void CumulatingWindows::spill(Part& part) {
  if (!part.spilled) part.spilled = std::make_unique<SpilledGroups>(spill_tools_);
  if (part.keys) part.keys->note(part.pane);
  if (!part.pane.groups().empty()) part.spilled->spill(part.pane);
}

// Of each start, the windows that hold events of their own.
void CumulatingWindows::on_interrupt(Emitter& out) {
  for (auto& [number, growing] : open_) {
    while (!growing.steps.empty()) end_step(growing, growing.steps.begin()->first, true, out);
  }
}

void CumulatingWindows::save_head(SnapshotWriter& out, bool changes) const {
  parts_.save(out);
  for (const auto& [number, growing] : open_) {
    out.entry("window").field("number", number).field("next", growing.next);
    if (changes) save_whether_it_goes_on(out, growing.sum.pane);
    for (const auto& [end, step] : growing.steps) {
      out.entry("step").field("end", end);
      if (changes) save_whether_it_goes_on(out, step.pane);
    }
  }
}

void CumulatingWindows::save(SnapshotWriter& out) const {
  save_head(out);
  PaneRows rows(parts_.aggregates, out);
  std::uint64_t pane = 0;
  for_each_part([&](const Part& part) {
    const bool ok = for_each_group(part, [&](const Group& group) {
      rows.write({pane, group.first_seen}, group, group.state());
    });
    if (!ok) out.fail(kSpillUnreadable);
    ++pane;
  });
}

void CumulatingWindows::begin(SnapshotWriter& out, bool changes) {
  const auto begin_pane = changes ? &Pane::begin_changes : &Pane::begin_image;
  save_head(out, changes);
  image_.begin(out);
  std::uint64_t pane = 0;
  for_each_part([&](Part& part) { (part.pane.*begin_pane)(image_, pane++, nullptr); });
}

bool CumulatingWindows::has_changes() const {
  std::size_t changes = 0;
  for_each_part([&](const Part& part) { changes += part.pane.changes(); });
  return has_images() && are_few(changes, held());
}

bool CumulatingWindows::continue_image(std::size_t entries) {
  bool is_complete = true;
  for_each_part(
      [&](Part& part) { is_complete = is_complete && part.pane.continue_image(entries); });
  if (is_complete) image_.finish();
  return is_complete;
}

Status CumulatingWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  auto before = std::exchange(open_, {});
  while (in.next_is("window")) restore_window(before, in);
  std::vector<Part*> parts;
  std::vector<Pane*> panes;
  for_each_part([&](Part& part) {
    parts.push_back(&part);
    panes.push_back(&part.pane);
  });
  PaneReader reader(std::move(panes), [&](std::size_t pane, const Group& group, std::uint64_t) {
    if (parts[pane]->keys) parts[pane]->keys->note(group);
    if (parts_.restores_spilled && watch_.is_due()) relieve_memory();
  });
  reader.read(in);
  for (const auto& [number, growing] : open_) {
    const bool inside = growing.span.start <= growing.next && growing.next < growing.span.end;
    if (!growing.sum.is_empty() && !inside) in.fail("'next' is outside of its window");
  }
  return in.status();
}

// before: those that were there, of which one may go on, as a whole or in part.
void CumulatingWindows::restore_window(std::map<std::int64_t, Growing>& before,
                                       SnapshotReader& in) {
  const std::int64_t number = in.integer("number");
  open_.insert(before.extract(number));
  Growing& growing = open(number);
  if (!in.json("goes_on").exists()) growing.sum.pane.clear();
  growing.next = in.time("next");
  restore_steps(growing, in);
}

void CumulatingWindows::restore_steps(Growing& growing, SnapshotReader& in) {
  auto before = std::exchange(growing.steps, {});
  while (in.next_is("step")) {
    const Timestamp end = in.time("end");
    take_over(in, before, growing.steps, end);
    if (end <= growing.span.start || end > growing.span.end) in.fail("a step outside");
    step(growing, end);
  }
}

std::size_t CumulatingWindows::held() const {
  std::size_t groups = 0;
  for (const auto& [number, growing] : open_) {
    groups += growing.sum.pane.groups().size();
    for (const auto& [end, step] : growing.steps) groups += step.pane.groups().size();
  }
  return groups;
}

void CumulatingWindows::describe_state(std::string& json_members) const {
  json_members +=
      "\"windows\":" + std::to_string(open_.size()) + ",\"groups\":" + std::to_string(held());
}

}  // namespace

WindowsPtr make_cumulating_windows(const WindowOptions& options) {
  return std::make_unique<CumulatingWindows>(options);
}

}  // namespace streamutils
