// The table that leaves at the end, and its log of changes.
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "ops/group_parts.h"
#include "ops/window_pane.h"
#include "stream/previewed.h"

namespace streamutils {
namespace {

class GroupTotal final : public Previewed {
 public:
  explicit GroupTotal(const GroupOptions& options)
      : parts_(options),
        changes_(options.changes),
        groups_(parts_.aggregates, true, options.max_keys) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    Outcome outcome;
    GroupKey key;
    if (!parts_.read(record, out, key, outcome)) return outcome;
    Group* group = groups_.group_within_limit(key, parts_.events);
    if (group == nullptr) return parts_.refuse_key(out);
    parts_.aggregates.add(group->state(), out);
    if (changes_) parts_.write(*group, {}, false, out);
    return outcome;
  }

  void on_end(Emitter& out) override { write_all(false, out); }
  void on_interrupt(Emitter& out) override { write_all(true, out); }
  void preview(Emitter& out) override { write_all(false, out); }

  // A row at the end may carry any time that there was.
  Timestamp least_time_to_come(Timestamp w) const override { return changes_ ? w : kMinTime; }

  bool has_state() const override { return true; }
  bool outlives_end() const override { return true; }

  void save(SnapshotWriter& out) const override {
    parts_.save(out);
    groups_.save(out);
  }

  Status restore(SnapshotReader& in) override {
    parts_.restore(in);
    groups_.restore(in);
    return in.status();
  }

  void describe_state(std::string& json_members) const override {
    json_members += "\"groups\":" + std::to_string(groups_.groups().size());
  }

 private:
  void write_all(bool partial, Emitter& out) {
    if (changes_) return;
    for (const Group* group : groups_.groups()) parts_.write(*group, {}, partial, out);
    parts_.end_table(out);
  }

  GroupParts parts_;
  bool changes_;
  Pane groups_;
};

}  // namespace

OperatorPtr make_group_total(const GroupOptions& options) {
  return std::make_unique<GroupTotal>(options);
}

}  // namespace streamutils
