// Canonical keys: equal values have equal keys, and only they.  Input: a seed, then lines that are
// each one JSON value.
//
// A value keeps its key when it is spelled anew (spaces, escapes, zeros and exponents, the order of
// members); a key is its own key; and keys that are equal belong to values that simdjson's DOM
// takes for equal.
// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/record.h"
#include "json/writer.h"

namespace {

using streamutils::Kind;
using streamutils::Record;
using streamutils::Value;
namespace dom = simdjson::dom;
using Random = std::mt19937;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string padded(std::string text) { return std::move(text.append(Record::kPadding, '\0')); }

// The value of a line {"v":JSON}, or missing.  `line` keeps the bytes.
Value parse(std::string_view json, std::string& line, Record& record) {
  line = "{\"v\":" + std::string(json) + "}";
  const std::size_t size = line.size();
  line = padded(std::move(line));
  record.reset({line.data(), size});
  return record.ok() ? record.member("v") : Value();
}

std::string key_of(Value value) {
  std::string key;
  streamutils::append_key(key, value);
  return key;
}

// --- A key by the DOM, in which numbers are doubles
// ------------------------------------------------

void append_number(std::string& out, dom::element element) {
  const double d = element.get_double().value();
  if (element.is_double() && (std::floor(d) != d || std::abs(d) > 9e15)) {
    out += std::to_string(d) + "~";
  } else if (element.is_double()) {
    out += std::to_string(static_cast<std::int64_t>(d));
  } else if (element.is_uint64() && !element.is_int64()) {
    out += std::to_string(element.get_uint64().value());
  } else {
    out += std::to_string(element.get_int64().value());
  }
}

void append_dom_key(std::string& out, dom::element element, bool& inexact) {
  if (element.is_object()) {
    std::map<std::string_view, dom::element> members;
    for (const dom::key_value_pair member : dom::object(element))
      members.try_emplace(member.key, member.value);
    out += '{';
    for (const auto& [name, value] : members) {
      streamutils::append_json_string(out, name);
      append_dom_key(out, value, inexact);
    }
    out += '}';
  } else if (element.is_array()) {
    out += '[';
    for (const dom::element value : dom::array(element)) {
      append_dom_key(out, value, inexact);
      out += ',';
    }
    out += ']';
  } else if (element.is_string()) {
    streamutils::append_json_string(out, element.get_string().value());
  } else if (element.is_number()) {
    inexact = inexact || element.is_double();
    append_number(out, element);
  } else {
    out += simdjson::minify(element);
  }
}

// --- Another spelling of the same value
// ------------------------------------------------------------

void append_unit(std::string& out, unsigned unit) {
  char text[8];
  std::snprintf(text, sizeof text, "\\u%04X", unit);
  out += text;
}

// ASCII letters may be written as escapes; all else is kept.
void respell_string(std::string& out, std::string_view raw, Random& random) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\') {
      out += raw.substr(i, 2);
      ++i;
    } else if (raw[i] > 0x20 && raw[i] != '"' && random() % 4 == 0 &&
               (i == 0 || raw[i - 1] != 'u') && raw.find('\\') == raw.npos) {
      append_unit(out, static_cast<unsigned char>(raw[i]));
    } else {
      out += raw[i];
    }
  }
}

void respell_number(std::string& out, std::string_view raw, Random& random) {
  out += raw;
  if (raw.find_first_of("eE") != raw.npos) return;
  const bool has_point = raw.find('.') != raw.npos;
  if (random() % 2 == 0) out += has_point ? "0" : ".00";
  if (random() % 2 == 0) out += random() % 2 == 0 ? "e0" : "E-00";
}

void append_spaces(std::string& out, Random& random) {
  out.append(random() % 3, " \t"[random() % 2]);
}

void respell(std::string& out, std::string_view json, Random& random);

void respell_object(std::string& out, const Record& record, Random& random) {
  std::vector<std::pair<std::string, std::string>> members;
  bool duplicates = false;
  record.for_each([&](std::string_view name, Value value) {
    std::string scratch;
    const std::string text(Value(Kind::string, name).text(scratch));
    for (const auto& member : members) {
      duplicates = duplicates || Value(Kind::string, member.first).text(scratch) == text;
    }
    members.emplace_back(name, value.raw());
    return true;
  });
  if (!duplicates) std::shuffle(members.begin(), members.end(), random);
  out += '{';
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ',';
    append_spaces(out, random);
    respell_string(out, members[i].first, random);
    append_spaces(out, random);
    out += ':';
    respell(out, members[i].second, random);
  }
  out += '}';
}

void respell(std::string& out, std::string_view json, Random& random) {
  append_spaces(out, random);
  if (json[0] == '{') {
    const std::string line = padded(std::string(json));
    Record record;
    record.reset({line.data(), json.size()});
    respell_object(out, record, random);
  } else if (json[0] == '"') {
    respell_string(out, json, random);
  } else if (json[0] == '-' || (json[0] >= '0' && json[0] <= '9')) {
    respell_number(out, json, random);
  } else {
    out += json;
  }
  append_spaces(out, random);
}

struct Known {
  std::string key;
  std::string dom_key;
  bool in_dom = false;
  bool inexact = false;
};

Known check_value(std::string_view json, Random& random) {
  Known known;
  std::string line;
  Record record;
  const Value value = parse(json, line, record);
  if (!value.exists()) return known;
  known.key = key_of(value);

  std::string other = "", other_line;
  respell(other, value.raw(), random);
  Record other_record;
  require(key_of(parse(other, other_line, other_record)) == known.key);
  require(key_of(parse(known.key, other_line, other_record)) == known.key);

  dom::parser parser;
  dom::element element;
  const std::string bytes = padded(std::string(value.raw()));
  known.in_dom = !parser.parse(bytes.data(), value.raw().size(), false).get(element);
  if (known.in_dom) append_dom_key(known.dom_key, element, known.inexact);
  return known;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 4000) return 0;
  Random random(data[0]);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<Known> values;
  while (!rest.empty() && values.size() < 8) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const Known known = check_value(rest.substr(0, end + 1), random);
    if (!known.key.empty()) values.push_back(known);
    rest.remove_prefix(end + 1);
  }
  for (const Known& a : values) {
    for (const Known& b : values) {
      if (!a.in_dom || !b.in_dom) continue;
      if (a.key == b.key) require(a.dom_key == b.dom_key);
      if (a.dom_key == b.dom_key && !a.inexact && !b.inexact) require(a.key == b.key);
    }
  }
  return 0;
}
