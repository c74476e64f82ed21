// SPDX-License-Identifier: Apache-2.0
#include "expr/json_output.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "expr/compare.h"
#include "expr/container.h"
#include "expr/number.h"
#include "expr/time_value.h"
#include "json/writer.h"

namespace streamutils::expr {
namespace {

JsonTrouble put_number(std::string& out, Value v) {
  char text[kNumberRoom];
  const char* const end = write_number(text, v);
  if (end == nullptr) return JsonTrouble::not_finite;
  out.append(text, static_cast<std::size_t>(end - text));
  return JsonTrouble::none;
}

class Output {
 public:
  Output(Arena& arena, std::string& out) : arena_(arena), out_(out) {}

  JsonTrouble put(Value v, int depth = 0) {
    if (depth > kMaxValueDepth) return JsonTrouble::too_deep;
    switch (v.kind()) {
      case Kind::error:
        return JsonTrouble::error;
      case Kind::null:
        out_ += "null";
        return JsonTrouble::none;
      case Kind::boolean:
        out_ += v.as_bool() ? "true" : "false";
        return JsonTrouble::none;
      case Kind::integer:
      case Kind::uinteger:
      case Kind::real:
      case Kind::number:
        return put_number(out_, v);
      case Kind::string:
        append_json_string(out_, v.text());
        return JsonTrouble::none;
      case Kind::list:
        return list(v, depth);
      case Kind::map:
        return map(v, depth);
      case Kind::optional:
        return v.content() == nullptr ? JsonTrouble::empty : put(*v.content(), depth + 1);
      default:
        return quoted(v);
    }
  }

 private:
  // What JSON has no type for, as a string; none of these needs an escape.
  JsonTrouble quoted(Value v) {
    out_ += '"';
    if (v.is(Kind::timestamp)) append_timestamp(out_, v);
    if (v.is(Kind::duration)) append_span(out_, v);
    if (v.is(Kind::bytes)) append_base64(out_, v.text());
    if (v.is(Kind::type)) out_ += type_name(v.named_type());
    if (v.is(Kind::ip) || v.is(Kind::cidr)) append_address(out_, v);
    out_ += '"';
    return JsonTrouble::none;
  }

  static bool is_empty(Value v) { return v.is(Kind::optional) && v.content() == nullptr; }

  JsonTrouble list(Value v, int depth) {
    if (v.is_json()) {
      out_ += v.text();
      return JsonTrouble::none;
    }
    out_ += '[';
    bool first = true;
    for (const Value& item : elements(arena_, v)) {
      if (is_empty(item)) continue;
      if (!first) out_ += ',';
      first = false;
      if (const auto trouble = put(item, depth + 1); trouble != JsonTrouble::none) return trouble;
    }
    out_ += ']';
    return JsonTrouble::none;
  }

  JsonTrouble map(Value v, int depth) {
    if (v.is_json()) {
      out_ += v.text();
      return JsonTrouble::none;
    }
    out_ += '{';
    bool first = true;
    for (const Entry& e : entries(arena_, v)) {
      if (is_empty(e.value)) continue;
      if (!first) out_ += ',';
      first = false;
      name(e.key);
      out_ += ':';
      if (const auto trouble = put(e.value, depth + 1); trouble != JsonTrouble::none)
        return trouble;
    }
    out_ += '}';
    return JsonTrouble::none;
  }

  void name(Value key) {
    if (key.is(Kind::string)) return append_json_string(out_, key.text());
    out_ += '"';
    put(key);
    out_ += '"';
  }

  Arena& arena_;
  std::string& out_;
};

// RFC 5952: lower case, the longest run of two or more zero groups (the first of equals) as "::".
void append_ipv6(std::string& out, const Address& a) {
  int run_begin = -1;
  int run_length = 1;
  unsigned groups[8];
  for (int i = 0; i < 8; ++i) groups[i] = unsigned{a.octets[2 * i]} << 8 | a.octets[2 * i + 1];
  for (int i = 0; i < 8; ++i) {
    int n = 0;
    while (i + n < 8 && groups[i + n] == 0) ++n;
    if (n <= run_length) continue;
    run_begin = i;
    run_length = n;
  }
  const int run_end = run_begin < 0 ? -1 : run_begin + run_length;
  for (int i = 0; i < 8; ++i) {
    if (i == run_begin) {
      out += "::";
      i = run_end - 1;
      continue;
    }
    if (i > 0 && i != run_end) out += ':';
    fmt::format_to(std::back_inserter(out), "{:x}", groups[i]);
  }
}

}  // namespace

JsonTrouble append_json(Arena& arena, std::string& out, Value v) {
  if (v.is_numeric()) return put_number(out, v);  // most results are
  const std::size_t before = out.size();
  const JsonTrouble trouble = Output(arena, out).put(v);
  if (trouble != JsonTrouble::none) out.resize(before);
  return trouble;
}

void append_base64(std::string& out, std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= n ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
}

void append_address(std::string& out, Value address) {
  const Address& a = *address.address();
  if (a.v4) {
    fmt::format_to(std::back_inserter(out), "{}.{}.{}.{}", a.octets[0], a.octets[1], a.octets[2],
                   a.octets[3]);
  } else {
    append_ipv6(out, a);
  }
  if (address.is(Kind::cidr)) fmt::format_to(std::back_inserter(out), "/{}", a.prefix);
}

}  // namespace streamutils::expr
