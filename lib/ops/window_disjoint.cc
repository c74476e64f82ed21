// Tumbling windows, and sliding ones with gaps between them: an event is in one window or in none,
// so every window has a pane of its own, and closing it is writing it.
// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>
#include <utility>

#include "ops/window_kinds.h"
#include "ops/window_pane.h"
#include "ops/window_parts.h"
#include "ops/windower.h"

namespace streamutils {
namespace {

class DisjointWindows final : public Operator {
 public:
  explicit DisjointWindows(const WindowOptions& options)
      : parts_(options), windows_(fixed_windows(options)) {}

  Outcome on_record(const Record& record, Emitter& out) override;
  void on_watermark(Timestamp now, Emitter& out) override;
  void on_interrupt(Emitter& out) override;
  std::optional<std::string> output_time() const override { return "window_end"; }
  void set_time_style(TimeStyle style) override { parts_.rows.set_time_style(style); }
  bool has_state() const override { return true; }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  void describe_state(std::string& json_members) const override;

 private:
  struct Window {
    Timestamp start;
    Timestamp end;
    std::unique_ptr<Pane> pane;
  };

  // The window that holds t; null, and the outcome set, if there is none or it has closed.
  Window* window_of(Timestamp t, Outcome& outcome, Emitter& out);
  Window& open(std::int64_t number);
  void write(const Window& window, bool partial, Emitter& out);

  WindowParts parts_;
  FixedWindows windows_;
  std::map<std::int64_t, Window> open_;
  Window* latest_ = nullptr;     // the one of the last event, if it is open
  std::unique_ptr<Pane> spare_;  // of the window that closed last
};

Outcome DisjointWindows::on_record(const Record& record, Emitter& out) {
  Outcome outcome;
  GroupKey key;
  if (!parts_.read(record, out, key, outcome)) return outcome;
  Window* window = window_of(record.time(), outcome, out);
  if (window) parts_.aggregates.add(window->pane->block(key, parts_.events), out);
  return outcome;
}

DisjointWindows::Window* DisjointWindows::window_of(Timestamp t, Outcome& outcome, Emitter& out) {
  if (latest_ && latest_->start <= t && t < latest_->end) return latest_;
  const std::int64_t number = windows_.last(t);
  if (windows_.first(t) > number) {
    out.count("in a gap between windows");
    outcome.fate = Fate::dropped;
    return nullptr;
  }
  if (windows_.end(number) <= parts_.watermark) {
    outcome.fate = Fate::late;
    outcome.deadline = windows_.end(number);
    return nullptr;
  }
  return latest_ = &open(number);
}

DisjointWindows::Window& DisjointWindows::open(std::int64_t number) {
  const auto [place, is_new] = open_.try_emplace(number);
  Window& window = place->second;
  if (is_new) {
    window.start = windows_.start(number);
    window.end = windows_.end(number);
    window.pane = spare_ ? std::move(spare_) : std::make_unique<Pane>(parts_);
  }
  return window;
}

void DisjointWindows::on_watermark(Timestamp now, Emitter& out) {
  parts_.watermark = now;
  while (!open_.empty() && open_.begin()->second.end <= now) {
    Window& window = open_.begin()->second;
    write(window, false, out);
    window.pane->clear();
    spare_ = std::move(window.pane);
    open_.erase(open_.begin());
    latest_ = nullptr;
  }
}

void DisjointWindows::on_interrupt(Emitter& out) {
  for (const auto& [number, window] : open_) write(window, true, out);
}

void DisjointWindows::write(const Window& window, bool partial, Emitter& out) {
  parts_.rows.begin_window(window.start, window.end);
  for (const Group* group : window.pane->groups()) {
    parts_.rows.write(*group, group->state(), {.partial = partial}, out);
  }
}

void DisjointWindows::save(SnapshotWriter& out) const {
  parts_.save(out);
  for (const auto& [number, window] : open_) {
    out.entry("window").field("number", number);
    window.pane->save(out);
  }
}

Status DisjointWindows::restore(SnapshotReader& in) {
  parts_.restore(in);
  while (in.next_is("window")) open(in.integer("number")).pane->restore(in);
  return in.status();
}

void DisjointWindows::describe_state(std::string& json_members) const {
  std::size_t groups = 0;
  for (const auto& [number, window] : open_) groups += window.pane->groups().size();
  json_members +=
      "\"windows\":" + std::to_string(open_.size()) + ",\"groups\":" + std::to_string(groups);
}

}  // namespace

OperatorPtr make_disjoint_windows(const WindowOptions& options) {
  return std::make_unique<DisjointWindows>(options);
}

}  // namespace streamutils
