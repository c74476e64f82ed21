// Enrichment: RIGHT is a table, read to its end before the first event of LEFT.
//
// The last row of a key stands for it.  A row deletes its key if all members of it that are neither
// keys nor times are null, and there is one: {"user":"ann","name":null}.  A table of keys alone,
// {"user":"ann"}, deletes nothing.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "ops/join_output.h"
#include "ops/join_parts.h"
#include "ops/join_rows.h"
#include "ops/snapshot_bytes.h"

namespace streamutils {
namespace {

struct alignas(16) Entry {
  JoinRow* row;
};

Entry& entry_of(Group& group) { return *reinterpret_cast<Entry*>(group.state()); }

class TableJoin final : public Operator {
 public:
  explicit TableJoin(JoinOptions options)
      : options_(std::move(options)),
        keys_{JoinKeyReader(options_.arguments.left_keys),
              JoinKeyReader(options_.arguments.right_keys)},
        output_(options_),
        tombstones_(options_.arguments.right_keys),
        groups_(sizeof(Entry)) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    return record.input() == kLeft ? enrich(record, out) : update(record, out);
  }

  void set_time_style(TimeStyle style) override { output_.set_time_style(style); }

  bool has_state() const override { return true; }

  void save(SnapshotWriter& out) const override {
    out.entry("table").field("number", number_);
    for (const JoinRow* row : rows_.all()) {
      out.entry("row").field("number", row->number);
      save_bytes(out, "key", row->group->key());
      save_bytes(out, "text", row->text());
    }
  }

  Status restore(SnapshotReader& in) override {
    if (!in.next_is("table")) return Error{"no entry 'table'"};
    number_ = in.unsigned_integer("number");
    while (in.next_is("row")) {
      const std::string key = restore_bytes(in, "key");
      put(key, restore_bytes(in, "text"), in.unsigned_integer("number"));
    }
    return in.status();
  }

  void describe_state(std::string& json) const override {
    json += "\"keys\":" + std::to_string(groups_.size());
    json += ",\"bytes\":" + std::to_string(rows_.bytes() + groups_.bytes());
  }

 private:
  Outcome update(const Record& record, Emitter& out) {
    const auto key = keys_[kRight].read(record);
    const bool deletes = key && tombstones_.deletes(record);
    text_.clear();
    const bool needs_text = options_.type == JoinType::inner || options_.type == JoinType::left;
    if (key && !deletes && needs_text) output_.append_right(text_, record);
    if (!record.ok()) return {.fate = Fate::bad};
    if (!key) {
      out.count("RIGHT without a key");
      return {.fate = Fate::dropped};
    }
    if (deletes) {
      erase(*key);
      return {};
    }
    const bool full = options_.max_keys && groups_.size() >= *options_.max_keys;
    if (full && groups_.find(*key) == nullptr) {
      return {.fate = Fate::bad, .reason = kTooManyKeys};
    }
    put(*key, text_, number_++);
    return {};
  }

  void put(std::string_view key, std::string_view text, std::uint64_t number) {
    const auto [group, is_new] = groups_.find_or_add({key, {}});
    JoinRow*& row = entry_of(*group).row;
    if (!is_new) {
      number = row->number;
      rows_.free(row);
    }
    row = rows_.make({}, text);
    row->group = group;
    row->number = number;
  }

  void erase(std::string_view key) {
    Group* group = groups_.find(key);
    if (group == nullptr) return;
    rows_.free(entry_of(*group).row);
    groups_.erase(group);
  }

  Outcome enrich(const Record& record, Emitter& out) {
    const auto key = keys_[kLeft].read(record);
    if (!record.ok()) return {.fate = Fate::bad};
    Group* group = key ? groups_.find(*key) : nullptr;
    if (!key) out.count("LEFT without a key");
    const std::string_view line = record.line();
    const bool found = group != nullptr;
    const bool plain = options_.type == JoinType::semi ? found
                       : options_.type == JoinType::inner
                           ? false
                           : !found;  // left and anti: those without a partner
    if (found && (options_.type == JoinType::inner || options_.type == JoinType::left)) {
      output_.write_match(line, entry_of(*group).row->text(), out);
    } else if (plain) {
      output_.write_left(line, false, out);
    } else {
      return {.fate = Fate::dropped};
    }
    return {};
  }

  JoinOptions options_;
  JoinKeyReader keys_[2];
  JoinOutput output_;
  Tombstones tombstones_;
  std::string text_;  // scratch
  JoinRows rows_;
  GroupTable groups_;
  std::uint64_t number_ = 0;
};

}  // namespace

OperatorPtr make_table_join(JoinOptions options) {
  return std::make_unique<TableJoin>(std::move(options));
}

}  // namespace streamutils
