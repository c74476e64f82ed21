// SPDX-License-Identifier: Apache-2.0
#include "expr/context.h"

#include <charconv>

namespace streamutils::expr {
namespace {

// Enough for any expression that names its patterns; one that takes them from events starts over.
constexpr std::size_t kMaxKept = 256;

// "+02:00", "-08:00", "02:00".
std::optional<absl::TimeZone> fixed_zone(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  const auto digit = [&](std::size_t i) {
    return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : -1;
  };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0, 1, 3, 4}) {
    if (digit(i) < 0) return std::nullopt;
  }
  const int hours = digit(0) * 10 + digit(1);
  const int minutes = digit(3) * 10 + digit(4);
  if (hours > 23 || minutes > 59) return std::nullopt;
  const int seconds = (hours * 60 + minutes) * 60;
  return absl::FixedTimeZone(minus ? -seconds : seconds);
}

// steps[begin, end) with dots between.
std::string joined(const std::vector<std::string>& steps, std::size_t begin, std::size_t end) {
  std::string name = steps[begin];
  for (std::size_t i = begin + 1; i < end; ++i) (name += '.') += steps[i];
  return name;
}

// An array index as paths write it: digits without a sign.
std::optional<std::int64_t> array_index(std::string_view step) {
  std::int64_t i = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), i);
  const bool whole = error == std::errc() && end == step.data() + step.size();
  return whole && step.front() != '-' ? std::optional(i) : std::nullopt;
}

// What the steps from `at` on lead to; at every object the longest dotted name that is a key.
std::optional<Value> inside(Arena& arena, Value value, const std::vector<std::string>& steps,
                            std::size_t at, bool pointer) {
  while (at < steps.size()) {
    std::optional<Value> found;
    std::size_t used = 1;
    if (value.is(Kind::map)) {
      used = pointer ? 1 : steps.size() - at;
      while (!(found = find_member(arena, value, joined(steps, at, at + used))) && used > 1) --used;
    } else if (const auto i = array_index(steps[at]); value.is(Kind::list) && i) {
      found = element_at(arena, value, *i);
    }
    if (!found) return std::nullopt;
    value = *found;
    at += used;
  }
  return value;
}

}  // namespace

std::unique_ptr<re2::RE2> compile_regex(std::string_view pattern, std::string* why) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto regex =
      std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (regex->ok()) return regex;
  if (why != nullptr) *why = regex->error();
  return nullptr;
}

void Context::begin(const Record* record) {
  arena_.reset();
  variables_.clear();
  record_ = record;
}

std::optional<Value> Context::member(std::string_view name) {
  if (record_ == nullptr) return std::nullopt;
  const streamutils::Value json = record_->member(name);
  if (!json.exists()) return std::nullopt;
  return from_json(arena_, json);
}

const Context::Variable* Context::find_variable(std::string_view name) const {
  for (const Variable& v : variables_) {
    if (v.name == name) return &v;
  }
  return nullptr;
}

void Context::put_variable(std::string_view name, Value value, bool exists) {
  for (Variable& v : variables_) {
    if (v.name != name) continue;
    v.value = value;
    v.exists = exists;
    return;
  }
  variables_.push_back({arena_.copy(name), value, exists});
}

Value Context::whole_event() {
  static const Path kThis = *Path::parse("this");
  Value event = MapBuilder(arena_).finish();
  if (record_ != nullptr) {
    const streamutils::Value json = record_->get(kThis);
    if (!json.exists()) return fail(ErrorKind::damaged);
    event = from_json(arena_, json);
  }
  if (variables_.empty() || !event.is(Kind::map)) return event;
  MapBuilder merged(arena_);
  for (const Entry& e : entries(arena_, event)) {
    const Variable* v = find_variable(e.key.text());
    if (v == nullptr) merged.add(e.key, e.value);
    if (v != nullptr && v->exists) merged.add(e.key, v->value);
  }
  for (const Variable& v : variables_) {
    if (v.exists) merged.add(Value::string(v.name), v.value);
  }
  return merged.finish();
}

std::optional<Value> Context::at_path(const Path& path) {
  if (path.is_whole()) return whole_event();
  if (variables_.empty()) {
    if (record_ == nullptr) return std::nullopt;
    const streamutils::Value json = record_->get(path);
    return json.exists() ? std::optional(from_json(arena_, json)) : std::nullopt;
  }
  const auto& steps = path.steps();
  for (std::size_t n = path.is_pointer() ? 1 : steps.size(); n > 0; --n) {
    if (const auto found = lookup(joined(steps, 0, n))) {
      return inside(arena_, *found, steps, n, path.is_pointer());
    }
  }
  return std::nullopt;
}

const re2::RE2* Context::regex(std::string_view pattern) {
  const auto found = regexes_.find(absl::string_view(pattern.data(), pattern.size()));
  if (found != regexes_.end()) return found->second.get();
  if (regexes_.size() >= kMaxKept) regexes_.clear();
  return regexes_.emplace(std::string(pattern), compile_regex(pattern)).first->second.get();
}

std::optional<absl::TimeZone> Context::zone(std::string_view name) {
  if (name.empty() || name == "UTC" || name == "Z") return absl::UTCTimeZone();
  if (const auto fixed = fixed_zone(name)) return fixed;
  const auto found = zones_.find(absl::string_view(name.data(), name.size()));
  if (found != zones_.end()) return found->second;
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(std::string(name), &zone)) return std::nullopt;
  if (zones_.size() >= kMaxKept) zones_.clear();
  return zones_.emplace(std::string(name), zone).first->second;
}

}  // namespace streamutils::expr
