// The common log format of web servers, and the combined one:
//
//     HOST IDENT USER [17/May/2015:10:05:03 +0000] "GET /path HTTP/1.1" STATUS BYTES
//     … "REFERRER" "AGENT"
//
// "-" stands for no value and becomes null.  Status and bytes are numbers by the format.  Inside
// quotes Apache and nginx escape with backslashes: \" \\ \n \t … and \xHH for a byte.
// SPDX-License-Identifier: Apache-2.0
#include "base/civil.h"
#include "base/digits.h"
#include "formats/event_text.h"
#include "formats/format.h"
#include "formats/month.h"

namespace streamutils {
namespace {

using digits::is_digit;

bool are_digits(std::string_view text) {
  for (const char c : text) {
    if (!is_digit(c)) return false;
  }
  return !text.empty();
}

// REQUIRES: digits, few enough for an int.
int to_int(std::string_view text) {
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value;
}

// "17/May/2015:10:05:03 +0000" as RFC 3339, in its own zone; false if it is not such a time.
bool append_clf_time(std::string& out, std::string_view t) {
  if (t.size() != 26 || t[2] != '/' || t[6] != '/' || t[11] != ':' || t[14] != ':' ||
      t[17] != ':' || t[20] != ' ' || (t[21] != '+' && t[21] != '-'))
    return false;
  for (const std::size_t at : {0, 1, 7, 8, 9, 10, 12, 13, 15, 16, 18, 19, 22, 23, 24, 25}) {
    if (!is_digit(t[at])) return false;
  }
  const int month = month_of(t.substr(3, 3));
  const civil::Date date{to_int(t.substr(7, 4)), month, to_int(t.substr(0, 2))};
  if (month == 0 || !civil::is_date(date) || t.substr(12, 2) > "23" || t.substr(15, 2) > "59" ||
      t.substr(18, 2) > "60" || t.substr(22, 2) > "23" || t.substr(24, 2) > "59")
    return false;
  out += '"';
  out += t.substr(7, 4);
  out += '-';
  out += static_cast<char>('0' + month / 10);
  out += static_cast<char>('0' + month % 10);
  out += '-';
  out += t.substr(0, 2);
  out += 'T';
  out += t.substr(12, 8);
  if (t.substr(22) == "0000") {
    out += "Z\"";
    return true;
  }
  out += t.substr(21, 3);
  out += ':';
  out += t.substr(24);
  out += '"';
  return true;
}

// The same, quick for a time of the same minute as the last one.
class ClfTime {
 public:
  bool append(EventText& members, std::string_view t) {
    if (!is_same_minute(t)) {
      json_.clear();
      last_.clear();
      if (!append_clf_time(json_, t)) return false;
      last_ = t;
    }
    json_[kSeconds] = t[18];
    json_[kSeconds + 1] = t[19];
    members.raw(json_);
    return true;
  }

 private:
  static constexpr std::size_t kSeconds = 18;  // in json_

  bool is_same_minute(std::string_view t) const {
    return !last_.empty() && t.size() == last_.size() &&
           t.substr(0, 18) == std::string_view(last_).substr(0, 18) &&
           t.substr(20) == std::string_view(last_).substr(20) && is_digit(t[18]) &&
           is_digit(t[19]) && t[18] < '6';
  }

  std::string last_;  // empty at first
  std::string json_;  // what it is
};

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

char escaped(char code) {
  constexpr std::string_view kCodes = "ntrbfv0";
  constexpr std::string_view kMeant("\n\t\r\b\f\v\0", 7);
  const std::size_t at = kCodes.find(code);
  return at == kCodes.npos ? code : kMeant[at];
}

std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
    } else if (text[i + 1] == 'x' && i + 3 < text.size() && hex_value(text[i + 2]) >= 0 &&
               hex_value(text[i + 3]) >= 0) {
      plain += static_cast<char>(hex_value(text[i + 2]) * 16 + hex_value(text[i + 3]));
      i += 3;
    } else {
      plain += escaped(text[++i]);
    }
  }
  return plain;
}

