// The lists and sets extensions, and the rows of the two-variable macros.
// SPDX-License-Identifier: Apache-2.0
#include "absl/container/flat_hash_map.h"
#include "expr/compare.h"
#include "expr/library.h"
#include "expr/list_order.h"

namespace streamutils::expr {
namespace {

// Values by equality: finds an equal one among those that were added.
class ValueSet {
 public:
  explicit ValueSet(Arena& arena) : arena_(arena) {}

  // Nothing if the values are nested too deeply to be compared.
  std::optional<bool> has(Value v) const {
    const auto found = by_hash_.find(hash_value(arena_, v));
    if (found == by_hash_.end()) return false;
    for (const Value& other : found->second) {
      const auto same = equals(arena_, v, other);
      if (!same || *same) return same;
    }
    return false;
  }

  void add(Value v) { by_hash_[hash_value(arena_, v)].push_back(v); }

 private:
  Arena& arena_;
  absl::flat_hash_map<std::size_t, std::vector<Value>> by_hash_;
};

Value distinct(Context& c, Arguments args) {
  if (!args[0].is(Kind::list)) return mismatch(args);
  ValueSet seen(c.arena());
  std::vector<Value> kept;
  for (const Value& item : elements(c.arena(), args[0])) {
    const auto known = seen.has(item);
    if (!known) return fail(ErrorKind::too_large);
    if (*known) continue;
    seen.add(item);
    kept.push_back(item);
  }
  return make_list(c.arena(), kept);
}

void flatten_into(Arena& arena, std::vector<Value>& out, Value list, std::int64_t levels) {
  for (const Value& item : elements(arena, list)) {
    if (item.is(Kind::list) && levels > 0) {
      flatten_into(arena, out, item, levels - 1);
    } else {
      out.push_back(item);
    }
  }
}

Value flatten(Context& c, Arguments args) {
  const auto levels = args.size() == 2 ? whole_number(args[1]) : std::optional<std::int64_t>(1);
  if (!args[0].is(Kind::list) || !levels) return mismatch(args);
  if (*levels < 0)
    return fail(c.arena(), ErrorKind::bad_value, "a negative number of levels", args[1]);
  std::vector<Value> out;
  flatten_into(c.arena(), out, args[0], std::min<std::int64_t>(*levels, kMaxValueDepth));
  return make_list(c.arena(), out);
}

Value range(Context& c, Arguments args) {
  const auto n = whole_number(args[0]);
  if (!n) return mismatch(args);
  if (*n < 0) return fail(c.arena(), ErrorKind::bad_value, "a negative size", args[0]);
  constexpr std::int64_t kMost = 1'000'000;
  if (*n > kMost || !c.arena().room(static_cast<std::size_t>(*n) * sizeof(Value))) {
    return fail(ErrorKind::too_large);
  }
  Value* items = c.arena().allocate_array<Value>(static_cast<std::size_t>(*n));
  for (std::int64_t i = 0; i < *n; ++i) new (&items[i]) Value(Value::integer(i));
  return Value::list(items, static_cast<std::size_t>(*n));
}

Value slice(Context& c, Arguments args) {
  const auto from = whole_number(args[1]);
  const auto to = whole_number(args[2]);
  if (!args[0].is(Kind::list) || !from || !to) return mismatch(args);
  const auto items = elements(c.arena(), args[0]);
  if (*from < 0 || *to < *from || *to > static_cast<std::int64_t>(items.size())) {
    return fail(c.arena(), ErrorKind::out_of_range, "no such part of the list",
                args[*from < 0 ? 1 : 2]);
  }
  return Value::list(items.data() + *from, static_cast<std::size_t>(*to - *from));
}

Value sort(Context& c, Arguments args) {
  if (!args[0].is(Kind::list)) return mismatch(args);
  std::vector<Entry> keyed;
  for (const Value& item : elements(c.arena(), args[0])) keyed.push_back({item, item});
  return sort_by_keys(c.arena(), keyed);
}

template <bool front>
Value end_of(Context& c, Arguments args) {
  if (!args[0].is(Kind::list)) return mismatch(args);
  const auto items = elements(c.arena(), args[0]);
  if (items.empty()) return Value::optional(nullptr);
  return Value::optional(c.arena().make(front ? items.front() : items.back()));
}

// --- Sets ----------------------------------------------------------------------------------------

// Of the elements of b, whether all (or any) are in a; nothing if they cannot be compared.
std::optional<bool> found_in(Context& c, Value a, Value b, bool all) {
  ValueSet set(c.arena());
  for (const Value& item : elements(c.arena(), a)) set.add(item);
  for (const Value& item : elements(c.arena(), b)) {
    const auto known = set.has(item);
    if (!known || *known != all) return known;
  }
  return all;
}

Value truth(std::optional<bool> b) { return b ? Value::boolean(*b) : fail(ErrorKind::too_large); }

Value set_contains(Context& c, Arguments args) {
  if (!all_are(args, Kind::list)) return mismatch(args);
  return truth(found_in(c, args[0], args[1], true));
}

Value set_equivalent(Context& c, Arguments args) {
  if (!all_are(args, Kind::list)) return mismatch(args);
  const auto there = found_in(c, args[0], args[1], true);
  if (!there || !*there) return truth(there);
  return truth(found_in(c, args[1], args[0], true));
}

Value set_intersects(Context& c, Arguments args) {
  if (!all_are(args, Kind::list)) return mismatch(args);
  return truth(found_in(c, args[0], args[1], false));
}

constexpr Function kListFunctions[] = {
    {"distinct", CallStyle::method, 1, 1, distinct, "l.distinct()",
     "The elements without repeats, in the order of their first.", "[1, 2, 1.0].distinct()",
     "[1, 2]"},
    {"flatten", CallStyle::method, 1, 2, flatten, "l.flatten([levels])",
     "Lists in the list replaced by their elements, one level deep or as many as said.",
     "[1, [2, [3]]].flatten()", "[1, 2, [3]]"},
    {"slice", CallStyle::method, 3, 3, slice, "l.slice(from, to)",
     "The elements from `from` up to before `to`.", "[1, 2, 3, 4].slice(1, 3)", "[2, 3]"},
    {"sort", CallStyle::method, 1, 1, sort, "l.sort()", "The elements in their order.",
     "[3, 1, 2].sort()", "[1, 2, 3]"},
    {"first", CallStyle::method, 1, 1, end_of<true>, "l.first()",
     "An optional of the first element.", "[1, 2].first().value()", "1"},
    {"last", CallStyle::method, 1, 1, end_of<false>, "l.last()", "An optional of the last element.",
     "[].last().hasValue()", "false"},
    {"lists.range", CallStyle::global, 1, 1, range, "lists.range(n)",
     "The ints from 0 up to before n.", "lists.range(3)", "[0, 1, 2]"},
};

constexpr Macro kListMacros[] = {
    {"l.sortBy(x, e)", "The elements x in the order of e.",
     "[{'n': 2}, {'n': 1}].sortBy(x, x.n).map(x, x.n)", "[1, 2]"},
};

constexpr Macro kTwoVariables[] = {
    {"m.all(k, v, p), l.all(i, v, p)",
     "all with key and value of a map, or index and element of a list.",
     "{'a': 1}.all(k, v, k == 'a' && v == 1)", "true"},
    {"m.exists(k, v, p)", "exists with both.", "[5, 6].exists(i, v, i == 1 && v == 6)", "true"},
    {"m.existsOne(k, v, p)", "exists_one with both.", "[5, 5].existsOne(i, v, v == 5)", "false"},
    {"m.transformList(k, v[, p], t)", "The list of t for every entry (for which p holds).",
     "{'a': 1}.transformList(k, v, k + string(v))", "['a1']"},
    {"m.transformMap(k, v[, p], t)", "A map with the same keys and t as values.",
     "{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 10)", "{'b': 20}"},
    {"m.transformMapEntry(k, v[, p], e)", "The map of all entries of the maps e.",
     "{'a': 'x'}.transformMapEntry(k, v, {v: k})", "{'x': 'a'}"},
};

constexpr Function kSetFunctions[] = {
    {"sets.contains", CallStyle::global, 2, 2, set_contains, "sets.contains(l, m)",
     "True if every element of m is in l.", "sets.contains([1, 2, 3], [2, 3.0])", "true"},
    {"sets.equivalent", CallStyle::global, 2, 2, set_equivalent, "sets.equivalent(l, m)",
     "True if l and m have the same elements, however often.", "sets.equivalent([1, 1], [1])",
     "true"},
    {"sets.intersects", CallStyle::global, 2, 2, set_intersects, "sets.intersects(l, m)",
     "True if l and m have an element in common.", "sets.intersects([1], [2, 3])", "false"},
};

}  // namespace

Library list_library() { return {"Lists", kListFunctions, kListMacros}; }
Library comprehension_library() { return {"Macros with two variables", {}, kTwoVariables}; }
Library set_library() { return {"Sets", kSetFunctions}; }

}  // namespace streamutils::expr
