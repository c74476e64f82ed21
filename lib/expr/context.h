// Context: what an evaluation works with, kept from event to event.
//
// The arena for what it builds, the event and the variables in front of it, compiled regular
// expressions and time zones.  One per thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "expr/arena.h"
#include "expr/container.h"
#include "expr/error.h"
#include "expr/number.h"
#include "expr/value.h"
#include "json/record.h"
#include "re2/re2.h"

namespace streamutils::expr {

// Compiles a pattern quietly; nullptr if it is none.
std::unique_ptr<re2::RE2> compile_regex(std::string_view pattern, std::string* why = nullptr);

class Context {
 public:
  // Steps of loops that one evaluation may take.
  static constexpr std::uint64_t kMaxSteps = 20'000'000;

  Arena& arena() { return arena_; }

  // Starts on another event; nullptr for none.  Forgets all values and variables.
  void begin(const Record* record);

  // --- Names
  // ---------------------------------------------------------------------------------------

  // A variable, or else a member of the event; nothing if there is neither.
  std::optional<Value> lookup(std::string_view name) {
    if (!variables_.empty()) {
      if (const Variable* v = find_variable(name))
        return v->exists ? std::optional(v->value) : std::nullopt;
    }
    return member(name);
  }

  // The same, with an error (no_such_field) for nothing.
  Value field(const WantedName& name) {
    if (variables_.empty() && record_ != nullptr) {
      const std::string_view raw = record_->raw(name);
      std::uint32_t few;
      int places;
      if (digits::read_padded_number(raw, few, places)) return decimal_number(few, places);
      return from_json(arena_, record_->checked(raw));
    }
    const auto found = lookup(name.text());
    return found ? *found : fail(ErrorKind::no_such_field);
  }

  // The double that a member spells, if it is a short number and no variable stands in front of the
  // event; false says nothing.
  bool short_number(const WantedName& name, double& number) const {
    std::uint32_t few;
    int places;
    if (!variables_.empty() || record_ == nullptr) return false;
    if (!digits::read_padded_number(record_->raw(name), few, places)) return false;
    number = few;
    if (places > 0) number /= kPowersOfTen[static_cast<std::size_t>(places)];
    return true;
  }

  // The event with the variables laid over it, as a map.
  Value whole_event();

  // The value at a path, found as Record::get finds it, variables first.
  std::optional<Value> at_path(const Path& path);

  void set_variable(std::string_view name, Value value) { put_variable(name, value, true); }
  void hide_field(std::string_view name) { put_variable(name, Value::null(), false); }
  bool has_variables() const { return !variables_.empty(); }

  // --- Kept things
  // ---------------------------------------------------------------------------------

  // The pattern, compiled; nullptr if it is none.  Valid until the next call.
  const re2::RE2* regex(std::string_view pattern);

  // "Europe/Paris", "+02:00", "02:00", "UTC", "".
  std::optional<absl::TimeZone> zone(std::string_view name);

  // --- Limits
  // --------------------------------------------------------------------------------------

  // Counts a step; false once there have been too many.
  bool step() { return ++steps_ <= kMaxSteps; }
  // Starts the count of steps of another evaluation.
  void restart_steps() { steps_ = 0; }

 private:
  struct Variable {
    std::string_view name;
    Value value;
    bool exists;
  };

  std::optional<Value> member(std::string_view name);
  const Variable* find_variable(std::string_view name) const;
  void put_variable(std::string_view name, Value value, bool exists);

  Arena arena_;
  const Record* record_ = nullptr;
  std::vector<Variable> variables_;
  std::uint64_t steps_ = 0;
  absl::flat_hash_map<std::string, std::unique_ptr<re2::RE2>> regexes_;
  absl::flat_hash_map<std::string, absl::TimeZone> zones_;
};

}  // namespace streamutils::expr
