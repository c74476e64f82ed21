// SPDX-License-Identifier: Apache-2.0
#include "expr/container.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "absl/hash/hash.h"
#include "expr/error.h"
#include "expr/number.h"

namespace streamutils::expr {
namespace {

// Maps of at most this many entries are searched from the front.
constexpr std::size_t kLinear = 8;

// --- Scanning JSON text --------------------------------------------------------------------------

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// A cursor on well-formed JSON text.  It never runs past the end, whatever the text is.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : p_(text.data()), end_(p_ + text.size()) {}

  // Steps over an opening bracket; false if the container is empty.
  bool enter() {
    ++p_;
    skip_spaces();
    return p_ < end_ && *p_ != ']' && *p_ != '}';
  }

  // The text of the value at the cursor, which moves behind it.
  std::string_view value() {
    skip_spaces();
    const char* begin = p_;
    if (p_ == end_) return {begin, 0};
    if (*p_ == '"') {
      skip_string();
    } else if (*p_ == '{' || *p_ == '[') {
      skip_container();
    } else {
      while (p_ < end_ && !is_space(*p_) && *p_ != ',' && *p_ != ']' && *p_ != '}') ++p_;
    }
    return {begin, static_cast<std::size_t>(p_ - begin)};
  }

  void colon() {
    skip_spaces();
    if (p_ < end_) ++p_;
  }

  // Steps over a comma; false at the closing bracket.
  bool next() {
    skip_spaces();
    if (p_ == end_ || *p_ != ',') return false;
    ++p_;
    return true;
  }

 private:
  void skip_spaces() {
    while (p_ < end_ && is_space(*p_)) ++p_;
  }

  // From a quote to behind the one that closes it.
  void skip_string() {
    for (++p_; p_ < end_ && *p_ != '"'; ++p_) {
      if (*p_ == '\\' && p_ + 1 < end_) ++p_;
    }
    if (p_ < end_) ++p_;
  }

  void skip_container() {
    std::size_t depth = 0;
    while (p_ < end_) {
      const char c = *p_;
      if (c == '"') {
        skip_string();
        continue;
      }
      ++p_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return;
    }
  }

  const char* p_;
  const char* end_;
};

streamutils::Kind json_kind(char first) {
  switch (first) {
    case '"':
      return streamutils::Kind::string;
    case '{':
      return streamutils::Kind::object;
    case '[':
      return streamutils::Kind::array;
    case 't':
    case 'f':
      return streamutils::Kind::boolean;
    case 'n':
      return streamutils::Kind::null;
    default:
      return streamutils::Kind::number;
  }
}

// The characters of a JSON string given with its quotes.
std::string_view unescaped(Arena& arena, std::string_view raw) {
  if (raw.size() < 2) return {};
  const std::string_view inside = raw.substr(1, raw.size() - 2);
  if (inside.empty() || std::memchr(inside.data(), '\\', inside.size()) == nullptr) return inside;
  std::string scratch;
  return arena.copy(streamutils::Value(streamutils::Kind::string, raw).text(scratch));
}

// True if the raw JSON string is `name`, without unescaping where nothing is escaped.
bool names(std::string_view raw, std::string_view name) {
  if (raw.size() == name.size() + 2 && raw.substr(1, name.size()) == name) {
    return name.find('\\') == std::string_view::npos;
  }
  if (raw.size() < name.size() + 2 || raw.find('\\') == std::string_view::npos) return false;
  std::string scratch;
  return streamutils::Value(streamutils::Kind::string, raw).text(scratch) == name;
}

// --- Keys ----------------------------------------------------------------------------------------

// Equal keys have equal canonical keys: whole numbers are ints while they fit.
std::optional<Value> canonical_key(Value key) {
  if (key.is(Kind::string) || key.is(Kind::boolean)) return key;
  if (const auto i = whole_index(key)) return Value::integer(*i);
  if (key.is(Kind::uinteger)) return key;
  if (key.is(Kind::number) && key.form() == Value::Form::big) return Value::uinteger(key.as_uint());
  if (key.is(Kind::real) && key.as_real() >= 0x1p63 && key.as_real() < 0x1p64) {
    return Value::uinteger(static_cast<std::uint64_t>(key.as_real()));
  }
  return std::nullopt;
}

bool same_key(Value a, Value b) {
  if (a.kind() != b.kind()) return false;
  if (a.is(Kind::string)) return a.text() == b.text();
  if (a.is(Kind::boolean)) return a.as_bool() == b.as_bool();
  return a.as_uint() == b.as_uint();
}

std::size_t hash_of(Value key) {
  if (key.is(Kind::string)) return absl::HashOf(key.text());
  if (key.is(Kind::boolean)) return absl::HashOf(key.as_bool());
  return absl::HashOf(key.as_uint());
}

const Entry* find_entry(const MapData& map, Value canonical) {
  if (map.slot_count == 0) {
    for (const Entry& e : map.all()) {
      if (same_key(*canonical_key(e.key), canonical)) return &e;
    }
    return nullptr;
  }
  const std::size_t mask = map.slot_count - 1;
  for (std::size_t i = hash_of(canonical) & mask;; i = (i + 1) & mask) {
    if (map.slots[i] == 0) return nullptr;
    const Entry& e = map.entries[map.slots[i] - 1];
    if (same_key(*canonical_key(e.key), canonical)) return &e;
  }
}

const MapData* decode_map(Arena& arena, std::string_view raw) {
  MapBuilder builder(arena);
  Scanner scanner(raw);
  if (scanner.enter()) {
    do {
      const Value key = Value::string(unescaped(arena, scanner.value()));
      scanner.colon();
      builder.add(key, from_json_text(arena, scanner.value()));
    } while (scanner.next());
  }
  return builder.finish().map_data();
}

}  // namespace

