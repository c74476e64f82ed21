// The optional extension: values that may be absent. or, orValue, optMap and optFlatMap compute
// their arguments only if they need them, so the compiler has them.
// SPDX-License-Identifier: Apache-2.0
#include "expr/library.h"

namespace streamutils::expr {
namespace {

Value some(Context& c, Value v) { return Value::optional(c.arena().make(v)); }
Value none() { return Value::optional(nullptr); }

Value of(Context& c, Arguments args) { return some(c, args[0]); }
Value make_none(Context&, Arguments) { return none(); }

bool is_zero(Arena& arena, Value v) {
  switch (v.kind()) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return !v.as_bool();
    case Kind::integer:
    case Kind::uinteger:
    case Kind::real:
    case Kind::number:
      return to_double(v) == 0;
    case Kind::string:
    case Kind::bytes:
      return v.text().empty();
    case Kind::list:
      return list_size(v) == 0;
    case Kind::map:
      return map_size(arena, v) == 0;
    case Kind::duration:
      return v.as_int() == 0;
    case Kind::timestamp:
      return v.seconds() == 0 && v.nanos() == 0;
    case Kind::optional:
      return v.content() == nullptr;
    default:
      return false;
  }
}

Value of_non_zero(Context& c, Arguments args) {
  return is_zero(c.arena(), args[0]) ? none() : some(c, args[0]);
}

Value has_value(Context&, Arguments args) {
  if (!args[0].is(Kind::optional)) return mismatch(args);
  return Value::boolean(args[0].content() != nullptr);
}

Value value(Context& c, Arguments args) {
  if (!args[0].is(Kind::optional)) return mismatch(args);
  if (args[0].content() != nullptr) return *args[0].content();
  return fail(c.arena(), ErrorKind::bad_value, "the optional is empty");
}

// The contents of the optionals of a list that have any.
Value unwrap(Context& c, Arguments args) {
  if (!args[0].is(Kind::list)) return mismatch(args);
  std::vector<Value> contents;
  for (const Value& item : elements(c.arena(), args[0])) {
    if (!item.is(Kind::optional)) return no_overload({item});
    if (item.content() != nullptr) contents.push_back(*item.content());
  }
  return make_list(c.arena(), contents);
}

constexpr Function kFunctions[] = {
    {"optional.of", CallStyle::global, 1, 1, of, "optional.of(x)", "An optional that holds x.",
     "optional.of(1).value()", "1"},
    {"optional.none", CallStyle::global, 0, 0, make_none, "optional.none()", "An empty optional.",
     "optional.none().hasValue()", "false"},
    {"optional.ofNonZeroValue", CallStyle::global, 1, 1, of_non_zero, "optional.ofNonZeroValue(x)",
     "An optional that holds x, empty if x is null, false, zero or empty.",
     "optional.ofNonZeroValue('').hasValue()", "false"},
    {"optional.unwrap", CallStyle::global, 1, 1, unwrap, "optional.unwrap(l)",
     "The contents of a list of optionals.", "optional.unwrap([optional.of(1), optional.none()])",
     "[1]"},
    {"unwrapOpt", CallStyle::method, 1, 1, unwrap, "l.unwrapOpt()", "The same as a method.",
     "[optional.none(), optional.of(2)].unwrapOpt()", "[2]"},
    {"hasValue", CallStyle::method, 1, 1, has_value, "o.hasValue()",
     "True if the optional holds a value.", "{'a': 1}.?a.hasValue()", "true"},
    {"value", CallStyle::method, 1, 1, value, "o.value()",
     "The value; of an empty optional, an error.", "optional.none().value()", "error"},
};

constexpr Macro kMacros[] = {
    {"m.?f, m[?k], l[?i]",
     "An optional that holds the field, the entry, the element, if it is there.",
     "{'a': {'b': 1}}.?a.?c.orValue(0)", "0"},
    {"[?x], {?k: x}", "An element, or an entry, that is left out if the optional x is empty.",
     "[1, ?optional.none()]", "[1]"},
    {"o.orValue(x)", "The value, or x if the optional is empty.", "optional.none().orValue(7)",
     "7"},
    {"o.or(p)", "The optional, or p if it is empty.", "optional.none().or(optional.of(1)).value()",
     "1"},
    {"o.optMap(x, e)", "An optional of e, in which x stands for the value; empty if o is.",
     "optional.of(2).optMap(x, x * 2).value()", "4"},
    {"o.optFlatMap(x, e)", "The same where e is an optional itself.",
     "optional.of({'a': 1}).optFlatMap(m, m.?b).hasValue()", "false"},
};

}  // namespace

Library optional_library() { return {"Optionals", kFunctions, kMacros}; }

}  // namespace streamutils::expr
