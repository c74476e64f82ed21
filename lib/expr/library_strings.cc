// The strings extension. Positions are code points, from 0.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "expr/library.h"
#include "expr/utf8.h"

namespace streamutils::expr {
namespace {

Value out_of_range(Context& c, Value position) {
  return fail(c.arena(), ErrorKind::out_of_range, "no position in the string", position);
}

Value char_at(Context& c, Arguments args) {
  const auto i = whole_number(args[1]);
  if (!args[0].is(Kind::string) || !i) return mismatch(args);
  const std::string_view text = args[0].text();
  const auto at = offset_of(text, *i);
  if (!at) return out_of_range(c, args[1]);
  const std::string_view rest = text.substr(*at);
  return Value::string(rest.substr(0, rest.empty() ? 0 : code_point_size(rest)));
}

// The code point number of a byte offset; -1 for none.
Value position(std::string_view text, std::size_t offset) {
  if (offset == std::string_view::npos) return Value::integer(-1);
  return Value::integer(static_cast<std::int64_t>(count_code_points(text.substr(0, offset))));
}

Value index_of(Context& c, Arguments args) {
  if (!all_are(args.first(2), Kind::string)) return mismatch(args);
  const std::string_view text = args[0].text();
  std::size_t from = 0;
  if (args.size() == 3) {
    const auto i = whole_number(args[2]);
    if (!i) return mismatch(args);
    const auto at = offset_of(text, *i);
    if (!at) return out_of_range(c, args[2]);
    from = *at;
  }
  return position(text, text.find(args[1].text(), from));
}

Value last_index_of(Context& c, Arguments args) {
  if (!all_are(args.first(2), Kind::string)) return mismatch(args);
  const std::string_view text = args[0].text();
  std::size_t from = text.size();
  if (args.size() == 3) {
    const auto i = whole_number(args[2]);
    if (!i) return mismatch(args);
    const auto at = offset_of(text, *i);
    if (!at) return out_of_range(c, args[2]);
    from = *at;
  }
  return position(text, text.rfind(args[1].text(), from));
}

Value join(Context& c, Arguments args) {
  if (!args[0].is(Kind::list) || !all_are(args.subspan(1), Kind::string)) return mismatch(args);
  const std::string_view separator = args.size() == 2 ? args[1].text() : std::string_view();
  TextBuilder out(c);
  bool first = true;
  for (const Value& item : elements(c.arena(), args[0])) {
    if (!item.is(Kind::string)) return no_overload({args[0], item});
    if (!first && !out.append(separator)) break;
    if (!out.append(item.text())) break;
    first = false;
  }
  return out.finish();
}

template <char from, char to>
Value recased(Context& c, Arguments args) {
  if (!args[0].is(Kind::string)) return mismatch(args);
  std::string text(args[0].text());
  for (char& ch : text) {
    if (ch >= from && ch <= from + 25) ch = static_cast<char>(ch - from + to);
  }
  return make_string(c, text);
}

Value quote_text(Context& c, Arguments args) {
  if (!args[0].is(Kind::string)) return mismatch(args);
  static constexpr std::string_view kSpecial = "\a\b\f\n\r\t\v\\\"";
  static constexpr std::string_view kLetters = "abfnrtv\\\"";
  TextBuilder out(c);
  out.append("\"");
  for (std::string_view rest = args[0].text(); !rest.empty();) {
    const std::size_t n = code_point_size(rest);
    const std::size_t special = kSpecial.find(rest[0]);
    if (special != std::string_view::npos) {
      const char escape[] = {'\\', kLetters[special]};
      out.append({escape, 2});
    } else if (n == 1 && static_cast<unsigned char>(rest[0]) >= 0x80) {
      out.append("\xef\xbf\xbd");
    } else {
      out.append(rest.substr(0, n));
    }
    rest.remove_prefix(n);
  }
  out.append("\"");
  return out.finish();
}

// Replacing the empty string puts the new one between all code points, and at both ends.
Value replace_nothing(Context& c, std::string_view text, std::string_view by, std::int64_t limit) {
  TextBuilder out(c);
  for (; limit != 0; --limit) {
    if (!out.append(by)) break;
    if (text.empty()) break;
    const std::size_t n = code_point_size(text);
    out.append(text.substr(0, n));
    text.remove_prefix(n);
  }
  out.append(text);
  return out.finish();
}

Value replace(Context& c, Arguments args) {
  if (!all_are(args.first(3), Kind::string)) return mismatch(args);
  const auto limit = args.size() == 4 ? whole_number(args[3]) : std::optional<std::int64_t>(-1);
  if (!limit) return mismatch(args);
  std::string_view text = args[0].text();
  const std::string_view what = args[1].text();
  if (what.empty()) return replace_nothing(c, text, args[2].text(), *limit);
  TextBuilder out(c);
  for (std::int64_t left = *limit; left != 0; --left) {
    const std::size_t at = text.find(what);
    if (at == std::string_view::npos) break;
    out.append(text.substr(0, at));
    if (!out.append(args[2].text())) break;
    text.remove_prefix(at + what.size());
  }
  out.append(text);
  return out.finish();
}

// The next piece of text, which loses it and the separator; without a separator, a code point.
std::string_view next_piece(std::string_view& text, std::string_view separator, bool last) {
  std::size_t end =
      separator.empty() ? (text.empty() ? 0 : code_point_size(text)) : text.find(separator);
  if (last || end == std::string_view::npos) end = text.size();
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + separator.size()));
  return piece;
}

