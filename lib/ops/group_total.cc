// The table that leaves at the end, and its log of changes.
//
// With --mem, groups that are more than memory has room for go to disk, as those of a window do
// (window_spill.h).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "ops/group_parts.h"
#include "ops/memory_watch.h"
#include "ops/spilled_keys.h"
#include "ops/window_pane.h"
#include "ops/window_spill.h"
#include "stream/previewed.h"

namespace streamutils {
namespace {

class GroupTotal final : public Previewed {
 public:
  explicit GroupTotal(const GroupOptions& options)
      : parts_(options),
        changes_(options.changes),
        groups_(parts_.aggregates, true,
                options.memory ? GroupOptions().max_keys : options.max_keys),
        memory_(options.memory),
        spill_tools_(parts_.aggregates, options.make_scratch, memory_),
        image_(parts_.aggregates) {
    const bool is_limited = options.max_keys != GroupOptions().max_keys;
    if (is_limited && memory_) keys_ = std::make_unique<SpilledKeys>();
  }

  Outcome on_record(const Record& record, Emitter& out) override {
    Outcome outcome;
    GroupKey key;
    if (!parts_.read(record, out, key, outcome)) return outcome;
    if (keys_ && !keys_->admit(key, groups_, parts_.max_keys)) return parts_.refuse_key(out);
    Group* group = groups_.group_within_limit(key, parts_.events);
    if (group == nullptr) return parts_.refuse_key(out);
    parts_.aggregates.add(group->state(), out);
    if (changes_) parts_.write(*group, {}, false, out);
    if (watch_.is_due()) check_memory(out);
    return outcome;
  }

  bool foresees() const override { return parts_.keys.foresees() && groups_.is_large(); }
  void foresee(std::span<const Record> records) override {
    parts_.keys.foresee(records, [this](std::uint32_t hash) { groups_.prefetch(hash); });
    groups_.prefetch(parts_.keys);
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
    PaneRows rows(parts_.aggregates, out);
    const bool ok = for_each_group([&](const Group& group) {
      rows.write({0, group.first_seen}, group, group.state());
    });
    if (!ok) out.fail(kSpillUnreadable);
  }

  bool has_images() const override { return !memory_; }
  void begin_image(SnapshotWriter& out) override {
    parts_.save(out);
    image_.begin(out);
    groups_.begin_image(image_, 0);
  }
  bool has_changes() const override {
    return has_images() && are_few(groups_.changes(), groups_.groups().size());
  }
  void begin_changes(SnapshotWriter& out) override {
    parts_.save(out);
    image_.begin(out);
    groups_.begin_changes(image_, 0);
  }
  bool continue_image(std::size_t entries) override {
    if (!groups_.continue_image(entries)) return false;
    image_.finish();
    return true;
  }

  Status restore(SnapshotReader& in) override {
    parts_.restore(in);
    PaneReader reader({&groups_}, [this](std::size_t, const Group& group, std::uint64_t) {
      if (keys_) keys_->note(group);
      if (parts_.restores_spilled && watch_.is_due()) relieve_memory();
    });
    reader.read(in);
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
    if (!ok) return out.fail(kSpillUnreadable);
    parts_.end_table(out);
  }

  // In the order in which they were first seen.  False if some cannot be read again.
  template <typename Visit>
  bool for_each_group(const Visit& visit) const {
    if (spilled_) return spilled_->visit(groups_, [&](const Group& g, std::uint64_t) { visit(g); });
    for (const Group* group : groups_.groups()) visit(*group);
    return true;
  }

  void check_memory(Emitter& out) {
    if (!memory_) {
      return watch_.note_unbounded(groups_.groups().size(), groups_.table_bytes(), out);
    }
    relieve_memory();
    watch_.tell(out);
  }

  void relieve_memory() {
    watch_.next_after(groups_.groups().size());
    if (groups_.bytes() <= *memory_) return;
    spill();
    watch_.note_disk(spilled_->disk_is_full());
  }

  void spill() {
    if (!spilled_) spilled_ = std::make_unique<SpilledGroups>(spill_tools_);
    if (keys_) keys_->note(groups_);
    spilled_->spill(groups_);
  }

  GroupParts parts_;
  bool changes_;
  Pane groups_;  // what is not on disk
  std::optional<std::size_t> memory_;
  SpillTools spill_tools_;
  std::unique_ptr<SpilledGroups> spilled_;  // null: none
  std::unique_ptr<SpilledKeys> keys_;       // null unless --mem has to keep to --max-keys
  MemoryWatch watch_;
  PaneImage image_;
};

}  // namespace

OperatorPtr make_group_total(const GroupOptions& options) {
  return std::make_unique<GroupTotal>(options);
}

}  // namespace streamutils
