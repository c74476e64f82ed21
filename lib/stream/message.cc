// SPDX-License-Identifier: Apache-2.0
#include "stream/message.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/decimal.h"
#include "base/text.h"
#include "json/record.h"
#include "json/writer.h"

namespace streamutils {
namespace {

std::size_t skip_spaces(std::string_view text, std::size_t i) {
  while (i < text.size() && (text[i] == ' ' || text[i] == '\t')) ++i;
  return i;
}

// Moves i behind `token` and the spaces before it; false if something else stands there.
bool skip_token(std::string_view line, std::size_t& i, std::string_view token) {
  const std::size_t at = skip_spaces(line, i);
  if (line.substr(at, token.size()) != token) return false;
  i = at + token.size();
  return true;
}

// The body of the control line: its one member's name and value.
struct Body {
  std::string name;
  Value value;
};

Result<Body> read_body(const Record& record) {
  if (!record.check()) return Error{std::string(record.damage())};
  std::size_t members = 0;
  record.for_each([&](std::string_view, Value) { return ++members < 2; });
  if (members != 1) return Error{"a control line has one member, \"~stream\""};
  Body body;
  std::size_t kinds = 0;
  Record inner;
  inner.reset(record.member("~stream").raw());
  inner.for_each([&](std::string_view raw_key, Value value) {
    body = {std::string(raw_key.substr(1, raw_key.size() - 2)), value};
    return ++kinds < 2;
  });
  if (kinds != 1) return Error{"a control line has one kind inside \"~stream\""};
  return body;
}

Result<Timestamp> read_time(Value value) {
  if (!value.is(Kind::string))
    return Error{"expected an RFC 3339 time, found " + quote(value.raw())};
  std::string scratch;
  const std::string_view text = value.text(scratch);
  const bool looks_like_a_date = text.size() >= 20 && text[4] == '-';
  const auto t = looks_like_a_date ? TimeParser().parse_string(text) : std::nullopt;
  if (!t) return Error{"not a time: " + quote(text) + " (expected RFC 3339)"};
  return *t;
}

Result<Message> timed(Message::Kind kind, Value value) {
  auto t = read_time(value);
  if (!t) return t.error();
  Message message;
  message.kind = kind;
  message.time = *t;
  return message;
}

// The stages that a barrier has passed; none if it does not say.
Status read_via(const Record& body, std::vector<std::string>& via) {
  const Value list = body.member("via");
  if (!list.exists()) return {};
  const Error wrong{"'via' must be a list of texts, found " + quote(list.raw())};
  if (!list.is(Kind::array)) return wrong;
  for (std::size_t i = 0;; ++i) {
    const auto path = Path::parse(fmt::format("via.{}", i));
    const Value stage = path ? body.get(*path) : Value();
    if (!stage.exists()) return {};
    if (!stage.is(Kind::string)) return wrong;
    std::string scratch;
    via.emplace_back(stage.text(scratch));
  }
}

// begin and barrier: an object with known members, all optional.
Result<Message> described(Message::Kind kind, Value value) {
  if (!value.is(Kind::object)) return Error{"expected an object, found " + quote(value.raw())};
  Record body;
  body.reset(value.raw());
  Message message;
  message.kind = kind;
  if (const Value time = body.member("time"); time.is(Kind::string)) {
    std::string scratch;
    message.member = std::string(time.text(scratch));
  } else if (time.exists()) {
    return Error{"'time' must be a text, found " + quote(time.raw())};
  }
  if (const Value epoch = body.member("epoch"); epoch.exists()) {
    const auto n = epoch.is(Kind::number) ? to_int64(epoch.raw()) : std::nullopt;
    if (!n || *n < 0) return Error{"'epoch' must be a whole number, found " + quote(epoch.raw())};
    message.epoch = static_cast<std::uint64_t>(*n);
  }
  if (kind == Message::Kind::barrier && !message.epoch) return Error{"a barrier needs an 'epoch'"};
  if (Status status = read_via(body, message.via); !status) return status.error();
  return message;
}

}  // namespace

bool is_control_spelled(std::string_view line) {
  if (line.starts_with("{\"~stream\":{")) return true;
  std::size_t i = 1;
  return skip_token(line, i, "\"~stream\"") && skip_token(line, i, ":") && skip_token(line, i, "{");
}

Result<Message> decode_control(std::string_view line) {
  Record record;
  record.reset(line);
  auto body = read_body(record);
  if (!body) return body.error();
  using What = Message::Kind;
  if (body->name == "watermark") return timed(What::watermark, body->value);
  if (body->name == "clock") return timed(What::clock, body->value);
  if (body->name == "begin") return described(What::begin, body->value);
  if (body->name == "barrier") return described(What::barrier, body->value);
  Message message;
  message.kind = body->name == "end"       ? What::end
                 : body->name == "suspend" ? What::suspend
                                           : What::unknown;
  if (message.kind != What::unknown && body->value.raw() != "true")
    return Error{fmt::format("expected \"{}\":true", body->name)};
  return message;
}

std::string encode_begin(const std::optional<std::string>& member,
                         std::optional<std::uint64_t> epoch) {
  std::string line = "{\"~stream\":{\"begin\":";
  JsonWriter writer(line);
  writer.begin_object();
  if (member) writer.name("time").string(*member);
  if (epoch) writer.name("epoch").unsigned_integer(*epoch);
  writer.end_object();
  return line + "}}";
}

std::string encode_watermark(Timestamp w) {
  return fmt::format("{{\"~stream\":{{\"watermark\":\"{}\"}}}}", format_time(w));
}

std::string encode_barrier(std::uint64_t epoch, const std::vector<std::string>& via) {
  std::string line = "{\"~stream\":{\"barrier\":";
  JsonWriter writer(line);
  writer.begin_object().name("epoch").unsigned_integer(epoch).name("via").begin_array();
  for (const std::string& stage : via) writer.string(stage);
  writer.end_array().end_object();
  return line + "}}";
}

std::string encode_suspend() { return "{\"~stream\":{\"suspend\":true}}"; }

std::string encode_end() { return "{\"~stream\":{\"end\":true}}"; }

void add_passed_stage(std::string_view stage, bool ended, std::vector<std::string>& via) {
  const std::string bare(without_end(stage));
  const bool is_over = ended || has_ended(stage);
  const auto is_same = [&bare](const std::string& other) { return without_end(other) == bare; };
  // Stages without state have no names of their own: two of them may be two.
  const bool has_name = !bare.starts_with('!');
  const auto same = has_name ? std::find_if(via.begin(), via.end(), is_same) : via.end();
  if (same == via.end()) {
    via.push_back(is_over ? "-" + bare : bare);
  } else if (!is_over) {
    *same = bare;
  }
}

}  // namespace streamutils
