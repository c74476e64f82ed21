// The standard definitions of CEL that are no operators: sizes, text tests, conversions.
// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/text.h"
#include "expr/json_output.h"
#include "expr/library.h"
#include "expr/time_value.h"
#include "expr/utf8.h"

namespace streamutils::expr {
namespace {

Value size(Context& c, Arguments args) {
  const Value v = args[0];
  std::size_t n = 0;
  switch (v.kind()) {
    case Kind::string:
      n = count_code_points(v.text());
      break;
    case Kind::bytes:
      n = v.text().size();
      break;
    case Kind::list:
      n = list_size(v);
      break;
    case Kind::map:
      n = map_size(c.arena(), v);
      break;
    default:
      return mismatch(args);
  }
  return Value::integer(static_cast<std::int64_t>(n));
}

Value contains(Context&, Arguments args) {
  if (!all_are(args, Kind::string)) return mismatch(args);
  return Value::boolean(args[0].text().find(args[1].text()) != std::string_view::npos);
}

Value starts_with(Context&, Arguments args) {
  if (!all_are(args, Kind::string)) return mismatch(args);
  return Value::boolean(args[0].text().starts_with(args[1].text()));
}

Value ends_with(Context&, Arguments args) {
  if (!all_are(args, Kind::string)) return mismatch(args);
  return Value::boolean(args[0].text().ends_with(args[1].text()));
}

Value matches(Context& c, Arguments args) {
  if (!all_are(args, Kind::string)) return mismatch(args);
  const re2::RE2* regex = c.regex(args[1].text());
  if (regex == nullptr)
    return fail(c.arena(), ErrorKind::bad_value, "no regular expression", args[1]);
  return Value::boolean(re2::RE2::PartialMatch(
      re2::StringPiece(args[0].text().data(), args[0].text().size()), *regex));
}

Value type(Context&, Arguments args) { return Value::type(args[0].kind()); }

Value unreadable(Context& c, std::string_view what, Value v) {
  return fail(c.arena(), ErrorKind::bad_value, what, v);
}

// --- Conversions ---------------------------------------------------------------------------------

Value int_of_text(Context& c, Value v) {
  std::string_view text = v.text();
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  std::int64_t i = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), i);
  if (error != std::errc() || end != text.data() + text.size())
    return unreadable(c, "not an int", v);
  return Value::integer(i);
}

// Both ends are out: as doubles, 2^63 - 1 is 2^63, and -2^63 may have been something less.
Value int_of_double(double d) {
  if (!(d > -0x1p63 && d < 0x1p63)) return fail(ErrorKind::overflow);
  return Value::integer(static_cast<std::int64_t>(d));
}

Value to_int(Context& c, Arguments args) {
  const Value v = args[0];
  switch (v.kind()) {
    case Kind::integer:
      return v;
    case Kind::uinteger:
      if (v.as_uint() >= std::uint64_t{1} << 63) return fail(ErrorKind::overflow);
      return Value::integer(static_cast<std::int64_t>(v.as_uint()));
    case Kind::real:
      return int_of_double(v.as_real());
    case Kind::number:
      if (const auto i = whole_number(v)) return Value::integer(*i);
      return int_of_double(to_double(v));
    case Kind::string:
      return int_of_text(c, v);
    case Kind::timestamp:
      return Value::integer(v.seconds());
    default:
      return mismatch(args);
  }
}

Value uint_of_double(double d) {
  if (!(d >= 0 && d < 0x1p64)) return fail(ErrorKind::overflow);
  return Value::uinteger(static_cast<std::uint64_t>(d));
}

Value uint_of_text(Context& c, Value v) {
  const std::string_view text = v.text();
  std::uint64_t u = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), u);
  if (error != std::errc() || end != text.data() + text.size())
    return unreadable(c, "not a uint", v);
  return Value::uinteger(u);
}

Value to_uint(Context& c, Arguments args) {
  const Value v = args[0];
  if (v.is(Kind::uinteger)) return v;
  if (const auto i = whole_number(v)) {
    if (*i < 0) return fail(ErrorKind::overflow);
    return Value::uinteger(static_cast<std::uint64_t>(*i));
  }
  if (v.is(Kind::number) && v.form() == Value::Form::big) return Value::uinteger(v.as_uint());
  if (v.is_numeric()) return uint_of_double(to_double(v));
  return v.is(Kind::string) ? uint_of_text(c, v) : mismatch(args);
}

// What strtod reads, without its leading spaces, hexadecimals and NaN payloads.
Value double_of_text(Context& c, Value v) {
  const std::string text(v.text());
  const bool plain = text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  std::string word = text;
  if (!word.empty() && (word[0] == '+' || word[0] == '-')) word.erase(0, 1);
  for (char& ch : word) ch = static_cast<char>(ch | 0x20);
  const bool named = word == "nan" || word == "inf" || word == "infinity";
  char* end = nullptr;
  const double d = std::strtod(text.c_str(), &end);
  if (text.empty() || !(plain || named) || end != text.c_str() + text.size()) {
    return unreadable(c, "not a double", v);
  }
  if (plain && std::isinf(d)) return fail(ErrorKind::overflow);
  return Value::real(d);
}

