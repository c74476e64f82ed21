// SPDX-License-Identifier: Apache-2.0
#include "ops/group_key.h"

#include <algorithm>

#include "json/writer.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

constexpr char kBetween = '\n';  // between the values of a key

}  // namespace

auto KeyReader::read_ahead(const Record& record) -> const HashedKey* {
  const Value value = record.get(fields_.front());
  if (!record.ok() || !is_canonical_key(value)) return nullptr;
  return &foreseen_.add(record.line(), {value.raw(), GroupTable::hash_of(value.raw())});
}

void KeyReader::read_fields(const Record& record, GroupKey& key) {
  if (const HashedKey* known = foreseen_.take(record.line())) {
    key.canonical = known->key;
    key.hash = known->hash;
    return;
  }
  if (fields_.size() == 1) {
    const Value value = record.get(fields_.front());
    if (is_canonical_key(value)) {
      key.canonical = value.raw();
      return;
    }
  }
  canonical_.clear();
  spelling_.clear();
  bool same = true;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (i > 0) {
      canonical_ += kBetween;
      spelling_ += kBetween;
    }
    const Value value = record.get(fields_[i]);
    const std::size_t begin = canonical_.size();
    append_key(canonical_, value);
    same = same && std::string_view(canonical_).substr(begin) == value.raw();
    spelling_ += value.raw();
  }
  key.canonical = canonical_;
  if (!same) key.spelling = spelling_;
}

KeyMembers::KeyMembers(const std::vector<Path>& fields) {
  for (const Path& field : fields) {
    std::string label = ",";
    append_json_string(label, field.text());
    labels_.push_back(label + ':');
  }
}

void KeyMembers::append_to(std::string& row, const Group& group) const {
  std::string_view spelling = group.spelling();
  if (labels_.size() == 1) {
    if (!spelling.empty()) row.append(labels_.front()).append(spelling);
    return;
  }
  for (const std::string& label : labels_) {
    const std::size_t length = std::min(spelling.find(kBetween), spelling.size());
    if (length > 0) row.append(label).append(spelling.substr(0, length));
    spelling.remove_prefix(std::min(length + 1, spelling.size()));
  }
}

void save_key(SnapshotWriter& out, const Group& group) {
  const GroupKey key = group.group_key();
  save_bytes(out, "key", key.canonical);
  if (!key.spelling.empty()) save_bytes(out, "spelling", key.spelling);
}

void save_key_values(RowText& row, const GroupKey& key) {
  save_bytes(row, key.canonical);
  if (!key.spelling.empty()) save_bytes(row, key.spelling);
}

SavedKey::SavedKey(SnapshotReader& in, std::size_t first) : canonical(restore_bytes(in, first)) {
  if (in.row_size() > first + 1) spelling = restore_bytes(in, first + 1);
}

SavedKey::SavedKey(SnapshotReader& in) : canonical(restore_bytes(in, "key")) {
  const bool spelled = in.json("spelling").exists() || in.json("spelling_hex").exists();
  if (spelled) spelling = restore_bytes(in, "spelling");
}

}  // namespace streamutils
