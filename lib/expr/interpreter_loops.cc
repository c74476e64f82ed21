// The macros with variables: all, exists, filter, map, transform…, sortBy.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "expr/compare.h"
#include "expr/container.h"
#include "expr/error.h"
#include "expr/interpreter.h"
#include "expr/list_order.h"
#include "expr/number.h"

namespace streamutils::expr {

Value Interpreter::loop(const Instruction& i) {
  const Value range = eval(i.a);
  if (range.is_error()) return range;
  if (!range.is(Kind::list) && !range.is(Kind::map)) return no_overload({range});
  Range walk;
  walk.is_map = range.is(Kind::map);
  if (walk.is_map) {
    walk.entries = entries(arena_, range);
  } else {
    walk.items = elements(arena_, range);
  }
  const std::size_t n = walk.is_map ? walk.entries.size() : walk.items.size();
  ranges_.push_back(walk);
  Value result;
  switch (static_cast<Loop>(i.option)) {
    case Loop::all:
      result = quantifier(i, n, false);
      break;
    case Loop::exists:
      result = quantifier(i, n, true);
      break;
    case Loop::exists_one:
      result = exists_one(i, n);
      break;
    case Loop::filter:
      result = filter(i, n);
      break;
    case Loop::collect:
      result = collect(i, n);
      break;
    case Loop::transform_map:
    case Loop::transform_entry:
      result = transform(i, n);
      break;
    case Loop::sort_by:
      result = sort_by(i, n);
      break;
  }
  ranges_.pop_back();
  return result;
}

bool Interpreter::enter_step(const Instruction& i, std::size_t k) {
  const Range& r = ranges_.back();
  const std::uint32_t first = i.d & 0xffff;
  const std::uint32_t second = i.d >> 16;
  if (second == kNoSlot) {
    slots_[first] = r.is_map ? r.entries[k].key : r.items[k];
  } else {
    slots_[first] = r.is_map ? r.entries[k].key : Value::integer(static_cast<std::int64_t>(k));
    slots_[second] = r.is_map ? r.entries[k].value : r.items[k];
  }
  return context_.step() && arena_.room(0);
}

Value Interpreter::predicate(const Instruction& i) {
  if (i.b == kNoNode) return Value::boolean(true);
  const Value v = eval(i.b);
  if (v.is(Kind::boolean) || v.is_error()) return v;
  return not_bool(v, i.b, i.b);
}

// all and exists: `decisive` ends the loop, errors wait for it.
Value Interpreter::quantifier(const Instruction& i, std::size_t n, bool decisive) {
  Value pending = Value::boolean(!decisive);
  for (std::size_t k = 0; k < n; ++k) {
    if (!enter_step(i, k)) return fail(ErrorKind::too_large);
    const Value v = predicate(i);
    if (!v.is_error() && v.as_bool() == decisive) return v;
    if (v.is_error() && !pending.is_error()) pending = v;
  }
  return pending;
}

Value Interpreter::exists_one(const Instruction& i, std::size_t n) {
  std::size_t count = 0;
  for (std::size_t k = 0; k < n; ++k) {
    if (!enter_step(i, k)) return fail(ErrorKind::too_large);
    const Value v = predicate(i);
    if (v.is_error()) return v;
    if (v.as_bool()) ++count;
  }
  return Value::boolean(count == 1);
}

Value Interpreter::filter(const Instruction& i, std::size_t n) {
  std::vector<Value> kept;
  for (std::size_t k = 0; k < n; ++k) {
    if (!enter_step(i, k)) return fail(ErrorKind::too_large);
    const Value v = predicate(i);
    if (v.is_error()) return v;
    if (v.as_bool()) kept.push_back(slots_[i.d & 0xffff]);
  }
  return make_list(arena_, kept);
}

Value Interpreter::collect(const Instruction& i, std::size_t n) {
  std::vector<Value> results;
  for (std::size_t k = 0; k < n; ++k) {
    if (!enter_step(i, k)) return fail(ErrorKind::too_large);
    const Value wanted = predicate(i);
    if (wanted.is_error()) return wanted;
    if (!wanted.as_bool()) continue;
    results.push_back(eval(i.c));
    if (results.back().is_error()) return results.back();
  }
  return make_list(arena_, results);
}

Value Interpreter::transform(const Instruction& i, std::size_t n) {
  MapBuilder builder(arena_);
  for (std::size_t k = 0; k < n; ++k) {
    if (!enter_step(i, k)) return fail(ErrorKind::too_large);
    const Value wanted = predicate(i);
    if (wanted.is_error()) return wanted;
    if (!wanted.as_bool()) continue;
    const Value key = slots_[i.d & 0xffff];
    const Value made = eval(i.c);
    if (made.is_error()) return made;
    if (static_cast<Loop>(i.option) == Loop::transform_map) {
      builder.set(key, made);
      continue;
    }
    if (!made.is(Kind::map)) return no_overload({made});
    for (const Entry& e : entries(arena_, made)) {
      if (!builder.add(e.key, e.value)) {
        return fail(arena_, ErrorKind::bad_value, "the key is there twice", e.key);
      }
    }
  }
  return builder.finish();
}

Value Interpreter::sort_by(const Instruction& i, std::size_t n) {
  if (ranges_.back().is_map) return no_overload({Value::map(nullptr)});
  std::vector<Entry> keyed;
  for (std::size_t k = 0; k < n; ++k) {
    if (!enter_step(i, k)) return fail(ErrorKind::too_large);
    keyed.push_back({eval(i.c), slots_[i.d & 0xffff]});
    if (keyed.back().key.is_error()) return keyed.back().key;
  }
  return sort_by_keys(arena_, keyed);
}

}  // namespace streamutils::expr
