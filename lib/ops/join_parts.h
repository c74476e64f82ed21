// What all kinds of joins share.  Private to ops/join*.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/path.h"
#include "json/record.h"
#include "ops/join.h"
#include "stream/operator.h"

namespace streamutils {

inline constexpr std::size_t kLeft = 0;
inline constexpr std::size_t kRight = 1;

// Reads the key of an event.
class JoinKeyReader {
 public:
  explicit JoinKeyReader(std::vector<Path> fields) : fields_(std::move(fields)) {}

  // Equal iff the keys are; nothing if one of the fields is null or missing, which matches nothing.
  // Valid until the next call, and no longer than the record.
  std::optional<std::string_view> read(const Record& record);

  // The same if the key stands in the line as it is: valid as long as that.  Else nothing.
  std::optional<std::string_view> read_in_line(const Record& record) const;

 private:
  std::vector<Path> fields_;
  std::string key_;
};

// Says once that memory has grown large.
class MemoryWarning {
 public:
  void check(std::size_t bytes, std::string_view advice, Emitter& out);

 private:
  bool said_ = false;
};

// Knows the rows of RIGHT that say that their key is gone: all members that are neither keys nor
// times are null, and there is one.
class Tombstones {
 public:
  explicit Tombstones(std::vector<Path> keys) : keys_(std::move(keys)) {}

  void set_time_member(const Path& member) { time_ = member; }
  bool deletes(const Record& record) const;

 private:
  bool stands_aside(std::string_view raw_name) const;

  std::vector<Path> keys_;
  std::optional<Path> time_;  // not known: one of the usual names
};

// True if this is the name of the member of the top level that the path leads to.
bool is_name_of(std::string_view raw_name, const Path& path);

inline constexpr std::string_view kTooManyKeys = "one key more than --max-keys";

OperatorPtr make_interval_join(JoinOptions options);
OperatorPtr make_table_join(JoinOptions options);
OperatorPtr make_asof_join(JoinOptions options);

}  // namespace streamutils
