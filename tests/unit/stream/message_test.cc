// SPDX-License-Identifier: Apache-2.0
#include "stream/message.h"

#include <catch2/catch.hpp>
#include <string>

#include "json/record.h"

using namespace streamutils;
using What = Message::Kind;

namespace {

struct Padded {
  explicit Padded(std::string_view line) : size(line.size()), bytes(line) {
    bytes.append(Record::kPadding, '\n');
  }
  std::string_view view() const { return std::string_view(bytes).substr(0, size); }
  std::size_t size;
  std::string bytes;
};

}  // namespace

TEST_CASE("what is a control line") {
  const struct {
    const char* line;
    bool control;
  } rows[] = {{R"({"~stream":{"end":true}})", true},
              {R"({"~stream":{)", true},
              {R"({ "~stream" : { "end":true}})", true},
              {"{\t\"~stream\":\t{}}", true},
              {R"( {"~stream":{"end":true}})", false},
              {R"({"~stream":"x"})", false},
              {R"({"~stream":[]})", false},
              {R"({"~Stream":{}})", false},
              {R"({"~streams":{}})", false},
              {R"({"a":1,"~stream":{}})", false},
              {R"({"~stream":)", false},
              {"", false},
              {"{", false}};
  for (const auto& row : rows) {
    CAPTURE(row.line);
    CHECK(is_control(row.line) == row.control);
  }
}

TEST_CASE("control lines are read") {
  const struct {
    const char* line;
    What kind;
    const char* time;
    const char* member;
    int epoch;
  } rows[] = {
      {R"({"~stream":{"begin":{"time":"ts","epoch":7}}})", What::begin, "", "ts", 7},
      {R"({"~stream":{"begin":{}}})", What::begin, "", "", -1},
      {R"({"~stream":{"begin":{"more":[1],"time":"id.orig_h"}}})", What::begin, "", "id.orig_h",
       -1},
      {R"({"~stream":{"watermark":"2026-11-22T10:00:05Z"}}  )", What::watermark,
       "2026-11-22T10:00:05Z", "", -1},
      {R"({"~stream":{"watermark":"2026-11-22T10:00:05.000000001Z"}})", What::watermark,
       "2026-11-22T10:00:05.000000001Z", "", -1},
      {R"({"~stream":{"barrier":{"epoch":8,"via":["sread:1f"]}}})", What::barrier, "", "", 8},
      {R"({"~stream":{"end":true}})", What::end, "", "", -1},
      {R"({"~stream":{"clock":"2026-11-22T10:00:09Z"}})", What::clock, "2026-11-22T10:00:09Z", "",
       -1},
      {R"({"~stream":{"later":{"x":1}}})", What::unknown, "", "", -1},
  };
  for (const auto& row : rows) {
    CAPTURE(row.line);
    const Padded line(row.line);
    const auto message = decode_control(line.view());
    REQUIRE(message.ok());
    CHECK(message->kind == row.kind);
    if (*row.time != 0) CHECK(format_time(message->time) == row.time);
    CHECK(message->member.value_or("") == row.member);
    CHECK(static_cast<int>(message->epoch.value_or(static_cast<std::uint64_t>(-1))) == row.epoch);
  }
}

TEST_CASE("malformed control lines say what is wrong") {
  const struct {
    const char* line;
    const char* part;
  } rows[] = {
      {R"({"~stream":{"watermark":"yesterday"}})", "not a time: \"yesterday\""},
      {R"({"~stream":{"watermark":1795341600}})", "expected an RFC 3339 time"},
      {R"({"~stream":{"watermark":"1795341600"}})", "not a time"},
      {R"({"~stream":{"clock":null}})", "expected an RFC 3339 time"},
      {R"({"~stream":{"end":1}})", "expected \"end\":true"},
      {R"({"~stream":{"begin":true}})", "expected an object"},
      {R"({"~stream":{"begin":{"time":1}}})", "'time' must be a text"},
      {R"({"~stream":{"begin":{"epoch":-1}}})", "'epoch' must be a whole number"},
      {R"({"~stream":{"begin":{"epoch":1.5}}})", "'epoch' must be a whole number"},
      {R"({"~stream":{"barrier":{}}})", "needs an 'epoch'"},
      {R"({"~stream":{}})", "one kind"},
      {R"({"~stream":{"end":true,"begin":{}}})", "one kind"},
      {R"({"~stream":{"end":true},"a":1})", "one member"},
      {R"({"~stream":{"end":true})", ""},
      {R"({"~stream":{"end":true}}x)", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.line);
    const Padded line(row.line);
    const auto message = decode_control(line.view());
    REQUIRE_FALSE(message.ok());
    CAPTURE(message.error().message);
    CHECK_FALSE(message.error().message.empty());
    CHECK(message.error().message.find(row.part) != std::string::npos);
  }
}

// A way that ended, and one that goes on, come to the same pipeline.
TEST_CASE("stages that a barrier has passed are named once, those without state each time") {
  const auto merged = [](const std::vector<std::vector<std::string>>& ways, std::size_t ended) {
    std::vector<std::string> via;
    for (std::size_t i = 0; i < ways.size(); ++i) {
      for (const std::string& stage : ways[i]) add_passed_stage(stage, i >= ended, via);
    }
    return via;
  };
  using Via = std::vector<std::string>;
  const Via left = {"sread:1", "!smap"};
  const Via right = {"sread:1", "!smap", "sdedup:2"};
  CHECK(merged({left, right}, 2) == Via{"sread:1", "!smap", "!smap", "sdedup:2"});
  CHECK(merged({left, right}, 1) == Via{"sread:1", "!smap", "-!smap", "-sdedup:2"});
  CHECK(merged({left, right}, 0) == Via{"-sread:1", "-!smap", "-!smap", "-sdedup:2"});
  const Via over = {"-sread:1", "-!smap", "sjoin:3"};
  CHECK(merged({over, over}, 2) == Via{"-sread:1", "-!smap", "sjoin:3", "-!smap"});
  CHECK(merged({over, left}, 2) == Via{"sread:1", "-!smap", "sjoin:3", "!smap"});
}

TEST_CASE("control lines are written without spaces") {
  CHECK(encode_begin("ts", 7) == R"({"~stream":{"begin":{"time":"ts","epoch":7}}})");
  CHECK(encode_begin("a\"b", {}) == R"({"~stream":{"begin":{"time":"a\"b"}}})");
  CHECK(encode_begin({}, {}) == R"({"~stream":{"begin":{}}})");
  CHECK(encode_watermark(from_nanos(1795341605000000000)) ==
        R"({"~stream":{"watermark":"2026-11-22T10:00:05Z"}})");
  CHECK(encode_end() == R"({"~stream":{"end":true}})");
}
