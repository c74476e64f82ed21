// Keys of groups: read from events, written into rows and snapshots.
//
// Both forms of a key, the canonical and the spelled one, are the values of its fields with a line
// feed between them, which no JSON value of one line can hold; a missing value is empty.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/path.h"
#include "json/record.h"
#include "ops/foreseen.h"
#include "ops/keyed.h"
#include "stream/row_text.h"
#include "stream/snapshot.h"

namespace streamutils {

// Reads the fields that a group shares.
class KeyReader {
 public:
  explicit KeyReader(std::vector<Path> fields) : fields_(std::move(fields)) {}

  bool is_empty() const { return fields_.empty(); }

  // The key of the record; valid until the next call, and no longer than the record.
  GroupKey read(const Record& record) {
    GroupKey key;
    read(record, key);
    return key;
  }
  void read(const Record& record, GroupKey& key) {
    key = {};
    if (!fields_.empty()) read_fields(record, key);
  }

  // Whether foresee() is of use.
  bool foresees() const { return fields_.size() == 1; }
  // Reads the keys of lines that come next, with their hashes; read() of such a line then costs
  // nothing.  Only keys that are one string without escapes, as most are.  Replaces those that were
  // foreseen before.  Calls visit(hash) for each as soon as it is known: what that begins to bring
  // near has come when the last one is read.
  template <typename Visit>
  void foresee(std::span<const Record> records, const Visit& visit) {
    foreseen_.clear();
    for (const Record& record : records) {
      if (const HashedKey* known = read_ahead(record)) visit(known->hash);
    }
  }
  // Calls visit(hash) for each that was foreseen.
  template <typename Visit>
  void for_each_hash(Visit visit) const {
    foreseen_.for_each([&](const HashedKey& key) { visit(key.hash); });
  }

 private:
  struct HashedKey {
    std::string_view key;
    std::uint32_t hash;
  };

  // Null if it is not one of those.
  const HashedKey* read_ahead(const Record& record);
  void read_fields(const Record& record, GroupKey& key);

  std::vector<Path> fields_;
  Foreseen<HashedKey> foreseen_;
  std::string canonical_;
  std::string spelling_;
};

// Writes keys into rows, as members under the paths of their fields; a missing one is left out.
class KeyMembers {
 public:
  explicit KeyMembers(const std::vector<Path>& fields);

  // Appends `,"region":"eu"` for each field.
  void append_to(std::string& row, const Group& group) const;
  // `,"region":` of the only field; empty if there are others, or none.
  std::string_view only_label() const {
    return labels_.size() == 1 ? std::string_view(labels_.front()) : std::string_view();
  }

 private:
  std::vector<std::string> labels_;
};

// The key of a group as fields of an entry.
void save_key(SnapshotWriter& out, const Group& group);

// The same as the last values of a row.
void save_key_values(RowText& row, const GroupKey& key);
inline void save_key_values(RowText& row, const Group& group) {
  save_key_values(row, group.group_key());
}
// Writes them, each with a comma behind it, if they are plain; else null.
// REQUIRES: room for key_room(key) bytes.
inline std::size_t key_room(const GroupKey& key) {
  return key.canonical.size() + key.spelling.size() + 2 * (kQuotesRoom + 1);
}
inline char* write_key_values(char* to, const GroupKey& key) {
  to = write_plain(to, key.canonical);
  if (to != nullptr) *to++ = ',';
  if (to == nullptr || key.spelling.empty()) return to;
  to = write_plain(to, key.spelling);
  if (to != nullptr) *to++ = ',';
  return to;
}

// The key in an entry that save_key has written to, or in a row from value `first` on.
struct SavedKey {
  explicit SavedKey(SnapshotReader& in);
  SavedKey(SnapshotReader& in, std::size_t first);
  GroupKey key() const { return {canonical, spelling}; }

  std::string canonical;
  std::string spelling;
};

}  // namespace streamutils
