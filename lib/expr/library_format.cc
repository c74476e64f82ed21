// 'text %s'.format([values]): the clauses of the strings extension.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "expr/compare.h"
#include "expr/json_output.h"
#include "expr/library.h"
#include "expr/time_value.h"
#include "expr/utf8.h"

namespace streamutils::expr {
namespace {

constexpr int kMaxPrecision = 1000;

// One clause: %[.precision]letter.
struct Clause {
  char letter = 's';
  int precision = 6;
};

// NaN and the infinities, which all number clauses spell alike; nothing for other doubles.
std::optional<std::string> special_text(double d) {
  if (std::isnan(d)) return "NaN";
  if (std::isinf(d)) return d > 0 ? "Infinity" : "-Infinity";
  return std::nullopt;
}

std::string decimal_text(Value v) {
  const double d = to_double(v);
  if (const auto special = special_text(d)) return *special;
  const bool digits_only = v.is(Kind::integer) || v.is(Kind::uinteger) ||
                           v.form() == Value::Form::whole || v.form() == Value::Form::big;
  if (digits_only) {
    std::string text;
    append_number(text, v);
    return text;
  }
  char buffer[400];  // the shortest digits, never an exponent
  return {buffer, std::to_chars(buffer, std::end(buffer), d, std::chars_format::fixed).ptr};
}

// Bytes as text: each run of what is no UTF-8 as one U+FFFD.
std::string lossy_text(std::string_view bytes) {
  std::string out;
  bool broken = false;
  while (!bytes.empty()) {
    const std::size_t n = code_point_size(bytes);
    const std::uint32_t c = code_point(bytes);
    const bool bad = (n == 1 && c == 0xfffd) || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff;
    if (bad && !broken) out += "\xef\xbf\xbd";
    if (!bad) out += bytes.substr(0, n);
    broken = bad;
    bytes.remove_prefix(n);
  }
  return out;
}

class Formatter {
 public:
  Formatter(Context& c, std::string_view format, std::span<const Value> values)
      : context_(c), rest_(format), values_(values), out_(c) {}

  Value run() {
    while (!rest_.empty() && !failure_ && !out_.full()) {
      const std::size_t percent = rest_.find('%');
      out_.append(rest_.substr(0, percent));
      if (percent == std::string_view::npos) break;
      rest_.remove_prefix(percent + 1);
      clause();
    }
    if (failure_) return *failure_;
    return out_.finish();
  }

 private:
  void refuse(std::string_view text) {
    if (!failure_) failure_ = fail(context_.arena(), ErrorKind::bad_value, text);
  }

  void clause() {
    if (rest_.starts_with('%')) {
      out_.append("%");
      rest_.remove_prefix(1);
      return;
    }
    Clause clause;
    if (rest_.starts_with('.')) precision(clause);
    if (rest_.empty()) return refuse("the format ends in a clause");
    clause.letter = rest_[0];
    rest_.remove_prefix(1);
    if (next_ == values_.size()) return refuse("the format has more clauses than there are values");
    put(clause, values_[next_++]);
  }

  void precision(Clause& clause) {
    rest_.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(rest_.data(), rest_.data() + rest_.size(), clause.precision);
    const auto used = static_cast<std::size_t>(end - rest_.data());
    if (error != std::errc() || clause.precision < 0 || clause.precision > kMaxPrecision) {
      return refuse("bad precision in the format");
    }
    rest_.remove_prefix(used);
  }

  void put(const Clause& clause, Value v) {
    switch (clause.letter) {
      case 's':
        return text(v, 0);
      case 'd':
        return v.is_numeric() ? add(decimal_text(v)) : mismatched(v);
      case 'f':
        return v.is_numeric() ? real(v, "{:.{}f}", clause.precision) : mismatched(v);
      case 'e':
        return v.is_numeric() ? real(v, "{:.{}e}", clause.precision) : mismatched(v);
      case 'b':
        if (v.is(Kind::boolean)) return add(v.as_bool() ? "1" : "0");
        return integer(v, 2);
      case 'o':
        return integer(v, 8);
      case 'x':
        return hex(v, "{:02x}");
      case 'X':
        return hex(v, "{:02X}");
      default:
        return refuse("unknown clause in the format");
    }
  }

  void add(std::string_view text) { out_.append(text); }
  void mismatched(Value v) { failure_ = no_overload({Value::string(""), v}); }

