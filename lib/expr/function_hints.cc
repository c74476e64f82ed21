// SPDX-License-Identifier: Apache-2.0
#include "expr/function_hints.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "base/text.h"
#include "expr/functions.h"

namespace streamutils::expr {
namespace {

struct Foreign {
  std::string_view name;  // in lower case
  std::string_view here;
};

constexpr Foreign kForeign[] = {
    {"upper", "s.upperAscii()"},
    {"ucase", "s.upperAscii()"},
    {"toupper", "s.upperAscii()"},
    {"touppercase", "s.upperAscii()"},
    {"ascii_upcase", "s.upperAscii()"},
    {"lower", "s.lowerAscii()"},
    {"lcase", "s.lowerAscii()"},
    {"tolower", "s.lowerAscii()"},
    {"tolowercase", "s.lowerAscii()"},
    {"ascii_downcase", "s.lowerAscii()"},
    {"len", "size(x)"},
    {"length", "size(x)"},
    {"strlen", "size(x)"},
    {"char_length", "size(x)"},
    {"strip", "s.trim()"},
    {"ltrimstr", "s.replace(old, new)"},
    {"concat", "a + b"},
    {"substr", "s.substring(from, to)"},
    {"includes", "s.contains(t)"},
    {"like", "s.matches(re)"},
    {"test", "s.matches(re)"},
    {"regexp_like", "s.matches(re)"},
    {"sub", "regex.replace(s, re, t)"},
    {"gsub", "regex.replace(s, re, t)"},
    {"regexp_replace", "regex.replace(s, re, t)"},
    {"capture", "regex.extract(s, re)"},
    {"regexp_extract", "regex.extract(s, re)"},
    {"printf", "s.format([x, y])"},
    {"sprintf", "s.format([x, y])"},
    {"str", "string(x)"},
    {"tostring", "string(x)"},
    {"float", "double(x)"},
    {"number", "double(x)"},
    {"tonumber", "double(x)"},
    {"parsefloat", "double(x)"},
    {"parseint", "int(x)"},
    {"boolean", "bool(x)"},
    {"typeof", "type(x)"},
    {"ceiling", "math.ceil(x)"},
    {"min", "math.least(a, b)"},
    {"max", "math.greatest(a, b)"},
    {"if", "condition ? a : b"},
    {"iif", "condition ? a : b"},
    {"ifelse", "condition ? a : b"},
    {"coalesce", "this.?a.orValue(b)"},
    {"ifnull", "this.?a.orValue(b)"},
    {"nvl", "this.?a.orValue(b)"},
    {"isnull", "x == null"},
    {"is_null", "x == null"},
    {"any", "l.exists(x, condition)"},
    {"select", "l.filter(x, condition)"},
    {"keys", "m.map(k, k)"},
    {"date", "timestamp(x)"},
    {"todate", "timestamp(x)"},
    {"fromdate", "timestamp(x)"},
    {"to_timestamp", "timestamp(x)"},
    {"year", "t.getFullYear()"},
    {"month", "t.getMonth()"},
    {"day", "t.getDate()"},
    {"hour", "t.getHours()"},
    {"minute", "t.getMinutes()"},
};

std::string lower_case(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// The signature of a function that has this name behind its namespace: round is math.round.
std::string_view in_a_namespace(std::string_view name) {
  for (const Library& library : libraries()) {
    for (const Function& f : library.functions) {
      const std::size_t dot = f.name.find('.');
      if (dot != f.name.npos && f.name.substr(dot + 1) == name) return f.signature;
    }
  }
  return {};
}

}  // namespace

std::string function_hint(std::string_view name) {
  const std::string lower = lower_case(name);
  const auto* foreign = std::find_if(std::begin(kForeign), std::end(kForeign),
                                     [&](const Foreign& f) { return f.name == lower; });
  std::string_view here = in_a_namespace(lower);
  if (foreign != std::end(kForeign)) here = foreign->here;
  if (here.empty()) return did_you_mean(name, function_names());
  return ", it is written " + std::string(here);
}

}  // namespace streamutils::expr
