// The table at each multiple of D of event time (--every D).
//
// Events come out of order, so when one comes it may belong to a later table than the next one to
// leave.  Events are therefore gathered by the period of D that holds their time, and a period is
// merged into the table when the watermark has reached its end:
//
//     table (all before B) | B .. B+D | B+D .. B+2D |        periods: few, one as a rule
//
// So a table holds exactly the events before its time, whatever the order in which they came within
// the disorder.  An event that is too late for its own table counts from the next one on: nothing
// is lost.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ops/group_parts.h"
#include "ops/window_pane.h"

namespace streamutils {
namespace {

constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

class GroupEvery final : public Operator {
 public:
  explicit GroupEvery(const GroupOptions& options)
      : parts_(options),
        every_(*options.every),
        changes_(options.changes),
        table_(parts_.aggregates, true),
        image_(parts_.aggregates) {}

  Outcome on_record(const Record& record, Emitter& out) override;
  bool foresees() const override { return parts_.keys.foresees() && table_.is_large(); }
  void foresee(std::span<const Record> records) override;
  void on_watermark(Timestamp now, Emitter& out) override;
  void on_interrupt(Emitter& out) override;
  std::optional<std::string> output_time() const override { return "window_end"; }
  void set_time_style(TimeStyle style) override { style_ = style; }
  bool has_state() const override { return true; }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  bool has_images() const override { return true; }
  void begin_image(SnapshotWriter& out) override;
  bool has_changes() const override;
  void begin_changes(SnapshotWriter& out) override;
  bool continue_image(std::size_t entries) override;
  void describe_state(std::string& json_members) const override;

 private:
  Timestamp end_of_period(Timestamp t) const { return plus(floor_to(t, every_), every_); }
  bool has_room(const GroupKey& key) const;
  Pane& period_that_ends(Timestamp end);
  void write(const Pane& period, Timestamp end, bool partial, Emitter& out);
  // An image, whole or of changes.
  void begin(SnapshotWriter& out, bool changes);

  GroupParts parts_;
  Duration every_;
  bool changes_;
  TimeStyle style_;
  Timestamp watermark_ = kMinTime;
  Pane table_;                                          // of all periods that have ended
  std::map<Timestamp, std::unique_ptr<Pane>> periods_;  // by their ends
  std::string head_;
  PaneImage image_;
};

Outcome GroupEvery::on_record(const Record& record, Emitter& out) {
  Outcome outcome;
  GroupKey key;
  if (!parts_.read(record, out, key, outcome)) return outcome;
  if (!has_room(key)) return parts_.refuse_key(out);
  Timestamp end = end_of_period(record.time());
  if (end <= watermark_) {
    outcome.late_partly = true;
    outcome.deadline = end;
    end = end_of_period(watermark_);
  }
  Group& group = period_that_ends(end).group(key, parts_.events);
  parts_.aggregates.add(group.state(), out);
  return outcome;
}

// Nearly all events belong to the latest period.
void GroupEvery::foresee(std::span<const Record> records) {
  const auto* const period = periods_.empty() ? nullptr : periods_.rbegin()->second.get();
  parts_.keys.foresee(records, [period](std::uint32_t hash) {
    if (period) period->prefetch(hash);
  });
  if (period) period->prefetch(parts_.keys);
}

// A key that is new in a period may be new in another one, too: then it takes two places of
// --max-keys until both periods have ended.
bool GroupEvery::has_room(const GroupKey& key) const {
  std::size_t keys = table_.groups().size();
  if (parts_.max_keys == kNoLimit || table_.find(key.canonical) != nullptr) return true;
  for (const auto& [end, period] : periods_) {
    if (period->find(key.canonical) != nullptr) return true;
    for (const Group* group : period->groups()) keys += table_.find(group->key()) == nullptr;
  }
  return keys < parts_.max_keys;
}

Pane& GroupEvery::period_that_ends(Timestamp end) {
  std::unique_ptr<Pane>& period = periods_[end];
  if (!period) period = std::make_unique<Pane>(parts_.aggregates, true);
  return *period;
}

void GroupEvery::on_watermark(Timestamp now, Emitter& out) {
  watermark_ = now;
  while (!periods_.empty() && periods_.begin()->first <= now) {
    const auto first = periods_.begin();
    table_.merge(*first->second);
    write(*first->second, first->first, false, out);
    first->second->finish_image();
    periods_.erase(first);
  }
}

void GroupEvery::on_interrupt(Emitter& out) {
  if (periods_.empty()) return;
  for (const auto& [end, period] : periods_) table_.merge(*period);
  const auto last = periods_.rbegin();
  write(*last->second, last->first, true, out);
}

void GroupEvery::write(const Pane& period, Timestamp end, bool partial, Emitter& out) {
  head_ = "{\"window_end\":";
  append_time(head_, end, style_);
  if (!changes_ || partial) {
    for (const Group* group : table_.groups()) parts_.write(*group, head_, partial, out);
    return parts_.end_table(out);
  }
  for (const Group* group : period.groups()) {
    parts_.write(table_.group(group->group_key(), 0), head_, partial, out);
  }
}

void GroupEvery::save(SnapshotWriter& out) const {
  parts_.save(out);
  out.entry("table").field("watermark", watermark_);
  for (const auto& [end, period] : periods_) out.entry("period").field("end", end);
  PaneRows rows(parts_.aggregates, out);
  std::uint64_t number = 0;
  table_.save(rows, number);
  for (const auto& [end, period] : periods_) period->save(rows, ++number);
}

bool GroupEvery::has_changes() const {
  std::size_t changes = table_.changes();
  std::size_t groups = table_.groups().size();
  for (const auto& [end, period] : periods_) {
    changes += period->changes();
    groups += period->groups().size();
  }
  return are_few(changes, groups);
}

void GroupEvery::begin_image(SnapshotWriter& out) { begin(out, false); }
void GroupEvery::begin_changes(SnapshotWriter& out) { begin(out, true); }

void GroupEvery::begin(SnapshotWriter& out, bool changes) {
  const auto begin_pane = changes ? &Pane::begin_changes : &Pane::begin_image;
  parts_.save(out);
  out.entry("table").field("watermark", watermark_);
  image_.begin(out);
  std::uint64_t number = 0;
  (table_.*begin_pane)(image_, number, nullptr);
  for (const auto& [end, period] : periods_) {
    out.entry("period").field("end", end);
    if (changes) save_whether_it_goes_on(out, *period);
    ((*period).*begin_pane)(image_, ++number, nullptr);
  }
}

bool GroupEvery::continue_image(std::size_t entries) {
  if (!table_.continue_image(entries)) return false;
  for (const auto& [end, period] : periods_) {
    if (!period->continue_image(entries)) return false;
  }
  image_.finish();
  return true;
}

Status GroupEvery::restore(SnapshotReader& in) {
  parts_.restore(in);
  if (!in.next_is("table")) return Error{"no entry 'table'"};
  watermark_ = in.time("watermark");
  std::vector<Pane*> panes = {&table_};
  auto before = std::exchange(periods_, {});
  while (in.next_is("period")) {
    const Timestamp end = in.time("end");
    take_over(in, before, periods_, end);
    panes.push_back(&period_that_ends(end));
  }
  PaneReader(std::move(panes)).read(in);
  return in.status();
}

void GroupEvery::describe_state(std::string& json_members) const {
  json_members += "\"groups\":" + std::to_string(table_.groups().size()) +
                  ",\"periods\":" + std::to_string(periods_.size());
}

}  // namespace

OperatorPtr make_group_every(const GroupOptions& options) {
  return std::make_unique<GroupEvery>(options);
}

}  // namespace streamutils
