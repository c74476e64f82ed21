// Enrichment: RIGHT is a table, read to its end before the first event of LEFT.
//
// The last row of a key stands for it.  A row deletes its key if all members of it that are neither
// keys nor times are null, and there is one: {"user":"ann","name":null}.  A table of keys alone,
// {"user":"ann"}, deletes nothing.
//
// A large table is not in the cache of the processor: a look-up waits for memory twice.  So the
// keys of some lines are read together, and what they lead to is fetched before the first of them
// is looked up.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/foreseen.h"
#include "ops/join_lookup.h"
#include "ops/join_output.h"
#include "ops/join_parts.h"
#include "ops/table_image.h"
#include "ops/table_rows.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

class TableJoin final : public Operator {
 public:
  explicit TableJoin(JoinOptions options)
      : options_(std::move(options)),
        keys_{JoinKeyReader(options_.arguments.left_keys),
              JoinKeyReader(options_.arguments.right_keys)},
        output_(options_),
        tombstones_(options_.arguments.right_keys) {
    foreseen_keys_.reserve(kForeseenKeys);
  }

  Outcome on_record(const Record& record, Emitter& out) override {
    return record.input() == kLeft ? enrich(record, out) : update(record, out);
  }

  void set_time_style(TimeStyle style) override { output_.set_time_style(style); }

  bool foresees() const override { return true; }
  void foresee(std::span<const Record> records) override {
    foreseen_.clear();
    foreseen_keys_.clear();
    foreseen_side_ = enriches_ ? kLeft : kRight;
    for (const Record& record : records) {
      const auto key = key_to_come(foreseen_side_, record);
      if (enriches_ && writes_pairs()) output_.read_left(record);
      if (!key || !record.ok()) continue;
      const std::uint32_t hash = table_.hash_of(*key);
      foreseen_.add(record.line(), {*key, hash});
      table_.prefetch_slot(hash);
    }
    if (!enriches_) return;
    foreseen_.for_each([this](const HashedKey& key) { table_.prefetch_row(key.hash); });
  }

  bool has_state() const override { return true; }

  void save(SnapshotWriter& out) const override {
    save_head(out);
    for (const TableRow* row : table_.all()) save_table_row(out, *row);
  }

  bool has_images() const override { return true; }
  void begin_image(SnapshotWriter& out) override {
    save_head(out);
    image_.begin(out);
  }
  bool continue_image(std::size_t entries) override { return image_.go_on(entries); }
  bool has_changes() const override { return image_.has_changes(); }
  void begin_changes(SnapshotWriter& out) override {
    save_head(out);
    image_.write_changes(out);
  }

  Status restore(SnapshotReader& in) override {
    if (!in.next_is("table")) return Error{"no entry 'table'"};
    number_ = in.unsigned_integer("number");
    while (restore_row(in) || restore_erased(in)) {
    }
    return in.status();
  }

  void describe_state(std::string& json) const override {
    json += "\"keys\":" + std::to_string(table_.size());
    json += ",\"bytes\":" + std::to_string(table_.bytes());
  }

 private:
  static constexpr std::size_t kForeseenKeys = std::size_t{1} << 14;

  struct HashedKey {
    std::string_view text;
    std::uint32_t hash;
  };

  void save_head(SnapshotWriter& out) const { out.entry("table").field("number", number_); }

  bool restore_row(SnapshotReader& in) {
    if (!in.next_is("row")) return false;
    const std::string key = restore_bytes(in, "key");
    table_.put(key, restore_bytes(in, "text"), in.unsigned_integer("number"));
    return true;
  }
  bool restore_erased(SnapshotReader& in) {
    if (!in.next_is("erased")) return false;
    table_.erase(restore_bytes(in, "key"));
    return true;
  }

  bool writes_pairs() const {
    return options_.type == JoinType::inner || options_.type == JoinType::left;
  }

  Outcome update(const Record& record, Emitter& out) {
    const auto key = read_key(kRight, record);
    const bool deletes = key && tombstones_.deletes(record);
    text_.clear();
    if (key && !deletes && writes_pairs()) {
      output_.read_right(record);
      output_.append_right(text_, record);
    }
    if (!record.ok()) return {.fate = Fate::bad};
    if (!key) {
      out.count("RIGHT without a key");
      return {.fate = Fate::dropped};
    }
    image_.finish();
    if (deletes) {
      image_.note_erase(key->text);
      table_.erase(key->text, key->hash);
      return {};
    }
    const bool full = options_.max_keys && table_.size() >= *options_.max_keys;
    if (full && find(*key) == nullptr) return {.fate = Fate::bad, .reason = kTooManyKeys};
    image_.note_put(key->text, text_, number_);
    table_.put(key->text, key->hash, text_, number_++);
    return {};
  }

  // Stays as long as the line does: what does not stand there as it is is copied, while there is
  // room.
  std::optional<std::string_view> key_to_come(std::size_t side, const Record& record) {
    if (const auto key = keys_[side].read_in_line(record)) return key;
    const auto key = keys_[side].read(record);
    const std::size_t begin = foreseen_keys_.size();
    if (!key || key->size() > foreseen_keys_.capacity() - begin) return std::nullopt;
    foreseen_keys_ += *key;
    return std::string_view(foreseen_keys_).substr(begin);
  }
  const HashedKey* foreseen(std::size_t side, const Record& record) {
    return side == foreseen_side_ ? foreseen_.take(record.line()) : nullptr;
  }
  std::optional<HashedKey> read_key(std::size_t side, const Record& record) {
    if (const HashedKey* seen = foreseen(side, record)) return *seen;
    const auto key = keys_[side].read(record);
    if (!key) return std::nullopt;
    return HashedKey{*key, table_.hash_of(*key)};
  }

  const TableRow* find(const HashedKey& key) const { return table_.find(key.text, key.hash); }

  Outcome enrich(const Record& record, Emitter& out) {
    enriches_ = true;
    if (const HashedKey* seen = foreseen(kLeft, record)) {
      return write(record.line(), find(*seen), out);
    }
    const auto key = read_key(kLeft, record);
    if (writes_pairs()) output_.read_left(record);
    if (!record.ok()) return {.fate = Fate::bad};
    if (!key) out.count("LEFT without a key");
    return write(record.line(), key ? find(*key) : nullptr, out);
  }

  Outcome write(std::string_view line, const TableRow* row, Emitter& out) {
    const bool found = row != nullptr;
    const bool passes = options_.type == JoinType::semi    ? found
                        : options_.type == JoinType::inner ? false
                                                           : !found;
    if (found && writes_pairs()) {
      output_.write_match(line, row->text(), out);
    } else if (passes) {
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
  JoinLookup table_;
  TableImage image_{table_};
  std::uint64_t number_ = 0;
  bool enriches_ = false;  // the table has been read
  std::size_t foreseen_side_ = kRight;
  Foreseen<HashedKey> foreseen_;  // of that side
  std::string foreseen_keys_;     // those that are no part of their lines; never gets more room
};

}  // namespace

OperatorPtr make_table_join(JoinOptions options) {
  return std::make_unique<TableJoin>(std::move(options));
}

}  // namespace streamutils
