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
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "ops/window_kinds.h"
#include "ops/window_pane.h"
#include "ops/window_parts.h"
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

// The windows of one start.
struct Growing {
  Growing(Span the_span, const WindowParts& parts) : span(the_span), sum(parts) {}

  Span span;
  Pane sum;  // of the steps that have ended
  Timestamp next = kMinTime;
  std::map<Timestamp, std::unique_ptr<Pane>> steps;  // by their ends, which are not before `next`
};

class CumulatingWindows final : public Windows {
 public:
  explicit CumulatingWindows(const WindowOptions& options)
      : parts_(options),
        windows_(options.arguments.window.size, options.arguments.window.size, options.offset,
                 options.zone),
        steps_(options) {}

  Outcome on_record(const Record& record, Emitter& out) override;
  void on_watermark(Timestamp now, Emitter& out) override;
  void on_interrupt(Emitter& out) override;
  void set_time_style(TimeStyle style) override { parts_.rows.set_time_style(style); }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  void describe_state(std::string& json_members) const override;
  std::size_t held() const override;

 private:
  Growing& open(std::int64_t number);
  Pane& pane(Growing& growing, Timestamp step_end);
  // Ends the step at `end` and writes the window up to there.
  void end_step(Growing& growing, Timestamp end, bool partial, Emitter& out);
  // True if nothing more is to come of these windows.
  bool advance(Growing& growing, Timestamp now, Emitter& out);

  WindowParts parts_;
  FixedWindows windows_;
  Steps steps_;
  std::map<std::int64_t, Growing> open_;
};

Growing& CumulatingWindows::open(std::int64_t number) {
  const auto known = open_.find(number);
  if (known != open_.end()) return known->second;
  const Span span{windows_.start(number), windows_.end(number)};
  return open_.try_emplace(number, span, parts_).first->second;
}

Pane& CumulatingWindows::pane(Growing& growing, Timestamp step_end) {
  std::unique_ptr<Pane>& pane = growing.steps[step_end];
  if (!pane) pane = std::make_unique<Pane>(parts_);
  return *pane;
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
  Growing& growing = open(number);
  std::byte* block = pane(growing, end).block(key, parts_.events);
  if (!block) return parts_.refuse_key(out);
  parts_.aggregates.add(block, out);
  return outcome;
}

void CumulatingWindows::on_watermark(Timestamp now, Emitter& out) {
  parts_.watermark = now;
  while (!open_.empty() && advance(open_.begin()->second, now, out)) open_.erase(open_.begin());
}

bool CumulatingWindows::advance(Growing& growing, Timestamp now, Emitter& out) {
  while (true) {
    const bool is_empty = growing.sum.groups().empty();
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
    growing.sum.merge(*step->second);
    growing.steps.erase(step);
  }
  parts_.rows.begin_window(growing.span.start, end);
  for (const Group* group : growing.sum.groups()) {
    parts_.rows.write(*group, group->state(), {.partial = partial}, out);
  }
}

// Of each start, the windows that hold events of their own.
void CumulatingWindows::on_interrupt(Emitter& out) {
  for (auto& [number, growing] : open_) {
    while (!growing.steps.empty()) end_step(growing, growing.steps.begin()->first, true, out);
  }
}

void CumulatingWindows::save(SnapshotWriter& out) const {
  parts_.save(out);
  for (const auto& [number, growing] : open_) {
    out.entry("window").field("number", number).field("next", growing.next);
    growing.sum.save(out);
    for (const auto& [end, pane] : growing.steps) {
      out.entry("step").field("end", end);
      pane->save(out);
    }
  }
}

Status CumulatingWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  while (in.next_is("window")) {
    Growing& growing = open(in.integer("number"));
    growing.next = in.time("next");
    growing.sum.restore(in);
    const bool has_begun = !growing.sum.groups().empty();
    const bool inside = growing.span.start <= growing.next && growing.next < growing.span.end;
    if (has_begun && !inside) in.fail("'next' is outside of its window");
    while (in.next_is("step")) {
      const Timestamp end = in.time("end");
      if (end <= growing.span.start || end > growing.span.end) in.fail("a step outside");
      pane(growing, end).restore(in);
    }
  }
  return in.status();
}

std::size_t CumulatingWindows::held() const {
  std::size_t groups = 0;
  for (const auto& [number, growing] : open_) {
    groups += growing.sum.groups().size();
    for (const auto& [end, pane] : growing.steps) groups += pane->groups().size();
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