Value to_real(Context& c, Arguments args) {
  if (args[0].is_numeric()) return Value::real(to_double(args[0]));
  return args[0].is(Kind::string) ? double_of_text(c, args[0]) : mismatch(args);
}

Value to_text(Context& c, Arguments args) {
  const Value v = args[0];
  std::string text;
  switch (v.kind()) {
    case Kind::string:
      return v;
    case Kind::bytes:
      if (!is_utf8(v.text())) return unreadable(c, "not UTF-8", v);
      return Value::string(v.text());
    case Kind::boolean:
      return Value::string(v.as_bool() ? "true" : "false");
    case Kind::integer:
    case Kind::uinteger:
    case Kind::real:
    case Kind::number:
      append_number(text, v);
      break;
    case Kind::timestamp:
      append_timestamp(text, v);
      break;
    case Kind::duration:
      append_span(text, v);
      break;
    case Kind::ip:
    case Kind::cidr:
      append_address(text, v);
      break;
    default:
      return mismatch(args);
  }
  return make_string(c, text);
}

Value to_bytes(Context&, Arguments args) {
  if (args[0].is(Kind::bytes)) return args[0];
  return args[0].is(Kind::string) ? Value::bytes(args[0].text()) : mismatch(args);
}

Value to_bool(Context& c, Arguments args) {
  if (args[0].is(Kind::boolean)) return args[0];
  if (!args[0].is(Kind::string)) return mismatch(args);
  const std::string_view text = args[0].text();
  for (const std::string_view word : {"1", "t", "true", "TRUE", "True"}) {
    if (text == word) return Value::boolean(true);
  }
  for (const std::string_view word : {"0", "f", "false", "FALSE", "False"}) {
    if (text == word) return Value::boolean(false);
  }
  return unreadable(c, "not a bool", args[0]);
}

constexpr Function kFunctions[] = {
    {"size", CallStyle::either, 1, 1, size, "size(x), x.size()",
     "Code points of a string, bytes, elements of a list, entries of a map.", "size('h\xc3\xa9')",
     "2"},
    {"contains", CallStyle::method, 2, 2, contains, "s.contains(t)", "True if t is part of s.",
     "'hello'.contains('ell')", "true"},
    {"startsWith", CallStyle::method, 2, 2, starts_with, "s.startsWith(t)",
     "True if s begins with t.", "'/login/x'.startsWith('/login')", "true"},
    {"endsWith", CallStyle::method, 2, 2, ends_with, "s.endsWith(t)", "True if s ends with t.",
     "'a.png'.endsWith('.png')", "true"},
    {"matches", CallStyle::either, 2, 2, matches, "s.matches(re), matches(s, re)",
     "True if the regular expression (RE2) matches anywhere in s; ^ and $ anchor it.",
     "'GET /a 404'.matches(r' [45]\\d\\d$')", "true"},
    {"type", CallStyle::global, 1, 1, type, "type(x)",
     "The type of x; a number of the event is a double.", "type('a') == string", "true"},
    {"int", CallStyle::global, 1, 1, to_int, "int(x)",
     "From a number (cut towards zero), a string, a timestamp (seconds).", "int(-2.7)", "-2"},
    {"uint", CallStyle::global, 1, 1, to_uint, "uint(x)",
     "From a number that is not negative, or a string.", "uint('7')", "7u"},
    {"double", CallStyle::global, 1, 1, to_real, "double(x)", "From a number or a string.",
     "double('1e3')", "1000.0"},
    {"string", CallStyle::global, 1, 1, to_text, "string(x)",
     "From a bool, number, bytes (UTF-8), timestamp (RFC 3339), duration, ip, cidr.",
     "string(1.50)", "'1.5'"},
    {"bytes", CallStyle::global, 1, 1, to_bytes, "bytes(s)", "The UTF-8 of a string.", "bytes('a')",
     "b'a'"},
    {"bool", CallStyle::global, 1, 1, to_bool, "bool(s)",
     "From 1 t true TRUE True, 0 f false FALSE False.", "bool('True')", "true"},
};

constexpr Macro kMacros[] = {
    {"has(a), has(a.b)", "True if the event, or the map, has the field; null counts as present.",
     "has({'a': null}.a)", "true"},
    {"l.all(x, p)", "True if p holds for every element x of a list, or key x of a map.",
     "[1, 2].all(x, x > 0)", "true"},
    {"l.exists(x, p)", "True if p holds for some element.", "[1, 2].exists(x, x > 1)", "true"},
    {"l.exists_one(x, p)", "True if p holds for exactly one element; also existsOne.",
     "[1, 2].exists_one(x, x > 1)", "true"},
    {"l.filter(x, p)", "The elements for which p holds.", "[1, 2, 3].filter(x, x % 2 == 1)",
     "[1, 3]"},
    {"l.map(x, t), l.map(x, p, t)", "The list of t for every element (for which p holds).",
     "[1, 2].map(x, x * 10)", "[10, 20]"},
    {"dyn(x)", "x itself; a hint for type checkers, which this language has none of.", "dyn(1)",
     "1"},
    {"cel.bind(x, v, e)", "e, in which x stands for v.", "cel.bind(n, 1 + 1, n * n)", "4"},
};

}  // namespace

Library core_library() { return {"Standard functions", kFunctions, kMacros}; }

}  // namespace streamutils::expr