Value split(Context& c, Arguments args) {
  if (!all_are(args.first(2), Kind::string)) return mismatch(args);
  const auto limit = args.size() == 3 ? whole_number(args[2]) : std::optional<std::int64_t>(-1);
  if (!limit) return mismatch(args);
  std::string_view text = args[0].text();
  const std::string_view separator = args[1].text();
  if (!c.arena().room(text.size() * sizeof(Value))) return fail(ErrorKind::too_large);
  std::vector<Value> pieces;
  bool more = *limit != 0 && !(separator.empty() && text.empty());
  while (more) {
    const bool last = *limit > 0 && pieces.size() + 1 == static_cast<std::size_t>(*limit);
    more = !last && (separator.empty() ? text.size() > code_point_size(text)
                                       : text.find(separator) != std::string_view::npos);
    pieces.push_back(Value::string(next_piece(text, separator, last)));
  }
  return make_list(c.arena(), pieces);
}

Value substring(Context& c, Arguments args) {
  if (!args[0].is(Kind::string)) return mismatch(args);
  const std::string_view text = args[0].text();
  const auto from = whole_number(args[1]);
  if (!from) return mismatch(args);
  const auto begin = offset_of(text, *from);
  if (!begin) return out_of_range(c, args[1]);
  if (args.size() == 2) return Value::string(text.substr(*begin));
  const auto to = whole_number(args[2]);
  if (!to) return mismatch(args);
  const auto end = offset_of(text, *to);
  if (!end || *to < *from) return out_of_range(c, args[2]);
  return Value::string(text.substr(*begin, *end - *begin));
}

// White space of Unicode (property White_Space).
bool is_white(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

Value trim(Context&, Arguments args) {
  if (!args[0].is(Kind::string)) return mismatch(args);
  std::string_view text = args[0].text();
  while (!text.empty() && is_white(code_point(text))) text.remove_prefix(code_point_size(text));
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    at += code_point_size(rest);
    if (!is_white(code_point(rest))) end = at;
  }
  return Value::string(text.substr(0, end));
}

Value reversed_text(Context& c, Value v) {
  const std::string_view text = v.text();
  std::string out(text.size(), '\0');
  std::size_t to = text.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = code_point_size(text.substr(at));
    to -= n;
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), n,
                out.begin() + static_cast<std::ptrdiff_t>(to));
    at += n;
  }
  return make_string(c, out);
}

Value reverse(Context& c, Arguments args) {
  if (args[0].is(Kind::string)) return reversed_text(c, args[0]);
  if (!args[0].is(Kind::list)) return mismatch(args);
  const auto items = elements(c.arena(), args[0]);
  std::vector<Value> out(items.rbegin(), items.rend());
  return make_list(c.arena(), out);
}

constexpr Function kFunctions[] = {
    {"charAt", CallStyle::method, 2, 2, char_at, "s.charAt(n)",
     "The character at position n; '' right behind the last.", "'hello'.charAt(4)", "'o'"},
    {"indexOf", CallStyle::method, 2, 3, index_of, "s.indexOf(t[, from])",
     "The first position of t, -1 if it is not there.", "'hello mellow'.indexOf('ello', 2)", "7"},
    {"lastIndexOf", CallStyle::method, 2, 3, last_index_of, "s.lastIndexOf(t[, from])",
     "The last position of t that is not after from; -1 if there is none.",
     "'hello mellow'.lastIndexOf('ello')", "7"},
    {"join", CallStyle::method, 1, 2, join, "l.join([separator])", "The strings of a list as one.",
     "['a', 'b'].join('-')", "'a-b'"},
    {"lowerAscii", CallStyle::method, 1, 1, recased<'A', 'a'>, "s.lowerAscii()",
     "ASCII letters in lower case.", "'TacoCat'.lowerAscii()", "'tacocat'"},
    {"upperAscii", CallStyle::method, 1, 1, recased<'a', 'A'>, "s.upperAscii()",
     "ASCII letters in upper case.", "'TacoCat'.upperAscii()", "'TACOCAT'"},
    {"strings.quote", CallStyle::global, 1, 1, quote_text, "strings.quote(s)",
     "s in double quotes, special characters escaped.", "strings.quote('a\\n')", "'\"a\\\\n\"'"},
    {"replace", CallStyle::method, 3, 4, replace, "s.replace(old, new[, n])",
     "s with old replaced by new, at most n times.", "'hello hello'.replace('he', 'we', 1)",
     "'wello hello'"},
    {"split", CallStyle::method, 2, 3, split, "s.split(separator[, n])",
     "The pieces between separators, at most n of them; by '' into characters.",
     "'a/b/c'.split('/', 2)", "['a', 'b/c']"},
    {"substring", CallStyle::method, 2, 3, substring, "s.substring(from[, to])",
     "The characters from `from` up to before `to`.", "'tacocat'.substring(0, 4)", "'taco'"},
    {"trim", CallStyle::method, 1, 1, trim, "s.trim()", "s without white space around.",
     "'  x\\n'.trim()", "'x'"},
    {"reverse", CallStyle::method, 1, 1, reverse, "s.reverse(), l.reverse()",
     "Characters, or elements, in reverse order.", "'gums'.reverse()", "'smug'"},
};

}  // namespace

Library string_library() { return {"Strings", kFunctions}; }

}  // namespace streamutils::expr