// --- From JSON -----------------------------------------------------------------------------------

Value from_json(Arena& arena, streamutils::Value json) {
  switch (json.kind()) {
    case streamutils::Kind::missing:
      return fail(ErrorKind::no_such_field);
    case streamutils::Kind::null:
      return Value::null();
    case streamutils::Kind::boolean:
      return Value::boolean(json.as_bool());
    case streamutils::Kind::number:
      return number_from_json(json.raw());
    default:
      break;
  }
  if (json.is_plain()) return Value::string(json.raw().substr(1, json.raw().size() - 2));
  if (json.is(streamutils::Kind::string)) return Value::string(unescaped(arena, json.raw()));
  return Value::json(json.is(streamutils::Kind::array) ? Kind::list : Kind::map, json.raw());
}

Value from_json_text(Arena& arena, std::string_view raw) {
  if (raw.empty()) return fail(ErrorKind::damaged);
  if (raw.size() > streamutils::Value::kMaxSize) return fail(ErrorKind::too_large);
  return from_json(arena, streamutils::Value(json_kind(raw.front()), raw));
}

Value decoded(Arena& arena, Value container) {
  if (!container.is_json()) return container;
  if (container.is(Kind::map)) return Value::map(decode_map(arena, container.text()));
  const auto items = elements(arena, container);
  return Value::list(items.data(), items.size());
}

// --- Lists ---------------------------------------------------------------------------------------

std::span<const Value> elements(Arena& arena, Value list) {
  if (!list.is_json()) return {list.items(), list.count()};
  std::vector<Value> items;
  Scanner scanner(list.text());
  if (scanner.enter()) {
    do {
      items.push_back(from_json_text(arena, scanner.value()));
    } while (scanner.next());
  }
  const Value made = make_list(arena, items);
  return {made.items(), made.count()};
}

std::size_t list_size(Value list) {
  if (!list.is_json()) return list.count();
  std::size_t n = 0;
  Scanner scanner(list.text());
  if (scanner.enter()) {
    do {
      scanner.value();
      ++n;
    } while (scanner.next());
  }
  return n;
}

std::optional<Value> element_at(Arena& arena, Value list, std::int64_t i) {
  if (i < 0) return std::nullopt;
  if (!list.is_json()) {
    if (i >= list.count()) return std::nullopt;
    return list.items()[i];
  }
  Scanner scanner(list.text());
  if (!scanner.enter()) return std::nullopt;
  for (; i > 0; --i) {
    scanner.value();
    if (!scanner.next()) return std::nullopt;
  }
  return from_json_text(arena, scanner.value());
}

