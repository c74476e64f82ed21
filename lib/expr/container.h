// Lists and maps: looking inside, and building new ones.
//
// A list or map of the event stays JSON text until an expression looks inside: a look-up by name or
// index scans the text, everything that needs all elements decodes one level of it into the arena.
// Nested values stay text again.  Text that Record handed out is well-formed; the scanner relies on
// it for meaning, never for memory safety.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/arena.h"
#include "expr/value.h"
#include "json/value.h"

namespace streamutils::expr {

// Entries in their order, unique keys.  slots: an open-addressing table of 1-based entry numbers,
// for maps too long to be searched; its size is a power of two.
struct MapData {
  const Entry* entries = nullptr;
  std::uint32_t count = 0;
  std::uint32_t slot_count = 0;
  const std::uint32_t* slots = nullptr;

  std::span<const Entry> all() const { return {entries, count}; }
};

// --- From JSON -----------------------------------------------------------------------------------

// The value of JSON text; strings with escapes are unescaped into the arena.  Of a member that is
// missing, an error (no_such_field).
Value from_json(Arena& arena, streamutils::Value json);

// The same for text whose kind is not known.  REQUIRES: well-formed JSON without spaces around.
Value from_json_text(Arena& arena, std::string_view raw);

// The same value, its first level out of JSON text.
Value decoded(Arena& arena, Value container);

// --- Lists.  REQUIRES: list.is(Kind::list) -------------------------------------------------------

// All elements.  Decodes JSON into the arena.
std::span<const Value> elements(Arena& arena, Value list);

std::size_t list_size(Value list);

// Nothing if i is not an index.
std::optional<Value> element_at(Arena& arena, Value list, std::int64_t i);

Value make_list(Arena& arena, std::span<const Value> items);

// a and then b; too_large if the arena has no room for them.
Value concatenate(Arena& arena, Value a, Value b);

// --- Maps.  REQUIRES: map.is(Kind::map) ----------------------------------------------------------

std::span<const Entry> entries(Arena& arena, Value map);

std::size_t map_size(Arena& arena, Value map);

// The value under the key, nothing if there is none.  Numbers are equal across types: {1: x}[1.0].
std::optional<Value> find(Arena& arena, Value map, Value key);

// The same for a name.
std::optional<Value> find_member(Arena& arena, Value map, std::string_view name);

// True for bool, int, uint and string, and for whole event numbers.
bool is_map_key(Value key);

// Collects entries.  Keys that are equal (1 and 1u) are the same key.
class MapBuilder {
 public:
  explicit MapBuilder(Arena& arena) : arena_(arena) {}

  // False (and no change) if the key is there already.  REQUIRES: is_map_key(key).
  bool add(Value key, Value value);
  // Adds, or replaces the value at its old place.  REQUIRES: is_map_key(key).
  void set(Value key, Value value);
  std::size_t size() const { return entries_.size(); }

  Value finish() const;

 private:
  std::uint32_t* slot_of(Value key);
  void rehash();

  Arena& arena_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;
};

}  // namespace streamutils::expr
