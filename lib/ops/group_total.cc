// The table that leaves at the end, and its log of changes.
//
// With --mem, groups that are more than memory has room for go to disk, as those of a window do
// (window_spill.h).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ops/group_parts.h"
#include "ops/steady_scratch.h"
#include "ops/window_pane.h"
#include "ops/window_spill.h"
#include "stream/previewed.h"

namespace streamutils {
namespace {

constexpr std::size_t kCheckInterval = 1 << 6;             // in events, at least
constexpr std::size_t kMuchMemory = std::size_t{4} << 30;  // is worth a message
constexpr std::string_view kUnreadable =
    "--mem: what was written to disk cannot be read again: rows are missing";

class GroupTotal final : public Previewed {
 public:
  explicit GroupTotal(const GroupOptions& options)
      : parts_(options),
        changes_(options.changes),
        groups_(parts_.aggregates, true, options.max_keys),
        memory_(options.memory),
        make_scratch_(options.make_scratch) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    Outcome outcome;
    GroupKey key;
    if (!parts_.read(record, out, key, outcome)) return outcome;
    Group* group = groups_.group_within_limit(key, parts_.events);
    if (group == nullptr) return parts_.refuse_key(out);
    parts_.aggregates.add(group->state(), out);
    if (changes_) parts_.write(*group, {}, false, out);
    if (--until_check_ == 0) check_memory(out);
    return outcome;
  }

  void on_end(Emitter& out) override { write_all(false, out); }
  void on_interrupt(Emitter& out) override { write_all(true, out); }
  // Groups on disk are not read for somebody who watches.
  void preview(Emitter& out) override {
    if (!spilled_) write_all(false, out);
  }

  // A row at the end may carry any time that there was.
  Timestamp least_time_to_come(Timestamp w) const override { return changes_ ? w : kMinTime; }

  bool has_state() const override { return true; }
  bool outlives_end() const override { return true; }

  void save(SnapshotWriter& out) const override {
    parts_.save(out);
    const bool ok =
        for_each_group([&](const Group& group) { save_group(group, parts_.aggregates, out); });
    if (!ok) out.fail(kUnreadable);
  }

  Status restore(SnapshotReader& in) override {
    parts_.restore(in);
    groups_.restore(in);
    if (memory_ && groups_.bytes() > *memory_) spill();
    return in.status();
  }

  void describe_state(std::string& json_members) const override {
    json_members += "\"groups\":" + std::to_string(groups_.groups().size());
    if (spilled_) json_members += ",\"spilled\":" + std::to_string(spilled_->bytes());
  }

 private:
  void write_all(bool partial, Emitter& out) {
    if (changes_) return;
    const bool ok =
        for_each_group([&](const Group& group) { parts_.write(group, {}, partial, out); });
    if (!ok) return out.fail(kUnreadable);
    parts_.end_table(out);
  }

  // In the order in which they were first seen.  False if some cannot be read again.
  template <typename Visit>
  bool for_each_group(const Visit& visit) const {
    if (spilled_) {
      spilled_->spill(groups_);
      return spilled_->visit(*sorting_, visit);
    }
    for (const Group* group : groups_.groups()) visit(*group);
    return true;
  }

  // The next look is not before as many events as a look costs.
  void check_memory(Emitter& out) {
    until_check_ = std::max(kCheckInterval, groups_.groups().size() / 4);
    if (memory_ && groups_.bytes() > *memory_) {
      spill();
      if (spilled_->disk_is_full())
        say_once("--mem: the disk takes no more groups, they stay in memory", out);
    } else if (!memory_ && groups_.table_bytes() > kMuchMemory) {
      say_once("the table holds more than 4 GiB of groups (--mem SIZE would use the disk)", out);
    }
  }

  void spill() {
    if (!spilled_) {
      sorting_ = std::make_unique<SteadyScratch>(make_scratch_());
      spilled_ = std::make_unique<SpilledGroups>(
          parts_.aggregates, std::make_unique<SteadyScratch>(make_scratch_()), *memory_ / 4);
    }
    spilled_->spill(groups_);
  }

  void say_once(std::string_view message, Emitter& out) {
    if (!std::exchange(has_said_memory_, true)) out.say(message);
  }

  GroupParts parts_;
  bool changes_;
  mutable Pane groups_;  // what is not on disk
  std::optional<std::size_t> memory_;
  MakeScratch make_scratch_;
  std::unique_ptr<SpilledGroups> spilled_;    // null: none
  std::unique_ptr<SteadyScratch> sorting_;    // more room, while the table is written
  std::size_t until_check_ = kCheckInterval;  // events until memory is looked at
  bool has_said_memory_ = false;
};

}  // namespace

OperatorPtr make_group_total(const GroupOptions& options) {
  return std::make_unique<GroupTotal>(options);
}

}  // namespace streamutils