Value make_list(Arena& arena, std::span<const Value> items) {
  Value* copy = arena.allocate_array<Value>(items.size());
  std::uninitialized_copy(items.begin(), items.end(), copy);
  return Value::list(copy, items.size());
}

Value concatenate(Arena& arena, Value a, Value b) {
  const auto x = elements(arena, a);
  const auto y = elements(arena, b);
  if (!arena.room((x.size() + y.size()) * sizeof(Value))) return fail(ErrorKind::too_large);
  Value* items = arena.allocate_array<Value>(x.size() + y.size());
  std::uninitialized_copy(y.begin(), y.end(), std::uninitialized_copy(x.begin(), x.end(), items));
  return Value::list(items, x.size() + y.size());
}

// --- Maps ----------------------------------------------------------------------------------------

std::span<const Entry> entries(Arena& arena, Value map) {
  return (map.is_json() ? decode_map(arena, map.text()) : map.map_data())->all();
}

std::size_t map_size(Arena& arena, Value map) { return entries(arena, map).size(); }

std::optional<Value> find(Arena& arena, Value map, Value key) {
  if (map.is_json()) {
    if (!key.is(Kind::string)) return std::nullopt;
    return find_member(arena, map, key.text());
  }
  const auto canonical = canonical_key(key);
  if (!canonical) return std::nullopt;
  const Entry* e = find_entry(*map.map_data(), *canonical);
  if (e == nullptr) return std::nullopt;
  return e->value;
}

std::optional<Value> find_member(Arena& arena, Value map, std::string_view name) {
  if (!map.is_json()) return find(arena, map, Value::string(name));
  Scanner scanner(map.text());
  if (!scanner.enter()) return std::nullopt;
  do {
    const std::string_view key = scanner.value();
    scanner.colon();
    const std::string_view value = scanner.value();
    if (names(key, name)) return from_json_text(arena, value);
  } while (scanner.next());
  return std::nullopt;
}

bool is_map_key(Value key) { return !key.is(Kind::real) && canonical_key(key).has_value(); }

// The slot that holds the key's entry, or the free one where it belongs.
std::uint32_t* MapBuilder::slot_of(Value key) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash_of(key) & mask;; i = (i + 1) & mask) {
    if (slots_[i] == 0 || same_key(*canonical_key(entries_[slots_[i] - 1].key), key)) {
      return &slots_[i];
    }
  }
}

void MapBuilder::rehash() {
  slots_.assign(std::bit_ceil(2 * (entries_.size() + kLinear)), 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    *slot_of(*canonical_key(entries_[i].key)) = static_cast<std::uint32_t>(i + 1);
  }
}

bool MapBuilder::add(Value key, Value value) {
  const Value canonical = *canonical_key(key);
  if (entries_.size() < kLinear) {
    for (const Entry& e : entries_) {
      if (same_key(*canonical_key(e.key), canonical)) return false;
    }
    entries_.push_back({key, value});
    return true;
  }
  if (2 * entries_.size() >= slots_.size()) rehash();
  std::uint32_t* slot = slot_of(canonical);
  if (*slot != 0) return false;
  entries_.push_back({key, value});
  *slot = static_cast<std::uint32_t>(entries_.size());
  return true;
}

void MapBuilder::set(Value key, Value value) {
  if (add(key, value)) return;
  const Value canonical = *canonical_key(key);
  const auto same = [&](const Entry& e) { return same_key(*canonical_key(e.key), canonical); };
  std::find_if(entries_.begin(), entries_.end(), same)->value = value;
}

Value MapBuilder::finish() const {
  MapData data;
  data.count = static_cast<std::uint32_t>(entries_.size());
  Entry* copy = arena_.allocate_array<Entry>(entries_.size());
  std::uninitialized_copy(entries_.begin(), entries_.end(), copy);
  data.entries = copy;
  if (entries_.size() > kLinear) {
    std::uint32_t* slots = arena_.allocate_array<std::uint32_t>(slots_.size());
    std::copy(slots_.begin(), slots_.end(), slots);
    data.slots = slots;
    data.slot_count = static_cast<std::uint32_t>(slots_.size());
  }
  return Value::map(arena_.make(data));
}

}  // namespace streamutils::expr
