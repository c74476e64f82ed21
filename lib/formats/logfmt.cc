// logfmt: key=value pairs with spaces between, as Heroku and Go programs log.
//
//     level=info msg="hello \"world\"" debug took=12ms
//
// A key is any run of characters above the space but = and ".  A value is such a run (it may hold =
// too), or a text in quotes with the escapes of JSON; a key alone is true.  The format has no
// types: values are strings.  A line without any = is not of the format.
// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "formats/event_text.h"
#include "formats/format.h"
#include "json/grammar.h"
#include "json/string_text.h"

namespace streamutils {
namespace {

bool is_key(char c) { return static_cast<unsigned char>(c) > ' ' && c != '=' && c != '"'; }
bool is_bare(char c) { return static_cast<unsigned char>(c) > ' ' && c != '"'; }

template <typename Is>
std::string_view take(std::string_view& rest, Is is) {
  std::size_t n = 0;
  while (n < rest.size() && is(rest[n])) ++n;
  const std::string_view run = rest.substr(0, n);
  rest.remove_prefix(n);
  return run;
}

// The text in quotes at the start of rest, with its quotes; empty if it has no end.
std::string_view take_quoted(std::string_view& rest) {
  std::size_t i = 1;
  while (i < rest.size() && rest[i] != '"') i += rest[i] == '\\' ? 2 : 1;
  if (i >= rest.size()) return {};
  const std::string_view text = rest.substr(0, i + 1);
  rest.remove_prefix(i + 1);
  return text;
}

// The characters that a text in quotes stands for.  Where it is not of JSON, as Go also writes, an
// unknown escape is the character behind the backslash.
std::string unescape(std::string_view inner) {
  std::string plain;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '\\' && i + 1 < inner.size()) {
      const char code = inner[++i];
      plain += code == 'n' ? '\n' : code == 't' ? '\t' : code == 'r' ? '\r' : code;
    } else {
      plain += inner[i];
    }
  }
  return plain;
}

class Logfmt final : public LineDecoder {
 public:
  explicit Logfmt(NumberMembers numbers) : numbers_(std::move(numbers)) {}

  Decoded decode(std::string_view line, std::string& event) override {
    std::string_view rest = without_return(line);
    EventText members(event);
    bool has_pair = false;
    auto is_space = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
    while (true) {
      take(rest, is_space);
      if (rest.empty()) break;
      const std::string_view key = take(rest, is_key);
      if (key.empty()) return {Kind::bad, "expected a key"};
      members.quoted_key(spelled(key));
      if (!rest.starts_with('=')) {
        members.raw("true");
        continue;
      }
      has_pair = true;
      rest.remove_prefix(1);
      if (!append_value(members, key, rest)) return {Kind::bad, "a text in quotes without end"};
      if (!rest.empty() && !is_space(rest[0])) return {Kind::bad, "expected a space after a value"};
    }
    if (!has_pair) return {Kind::bad, "no key=value"};
    members.end();
    return {};
  }

 private:
  std::string_view spelled(std::string_view key) {
    key_.clear();
    append_json_string(key_, key);
    return key_;
  }

  bool append_value(EventText& members, std::string_view key, std::string_view& rest) {
    if (rest.starts_with('"')) {
      const std::string_view quoted = take_quoted(rest);
      if (quoted.empty()) return false;
      append_quoted(members, quoted.substr(1, quoted.size() - 2));
      return true;
    }
    const std::string_view value = take(rest, is_bare);
    if (!numbers_.empty() && numbers_.has(key)) {
      members.number_or_text(value);
    } else {
      members.text(value);
    }
    return true;
  }

  void append_quoted(EventText& members, std::string_view inner) {
    if (inner.find('\\') == inner.npos) return members.text(inner);
    text_.assign(1, '"').append(inner) += '"';
    std::string plain;
    if (check_string(text_).damage.empty()) {
      append_unescaped(plain, inner);
    } else {
      plain = unescape(inner);
    }
    members.text(plain);
  }

  NumberMembers numbers_;
  std::string key_;
  std::string text_;
};

}  // namespace

std::unique_ptr<LineDecoder> make_logfmt_decoder(NumberMembers numbers) {
  return std::make_unique<Logfmt>(std::move(numbers));
}

}  // namespace streamutils
