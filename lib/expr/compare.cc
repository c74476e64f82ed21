// SPDX-License-Identifier: Apache-2.0
#include "expr/compare.h"

#include <algorithm>
#include <cstring>

#include "absl/hash/hash.h"
#include "expr/container.h"
#include "expr/number.h"

namespace streamutils::expr {
namespace {

bool same_address(const Address& a, const Address& b) {
  return a.v4 == b.v4 && a.prefix == b.prefix && std::memcmp(a.octets, b.octets, a.size()) == 0;
}

std::optional<bool> equal_lists(Arena& arena, Value a, Value b, int depth) {
  const auto x = elements(arena, a);
  const auto y = elements(arena, b);
  if (x.size() != y.size()) return false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto same = equals(arena, x[i], y[i], depth + 1);
    if (!same || !*same) return same;
  }
  return true;
}

std::optional<bool> equal_maps(Arena& arena, Value a, Value b, int depth) {
  const auto x = entries(arena, a);
  if (b.is_json()) b = decoded(arena, b);
  if (x.size() != entries(arena, b).size()) return false;
  for (const Entry& e : x) {
    const auto other = find(arena, b, e.key);
    if (!other) return false;
    const auto same = equals(arena, e.value, *other, depth + 1);
    if (!same || !*same) return same;
  }
  return true;
}

std::partial_ordering order_of_times(Value a, Value b) {
  if (a.seconds() != b.seconds()) return a.seconds() <=> b.seconds();
  return a.nanos() <=> b.nanos();
}

}  // namespace

std::optional<bool> equals(Arena& arena, Value a, Value b, int depth) {
  if (depth > kMaxValueDepth) return std::nullopt;
  if (a.is_numeric() && b.is_numeric()) return compare_numeric(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return a.as_bool() == b.as_bool();
    case Kind::string:
    case Kind::bytes:
      return a.text() == b.text();
    case Kind::list:
      return equal_lists(arena, a, b, depth);
    case Kind::map:
      return equal_maps(arena, a, b, depth);
    case Kind::timestamp:
      return order_of_times(a, b) == 0;
    case Kind::duration:
      return a.as_int() == b.as_int();
    case Kind::type:
      return a.named_type() == b.named_type();
    case Kind::optional:
      if (a.content() == nullptr || b.content() == nullptr) return a.content() == b.content();
      return equals(arena, *a.content(), *b.content(), depth + 1);
    case Kind::ip:
    case Kind::cidr:
      return same_address(*a.address(), *b.address());
    default:
      return false;
  }
}

std::optional<std::partial_ordering> order(Value a, Value b) {
  if (a.is_numeric() && b.is_numeric()) return compare_numeric(a, b);
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case Kind::boolean:
      return a.as_bool() <=> b.as_bool();
    case Kind::string:
    case Kind::bytes:
      return a.text().compare(b.text()) <=> 0;
    case Kind::timestamp:
      return order_of_times(a, b);
    case Kind::duration:
      return a.as_int() <=> b.as_int();
    default:
      return std::nullopt;
  }
}

std::size_t hash_value(Arena& arena, Value v, int depth) {
  if (v.is_numeric()) return absl::HashOf(to_double(v) == 0 ? 0.0 : to_double(v));
  switch (v.kind()) {
    case Kind::boolean:
      return absl::HashOf(v.as_bool());
    case Kind::string:
    case Kind::bytes:
      return absl::HashOf(v.text());
    case Kind::timestamp:
      return absl::HashOf(v.seconds(), v.nanos());
    case Kind::duration:
      return absl::HashOf(v.as_int());
    case Kind::list: {
      if (depth > 2) return 1;
      std::size_t h = 2;
      for (const Value& item : elements(arena, v)) {
        h = absl::HashOf(h, hash_value(arena, item, depth + 1));
      }
      return h;
    }
    case Kind::map: {  // in any order of the entries
      if (depth > 2) return 3;
      std::size_t h = 4;
      for (const Entry& e : entries(arena, v)) {
        h += absl::HashOf(hash_value(arena, e.key, depth + 1),
                          hash_value(arena, e.value, depth + 1));
      }
      return h;
    }
    default:
      return static_cast<std::size_t>(v.kind());
  }
}

}  // namespace streamutils::expr