  void real(Value v, const char* format, int precision) {
    const double d = to_double(v);
    if (const auto special = special_text(d)) return add(*special);
    add(fmt::format(fmt::runtime(format), d, precision));
  }

  // Sign and digits of an int, a uint or a whole event number.
  void integer(Value v, int base) {
    char buffer[80];
    if (const auto i = whole_number(v)) {
      return add({buffer, static_cast<std::size_t>(
                              std::to_chars(buffer, std::end(buffer), *i, base).ptr - buffer)});
    }
    const bool is_uint =
        v.is(Kind::uinteger) || (v.is(Kind::number) && v.form() == Value::Form::big);
    if (!is_uint) return mismatched(v);
    add({buffer, static_cast<std::size_t>(
                     std::to_chars(buffer, std::end(buffer), v.as_uint(), base).ptr - buffer)});
  }

  void hex(Value v, const char* byte_format) {
    if (v.is(Kind::string) || v.is(Kind::bytes)) {
      for (const char c : v.text()) {
        add(fmt::format(fmt::runtime(byte_format), static_cast<unsigned char>(c)));
      }
      return;
    }
    TextBuilder& out = out_;
    const std::size_t before = out.text().size();
    integer(v, 16);
    if (byte_format[4] != 'X') return;
    for (std::size_t i = before; i < out.text().size(); ++i) {
      char& c = out.text()[i];
      if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    }
  }

  void text(Value v, int depth) {
    if (depth > kMaxValueDepth) return refuse("nested too deeply to be formatted");
    switch (v.kind()) {
      case Kind::null:
        return add("null");
      case Kind::boolean:
        return add(v.as_bool() ? "true" : "false");
      case Kind::string:
        return add(v.text());
      case Kind::bytes:
        return add(lossy_text(v.text()));
      case Kind::type:
        return add(type_name(v.named_type()));
      case Kind::list:
        return list(v, depth);
      case Kind::map:
        return map(v, depth);
      case Kind::timestamp:
      case Kind::duration:
      case Kind::ip:
      case Kind::cidr:
        return other(v);
      default:
        return v.is_numeric() ? add(decimal_text(v)) : mismatched(v);
    }
  }

  void other(Value v) {
    std::string text;
    if (v.is(Kind::timestamp)) append_timestamp(text, v);
    if (v.is(Kind::duration)) append_span(text, v);
    if (v.is(Kind::ip) || v.is(Kind::cidr)) append_address(text, v);
    add(text);
  }

  void list(Value v, int depth) {
    add("[");
    bool first = true;
    for (const Value& item : elements(context_.arena(), v)) {
      if (!first) add(", ");
      first = false;
      text(item, depth + 1);
      if (failure_ || out_.full()) return;
    }
    add("]");
  }

  // Entries in the order of their keys as text, so that the result does not depend on the map's
  // order.
  void map(Value v, int depth) {
    std::vector<std::pair<std::string, Value>> sorted;
    for (const Entry& e : entries(context_.arena(), v)) {
      sorted.emplace_back(e.key.is(Kind::string)    ? std::string(e.key.text())
                          : e.key.is(Kind::boolean) ? (e.key.as_bool() ? "true" : "false")
                                                    : decimal_text(e.key),
                          e.value);
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    add("{");
    bool first = true;
    for (const auto& [key, value] : sorted) {
      if (!first) add(", ");
      first = false;
      add(key);
      add(": ");
      text(value, depth + 1);
      if (failure_ || out_.full()) return;
    }
    add("}");
  }

  Context& context_;
  std::string_view rest_;
  std::span<const Value> values_;
  std::size_t next_ = 0;
  TextBuilder out_;
  std::optional<Value> failure_;
};

Value format(Context& c, Arguments args) {
  if (!args[0].is(Kind::string) || !args[1].is(Kind::list)) return mismatch(args);
  return Formatter(c, args[0].text(), elements(c.arena(), args[1])).run();
}

constexpr Function kFunctions[] = {
    {"format", CallStyle::method, 2, 2, format, "s.format(l)",
     "s with its clauses replaced by the values of the list: %s any, %d decimal, %f and %e with a "
     "precision (%.2f), %b binary, %o octal, %x %X hexadecimal, %% a percent sign.",
     "'%s: %.2f (%x)'.format(['a', 1.005, 255])", "'a: 1.00 (ff)'"},
};

}  // namespace

Library format_library() { return {"Formatting", kFunctions}; }

}  // namespace streamutils::expr