// A reader of the parts of one line.  After a part that is not there, ok() is false.
class Parts {
 public:
  explicit Parts(std::string_view line) : rest_(line) {}

  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }

  // Up to the text `end`, which is passed over.
  std::string_view until(std::string_view end) {
    const std::size_t at = rest_.find(end);
    if (at == rest_.npos) return fail();
    const std::string_view part = rest_.substr(0, at);
    rest_.remove_prefix(at + end.size());
    return part;
  }

  // Up to a space or the end.
  std::string_view word() {
    const std::string_view part = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(part.size());
    if (part.empty()) ok_ = false;
    return part;
  }

  void space() {
    if (!rest_.starts_with(' ')) return void(ok_ = false);
    rest_.remove_prefix(1);
  }

  // A text in quotes, unescaped.  Valid until the next call.
  std::string_view quoted() {
    if (!rest_.starts_with('"')) return fail();
    const std::size_t quote = rest_.find('"', 1);
    if (quote == rest_.npos) return fail();
    const std::string_view inner = rest_.substr(1, quote - 1);
    if (inner.find('\\') != inner.npos) return quoted_with_escapes();
    rest_.remove_prefix(quote + 1);
    return inner;
  }

 private:
  std::string_view quoted_with_escapes() {
    std::size_t i = 1;
    while (i < rest_.size() && rest_[i] != '"') i += rest_[i] == '\\' ? 2 : 1;
    if (i >= rest_.size()) return fail();
    unescaped_ = unescape(rest_.substr(1, i - 1));
    rest_.remove_prefix(i + 1);
    return unescaped_;
  }

  std::string_view fail() {
    ok_ = false;
    return {};
  }

  std::string_view rest_;
  std::string unescaped_;
  bool ok_ = true;
};

struct Request {
  std::string_view method;
  std::string_view path;
  std::string_view protocol;
};

// "GET /path HTTP/1.1"; false for whatever else clients send.
bool split_request(std::string_view text, Request& request) {
  const std::size_t first = text.find(' ');
  const std::size_t last = text.rfind(' ');
  if (first == text.npos || first == 0 || last <= first + 1) return false;
  request = {text.substr(0, first), text.substr(first + 1, last - first - 1),
             text.substr(last + 1)};
  for (const char c : request.method) {
    if ((c | 0x20) < 'a' || (c | 0x20) > 'z') return false;
  }
  return request.protocol.starts_with("HTTP/");
}

void append_request(EventText& members, std::string_view text) {
  Request request;
  const bool is_split = split_request(text, request);
  for (const auto& [name, part] : {std::pair("method", request.method),
                                   {"path", request.path},
                                   {"protocol", request.protocol}}) {
    members.key(name);
    is_split ? members.text(part) : members.null();
  }
  if (!is_split && text != "-") members.key("request").text(text);
}

// Digits as a JSON number, "-" as null.
bool append_count(EventText& members, std::string_view text) {
  if (text == "-") return members.null(), true;
  if (!are_digits(text) || (text.size() > 1 && text[0] == '0')) return false;
  return members.raw(text), true;
}

class Clf final : public LineDecoder {
 public:
  explicit Clf(bool combined) : combined_(combined) {}

  Decoded decode(std::string_view line, std::string& event) override {
    Parts parts(without_return(line));
    EventText members(event);
    const std::string_view host = parts.until(" ");
    const std::string_view ident = parts.until(" ");
    const std::string_view user = parts.until(" [");
    const std::string_view time = parts.until("] ");
    if (!parts.ok()) return bad("expected HOST IDENT USER [TIME] \"REQUEST\" STATUS BYTES");
    members.key("ts");
    if (!time_.append(members, time)) return bad("not a time like 17/May/2015:10:05:03 +0000");
    members.key("host").text_or_null(host);
    members.key("ident").text_or_null(ident);
    members.key("user").text_or_null(user);
    return decode_request(parts, members);
  }

 private:
  static Decoded bad(std::string_view reason) { return {Kind::bad, reason}; }

  Decoded decode_request(Parts& parts, EventText& members) const {
    const std::string_view request = parts.quoted();
    if (!parts.ok()) return bad("expected a request in quotes");
    append_request(members, request);
    parts.space();
    members.key("status");
    if (!append_count(members, parts.word())) return bad("the status is no number");
    parts.space();
    members.key("bytes");
    if (!append_count(members, parts.word())) return bad("the number of bytes is no number");
    if (!parts.ok()) return bad("expected STATUS BYTES behind the request");
    if (combined_) return decode_client(parts, members);
    if (!parts.at_end()) return bad("more behind the number of bytes (is it combined?)");
    members.end();
    return {};
  }

  static Decoded decode_client(Parts& parts, EventText& members) {
    for (const std::string_view name : {"referrer", "agent"}) {
      parts.space();
      const std::string_view text = parts.quoted();
      if (!parts.ok()) return bad("expected \"REFERRER\" \"AGENT\" behind the number of bytes");
      members.key(name).text_or_null(text);
    }
    if (!parts.at_end()) {
      parts.space();
      if (!parts.ok()) return bad("expected a space behind the agent");
      members.key("rest").text(parts.rest());
    }
    members.end();
    return {};
  }

  bool combined_;
  ClfTime time_;
};

}  // namespace

std::unique_ptr<LineDecoder> make_clf_decoder(bool combined) {
  return std::make_unique<Clf>(combined);
}

}  // namespace streamutils
