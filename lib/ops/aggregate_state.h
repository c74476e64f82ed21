// What the aggregates are made with: a State is a plain struct, and these make an Aggregate of it.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/decimal.h"
#include "ops/aggregate.h"

namespace streamutils {

// An Aggregate of a struct with kKind, add, merge, save, restore and bytes; with save_value if it
// has a way that is faster than that by its text.  How it is written is left to the derived class.
template <typename State>
class StateAggregate : public Aggregate {
  static_assert(alignof(State) <= 16);

 public:
  std::size_t size() const override { return sizeof(State); }
  void create(void* state) const override { new (state) State; }
  void destroy(void* state) const override { of(state).~State(); }
  bool is_trivial() const override { return std::is_trivially_destructible_v<State>; }
  bool can_copy() const override { return std::is_copy_constructible_v<State>; }
  void copy(void* state, const void* other) const override {
    if constexpr (std::is_copy_constructible_v<State>) new (state) State(of(other));
  }
  PackedKind packed_kind() const override {
    if constexpr (requires { State::kPacked; }) return State::kPacked;
    return PackedKind::none;
  }
  Taken add(void* state, const Observation& seen) const override { return of(state).add(seen); }
  void merge(void* state, const void* other) const override { of(state).merge(of(other)); }
  void save(const void* state, std::string& out) const override { of(state).save(out); }
  bool restore(void* state, std::string_view text) const override {
    return of(state).restore(text);
  }
  void save_value(const void* state, RowText& row) const override {
    if constexpr (requires { of(state).save_value(row); }) {
      of(state).save_value(row);
    } else {
      Aggregate::save_value(state, row);
    }
  }
  std::size_t bytes(const void* state) const override { return of(state).bytes(); }
  std::string_view state_kind() const override { return State::kKind; }

 protected:
  static State& of(void* state) { return *static_cast<State*>(state); }
  static const State& of(const void* state) { return *static_cast<const State*>(state); }
};

// An Aggregate whose results are written by a function of the state.
template <typename State, void (*kWrite)(const State&, std::string&)>
class PlainAggregate final : public StateAggregate<State> {
 public:
  void write(const void* state, const Closing&, std::string& out, Emitter&) const override {
    kWrite(StateAggregate<State>::of(state), out);
  }
};

template <typename State, void (*kWrite)(const State&, std::string&)>
Result<AggregatePtr> make_plain(const AggregateSpec&) {
  return AggregatePtr(std::make_unique<PlainAggregate<State, kWrite>>());
}

// The same for a state that writes itself; into memory too, if it can do that.
template <typename State>
class SimpleAggregate final : public StateAggregate<State> {
 public:
  void write(const void* state, const Closing&, std::string& out, Emitter&) const override {
    StateAggregate<State>::of(state).write(out);
  }
  char* write_short(const void* state, char* to) const override {
    if constexpr (requires(const State& one) { one.write_short(to); }) {
      return StateAggregate<State>::of(state).write_short(to);
    }
    return nullptr;
  }
};

template <typename State>
Result<AggregatePtr> make_simple(const AggregateSpec&) {
  return AggregatePtr(std::make_unique<SimpleAggregate<State>>());
}

// What a std::string has allocated.
inline std::size_t bytes_of(const std::string& text) {
  return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
}

// --- Reading what save() wrote -------------------------------------------------------------------

// All of the text as an integer.
template <typename Integer>
bool read_integer(std::string_view text, Integer& n) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc() && end == text.data() + text.size();
}

// "a b" -> a, b; false without a space.
inline bool split_at_space(std::string_view text, std::string_view& head, std::string_view& tail) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return false;
  head = text.substr(0, space);
  tail = text.substr(space + 1);
  return true;
}

// Takes the integer at the front of the text and the space behind it; false if there is none.
template <typename Integer>
bool take_integer(std::string_view& text, Integer& n) {
  std::string_view head;
  std::string_view tail;
  if (!split_at_space(text, head, tail) || !read_integer(head, n)) return false;
  text = tail;
  return true;
}

// The same for a finite number; written by append_double, it comes back as it was.
inline bool take_double(std::string_view& text, double& d) {
  std::string_view head;
  std::string_view tail;
  if (!split_at_space(text, head, tail) || !is_number(head)) return false;
  const std::optional<double> number = to_double(head);
  if (!number) return false;
  d = *number;
  text = tail;
  return true;
}

}  // namespace streamutils
