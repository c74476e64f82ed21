// Value: what an expression computes with.
//
// Sixteen bytes, passed in registers, never allocating for numbers, booleans, times and strings
// that stand in the event.  Lists and maps either point to entries in an arena, or are still the
// JSON text of the event, decoded when somebody looks inside.  An error is a value too: `&&` and
// `||` absorb it, everything else hands it on.
//
// An event number (Kind::number) is the number rule's type: to the language a double, but exact for
// 64-bit integers.  Its form says how it is held; a whole number that fits int64 is always `whole`.
//
// Valid as long as the arena and the event behind it are (Evaluator says how long).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace streamutils::expr {

enum class Kind : std::uint8_t {
  error,
  null,
  boolean,
  integer,
  uinteger,
  real,
  number,  // of an event
  string,
  bytes,
  list,
  map,
  timestamp,
  duration,
  type,
  optional,
  ip,
  cidr,
};

// The name of the type as type(x) shows it: "int", "google.protobuf.Timestamp"; "double" for
// number.
std::string_view type_name(Kind kind);

// Why an evaluation failed.  The classes are what a user counts by.
enum class ErrorKind : std::uint8_t {
  no_such_field,
  no_such_key,
  out_of_range,  // an index, or a position in a string
  no_overload,   // the types do not fit the operator or the function
  division_by_zero,
  overflow,   // the result fits its type no more
  bad_value,  // a conversion or a function refused what it was given
  too_large,  // memory, steps or nesting went beyond what an event may cost
  damaged,    // the event holds something that is no value, as 1e400
};

struct Entry;
struct MapData;
struct ErrorDetail;
struct Address;

class Value {
 public:
  enum class Form : std::uint8_t { plain, whole, big, json };

  constexpr Value() = default;  // null

  static constexpr Value null() { return {}; }
  static constexpr Value boolean(bool b) {
    return {Kind::boolean, Form::plain, 0, Payload{.b = b}};
  }
  static constexpr Value integer(std::int64_t i) {
    return {Kind::integer, Form::plain, 0, Payload{.i = i}};
  }
  static constexpr Value uinteger(std::uint64_t u) {
    return {Kind::uinteger, Form::plain, 0, Payload{.u = u}};
  }
  static constexpr Value real(double d) { return {Kind::real, Form::plain, 0, Payload{.d = d}}; }
  static constexpr Value string(std::string_view s) { return text_of(Kind::string, s); }
  static constexpr Value bytes(std::string_view s) { return text_of(Kind::bytes, s); }
  // REQUIRES: 0 <= nanos < 10^9.
  static constexpr Value timestamp(std::int64_t seconds, std::uint32_t nanos) {
    return {Kind::timestamp, Form::plain, nanos, Payload{.i = seconds}};
  }
  static constexpr Value duration(std::int64_t nanos) {
    return {Kind::duration, Form::plain, 0, Payload{.i = nanos}};
  }
  static constexpr Value type(Kind kind) {
    return {Kind::type, Form::plain, 0,
            Payload{.u = static_cast<std::uint64_t>(kind == Kind::number ? Kind::real : kind)}};
  }
  static constexpr Value list(const Value* items, std::size_t n) {
    return {Kind::list, Form::plain, static_cast<std::uint32_t>(n), Payload{.items = items}};
  }
  static constexpr Value map(const MapData* data) {
    return {Kind::map, Form::plain, 0, Payload{.map = data}};
  }
  // A list or map that is still JSON text.  REQUIRES: well-formed.
  static constexpr Value json(Kind kind, std::string_view raw) {
    return {kind, Form::json, static_cast<std::uint32_t>(raw.size()), Payload{.text = raw.data()}};
  }
  // item: nullptr for none.
  static constexpr Value optional(const Value* item) {
    return {Kind::optional, Form::plain, 0, Payload{.items = item}};
  }
  static constexpr Value address(Kind kind, const Address* a) {
    return {kind, Form::plain, 0, Payload{.address = a}};
  }
  static constexpr Value error(ErrorKind kind, std::uint32_t node, const ErrorDetail* detail) {
    return {Kind::error, static_cast<Form>(kind), node, Payload{.detail = detail}};
  }
  // An error whose detail is the kinds of up to seven operands, so that it costs nothing to make.
  static constexpr Value overload_error(std::uint32_t node, std::uint64_t packed_kinds) {
    return {Kind::error, static_cast<Form>(ErrorKind::no_overload), node,
            Payload{.u = packed_kinds}};
  }

