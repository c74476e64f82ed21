// SPDX-License-Identifier: Apache-2.0
#include "ops/join.h"

#include <algorithm>

#include "base/text.h"
#include "ops/join_parts.h"

namespace streamutils {
namespace {

constexpr char kBetween = '\n';  // between the values of a key: no value of one line holds it

constexpr std::size_t kMuchMemory = std::size_t{1} << 30;

Status check(const JoinOptions& options) {
  const JoinArguments& arguments = options.arguments;
  const bool right_alone = options.type == JoinType::right || options.type == JoinType::full;
  const bool enriches = arguments.kind == JoinKind::table || arguments.kind == JoinKind::asof;
  if (right_alone && enriches) {
    return Error{"--type right and full are for joins of two streams, not for 'table' and 'asof'"};
  }
  const bool name_is_key = std::any_of(arguments.left_keys.begin(), arguments.left_keys.end(),
                                       [&](const Path& key) { return key.text() == options.as; });
  if (name_is_key && !options.flat_prefix) {
    return Error{"--as: " + quote(options.as) + " is a key too"};
  }
  return {};
}

}  // namespace

std::optional<std::string_view> JoinKeyReader::read_in_line(const Record& record) const {
  if (fields_.size() != 1) return std::nullopt;
  const Value value = record.get(fields_.front());
  if (!is_canonical_key(value)) return std::nullopt;
  return value.raw();
}

std::optional<std::string_view> JoinKeyReader::read(const Record& record) {
  if (const auto key = read_in_line(record)) return key;
  key_.clear();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (i > 0) key_ += kBetween;
    const Value value = record.get(fields_[i]);
    if (!value.exists() || value.is(Kind::null)) return std::nullopt;
    append_key(key_, value);
  }
  return key_;
}

bool is_name_of(std::string_view raw_name, const Path& path) {
  std::string scratch;
  const std::string_view name = Value(Kind::string, raw_name).text(scratch);
  return path.steps().size() == 1 ? name == path.steps()[0] : name == path.text();
}

bool Tombstones::stands_aside(std::string_view raw_name) const {
  const auto is = [raw_name](const Path& path) { return is_name_of(raw_name, path); };
  if (std::any_of(keys_.begin(), keys_.end(), is)) return true;
  if (time_) return is(*time_);
  std::string scratch;
  const std::string_view name = Value(Kind::string, raw_name).text(scratch);
  return std::find(std::begin(kUsualTimes), std::end(kUsualTimes), name) != std::end(kUsualTimes);
}

bool Tombstones::deletes(const Record& record) const {
  if (record.line().find("null") == std::string_view::npos) return false;
  bool has_null = false;
  bool has_other = false;
  record.for_each([&](std::string_view raw_name, Value value) {
    if (stands_aside(raw_name)) return true;
    has_null = has_null || value.is(Kind::null);
    has_other = !value.is(Kind::null);
    return !has_other;
  });
  return has_null && !has_other;
}

void MemoryWarning::check(std::size_t bytes, std::string_view advice, Emitter& out) {
  if (said_ || bytes < kMuchMemory) return;
  said_ = true;
  out.say("the events that are held take more than 1 GiB; " + std::string(advice));
}

Result<OperatorPtr> make_join(JoinOptions options) {
  if (Status s = check(options); !s) return s.error();
  switch (options.arguments.kind) {
    case JoinKind::interval:
    case JoinKind::unbounded:
      return make_interval_join(std::move(options));
    case JoinKind::table:
      return make_table_join(std::move(options));
    case JoinKind::asof:
      return make_asof_join(std::move(options));
  }
  return Error{"no such join"};
}

}  // namespace streamutils
