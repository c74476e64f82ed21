// SPDX-License-Identifier: Apache-2.0
#include "expr/list_order.h"

#include <algorithm>
#include <vector>

#include "expr/compare.h"
#include "expr/container.h"
#include "expr/error.h"

namespace streamutils::expr {
namespace {

bool is_nan(Value v) { return v.is_numeric() && order(v, v) != std::partial_ordering::equivalent; }

bool is_before(const Entry& a, const Entry& b) {
  if (is_nan(a.key) || is_nan(b.key)) return !is_nan(a.key) && is_nan(b.key);
  return *order(a.key, b.key) < 0;
}

// Event numbers are doubles to the language, whatever they are held in; so numbers mix only with
// them.
bool same_type(Value a, Value b) {
  if (a.is(Kind::number) || b.is(Kind::number)) return a.is_numeric() && b.is_numeric();
  return a.kind() == b.kind();
}

}  // namespace

Value sort_by_keys(Arena& arena, std::span<Entry> keyed) {
  for (const Entry& e : keyed) {
    const Value first = keyed.front().key;
    if (!same_type(first, e.key) || !order(first, e.key)) return no_overload({first, e.key});
  }
  std::stable_sort(keyed.begin(), keyed.end(), is_before);
  std::vector<Value> sorted;
  sorted.reserve(keyed.size());
  for (const Entry& e : keyed) sorted.push_back(e.value);
  return make_list(arena, sorted);
}

}  // namespace streamutils::expr