  // An event number.  A whole double becomes `whole`, so that there is one form for each number.
  static Value number(std::int64_t i) { return {Kind::number, Form::whole, 0, Payload{.i = i}}; }
  static Value number_big(std::uint64_t u);  // above int64
  static Value number(double d) {
    // 2^63 itself is out; NaN fails both comparisons.  -0.0 stays a double.
    if (d >= -0x1p63 && d < 0x1p63) {
      const auto i = static_cast<std::int64_t>(d);
      if (static_cast<double>(i) == d && (i != 0 || !std::signbit(d))) return number(i);
    }
    return {Kind::number, Form::plain, 0, Payload{.d = d}};
  }

  constexpr Kind kind() const { return static_cast<Kind>(tag_ & 0xff); }
  constexpr bool is(Kind kind) const { return this->kind() == kind; }
  constexpr bool is_error() const { return is(Kind::error); }
  constexpr bool is_true() const { return is(Kind::boolean) && payload_.b; }
  constexpr bool is_false() const { return is(Kind::boolean) && !payload_.b; }
  // int, uint, double or event number.
  constexpr bool is_numeric() const { return kind() >= Kind::integer && kind() <= Kind::number; }
  constexpr bool is_json() const {
    return form() == Form::json && (is(Kind::list) || is(Kind::map));
  }
  constexpr Form form() const { return static_cast<Form>(tag_ >> 8 & 0xff); }

  constexpr bool as_bool() const { return payload_.b; }
  constexpr std::int64_t as_int() const { return payload_.i; }    // integer, whole number, duration
  constexpr std::uint64_t as_uint() const { return payload_.u; }  // uinteger, big number
  constexpr double as_real() const { return payload_.d; }         // real, number in plain form
  constexpr std::string_view text() const {
    return {payload_.text, extra()};
  }                                                              // string, bytes, json
  constexpr std::int64_t seconds() const { return payload_.i; }  // timestamp
  constexpr std::uint32_t nanos() const { return extra(); }      // timestamp
  constexpr Kind named_type() const { return static_cast<Kind>(payload_.u); }
  constexpr const Value* items() const { return payload_.items; }  // list in plain form
  constexpr std::uint32_t count() const { return extra(); }        // list in plain form
  constexpr const MapData* map_data() const { return payload_.map; }
  constexpr const Value* content() const { return payload_.items; }  // optional; nullptr: none
  constexpr const Address* address() const { return payload_.address; }
  constexpr ErrorKind error_kind() const { return static_cast<ErrorKind>(form()); }
  constexpr std::uint32_t node() const { return extra(); }  // error: where in the program
  constexpr const ErrorDetail* detail() const { return payload_.detail; }
  constexpr std::uint64_t packed_kinds() const { return payload_.u; }
  // The same error at another place.
  constexpr Value at(std::uint32_t node) const {
    Value copy = *this;
    copy.tag_ = (tag_ & 0xffffffff) | std::uint64_t{node} << 32;
    return copy;
  }

 private:
  union Payload {
    bool b;
    std::int64_t i;
    std::uint64_t u;
    double d;
    const char* text;
    const Value* items;
    const MapData* map;
    const Address* address;
    const ErrorDetail* detail;
  };

  constexpr Value(Kind kind, Form form, std::uint32_t extra, Payload payload)
      : payload_(payload),
        tag_(static_cast<std::uint64_t>(kind) | static_cast<std::uint64_t>(form) << 8 |
             std::uint64_t{extra} << 32) {}
  constexpr std::uint32_t extra() const { return static_cast<std::uint32_t>(tag_ >> 32); }
  static constexpr Value text_of(Kind kind, std::string_view s) {
    return {kind, Form::plain, static_cast<std::uint32_t>(s.size()), Payload{.text = s.data()}};
  }

  Payload payload_{.u = 0};
  // Kind, form and 32 bits more, in one word: compilers then move a Value as two registers and
  // never take it apart.
  std::uint64_t tag_ = static_cast<std::uint64_t>(Kind::null);
};
static_assert(sizeof(Value) == 16);

// What an error says beyond its kind.
struct ErrorDetail {
  std::string_view text;  // "not an int", or empty; a literal, or in the arena
  Value subject;          // what was refused; null: nothing to show
  bool has_subject = false;
};

struct Entry {
  Value key;
  Value value;
};

// An internet address, or with a prefix length a range of them.
struct Address {
  std::uint8_t octets[16] = {};  // IPv4 in the first four
  bool v4 = false;
  std::uint8_t prefix = 0;  // cidr only

  constexpr std::size_t size() const { return v4 ? 4 : 16; }
  constexpr int bits() const { return v4 ? 32 : 128; }
};

}  // namespace streamutils::expr
