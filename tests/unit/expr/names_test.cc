// The name rule: fields before types, the whole event, missing and null, and dotted names.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "support.h"

namespace streamutils::expr::test {
namespace {

struct JsonRow {
  const char* text;
  const char* event;
  const char* json;
};

void check_json(std::initializer_list<JsonRow> rows) {
  for (const JsonRow& row : rows) {
    CAPTURE(row.text, row.event);
    CHECK(json_of(row.text, row.event) == row.json);
  }
}

TEST_CASE("a bare name is a field first, then a type", "[expr]") {
  check_json({
      {"type", "{\"type\":\"view\"}", "\"view\""},
      {"type == 'view'", "{\"type\":\"view\"}", "true"},
      {"type == 'view'", "{}", "false"},
      {"bytes > 10", "{\"bytes\":20}", "true"},
      {"bytes > 10", "{}", "error no_such_field"},
      {"10 < bytes", "{}", "error no_such_field"},
      {"string + 'x'", "{}", "error no_such_field"},
      {"-int", "{}", "error no_such_field"},
      {"!bool", "{}", "error no_such_field"},
      {"bool ? 1 : 2", "{}", "error no_such_field"},
      {"map.a", "{\"map\":{\"a\":1}}", "1"},
      {"list[0]", "{\"list\":[1]}", "1"},
      {"list[0]", "{}", "error no_such_field"},
      {"size(list)", "{}", "error no_such_field"},
      {"type(int) == int", "{\"int\":5}", "false"},
      {"type(1) == int", "{\"a\":5}", "true"},
      {"int('5')", "{\"int\":7}", "5"},
      {"size", "{\"size\":7}", "7"},
      {"size(size)", "{\"size\":\"abc\"}", "3"},
      {"timestamp", "{\"timestamp\":7}", "7"},
      {"math.abs(math.x)", "{\"math\":{\"x\":-1}}", "1"},
      {"google.protobuf.Timestamp == type(timestamp(0))", "{}", "true"},
      {"google.protobuf.Timestamp", "{\"google\":{\"protobuf\":{\"Timestamp\":1}}}", "1"},
  });
  CHECK(message_of("bytes > 10") == "no such field 'bytes' (at 1:1)");
}

TEST_CASE("this is the whole event", "[expr]") {
  check_json({
      {"this", "{\"a\":1, \"b\":[1.0]}", "{\"a\":1, \"b\":[1.0]}"},
      {"this.a", "{\"a\":1}", "1"},
      {"this.b", "{\"a\":1}", "error no_such_field"},
      {"this['user-id']", "{\"user-id\":1}", "1"},
      {"this.`user-id`", "{\"user-id\":1}", "1"},
      {"this['user' + '-id']", "{\"user-id\":1}", "1"},
      {"this.package", "{\"package\":1}", "1"},
      {"'a' in this", "{\"a\":1}", "true"},
      {"'b' in this", "{\"a\":1}", "false"},
      {"k in this", "{\"k\":\"k\"}", "true"},
      {"has(this.a)", "{\"a\":1}", "true"},
      {"has(this.b)", "{\"a\":1}", "false"},
      {"this.?b.orValue(0)", "{\"a\":1}", "0"},
      {"this[?'b'].orValue(0)", "{\"a\":1}", "0"},
      {"this", "{\"this\":1}", "{\"this\":1}"},
      {"this.this", "{\"this\":1}", "1"},
      {"size(this)", "{\"a\":1,\"b\":2,\"a\":3}", "2"},
      {"this.a", "{\"a\":1,\"a\":3}", "1"},
      {"this.map(k, k)", "{\"a\":1,\"b\\u0041\":2}", "[\"a\",\"bA\"]"},
      {"this == {'a': 1}", "{\"a\":1}", "true"},
      {"this.transformMap(k, v, k != 'b', v)", "{\"a\":1,\"b\":2}", "{\"a\":1}"},
      {"this.a.b", "{\"a.b\":1,\"a\":{\"b\":2}}", "2"},
      {".this.a", "{\"a\":1}", "1"},
  });
}

TEST_CASE("has(a) is has(this.a)", "[expr]") {
  check_json({
      {"has(a)", "{\"a\":null}", "true"},
      {"has(a)", "{}", "false"},
      {"has(type)", "{}", "false"},
      {"has(a.b)", "{\"a\":{\"b\":1}}", "true"},
      {"has(a.b)", "{\"a\":{}}", "false"},
      {"has(a.b)", "{}", "error no_such_field"},
      {"has(a) && has(a.b)", "{}", "false"},
      {"has(a.b)", "{\"a.b\":1}", "true"},
      {"has(a.b)", "{\"a\":1}", "error no_overload"},
  });
}

TEST_CASE("missing is an error, null is a value", "[expr]") {
  check_json({
      {"a", "{}", "error no_such_field"},
      {"a == null", "{}", "error no_such_field"},
      {"a == null", "{\"a\":null}", "true"},
      {"a == 0", "{\"a\":null}", "false"},
      {"a != 0", "{\"a\":null}", "true"},
      {"a > 0", "{\"a\":null}", "error no_overload"},
      {"a + 1", "{\"a\":null}", "error no_overload"},
      {"a > 0 && b == 1", "{\"b\":2}", "false"},
      {"b == 1 || a > 0", "{\"b\":1}", "true"},
      {"[a].size()", "{}", "error no_such_field"},
      {"a.b", "{\"a\":{}}", "error no_such_field"},
      {"a.b.c", "{\"a\":{\"b\":1}}", "error no_overload"},
      {"a['b']", "{\"a\":{}}", "error no_such_key"},
  });
  CHECK(message_of("x && amount > 1", "{\"x\":true}") == "no such field 'amount' (at 1:6)");
  CHECK(message_of("true &&\n  user.id > 1", "{}") == "no such field 'user' (at 2:3)");
  CHECK(message_of("user.id > 1", "{\"user\":{}}") == "no such field 'id' (at 1:1)");
  CHECK(message_of("user.id > 1", "{\"user\":[]}") == "list has no field 'id' (at 1:1)");
  CHECK(message_of("this.user > 'a'", "{\"user\":1}") ==
        "no such overload: number > string (at 1:11)");
  CHECK(message_of("m['k']", "{\"m\":{}}") == "no such key: \"k\" (at 1:2)");
  CHECK(message_of("int(s)", "{\"s\":\"x\"}") == "int: not an int: \"x\" (at 1:1)");
  CHECK(message_of("s.size(1) == s", "{}").find("wrong number of arguments") != std::string::npos);
  CHECK(message_of("a ? 1 : 2", "{\"a\":\"x\"}") == "not a bool but string (at 1:3)");
  CHECK(message_of("l[5]", "{\"l\":[1]}") == "no index: 5 (at 1:2)");
  CHECK(message_of("a % 2", "{\"a\":1.5}") == "% wants whole numbers (at 1:3)");
  CHECK(message_of("timestamp(t).getHours('X')", "{\"t\":0}") ==
        "getHours: no time zone: \"X\" (at 1:14)");
}

TEST_CASE("of a dotted name the longest prefix that the event has counts", "[expr]") {
  check_json({
      {"a.b.c", "{\"a.b.c\":1,\"a.b\":{\"c\":2},\"a\":{\"b\":{\"c\":3}}}", "1"},
      {"a.b.c", "{\"a.b\":{\"c\":2},\"a\":{\"b\":{\"c\":3}}}", "2"},
      {"a.b.c", "{\"a\":{\"b\":{\"c\":3}}}", "3"},
      {"a.b.c", "{\"a.b\":{},\"a\":{\"b\":{\"c\":3}}}", "error no_such_field"},
      {"(a.b).c", "{\"a.b.c\":1,\"a.b\":{\"c\":2}}", "2"},
      {"has((a.b).c)", "{\"a.b.c\":1,\"a.b\":{}}", "false"},
      {"http.status", "{\"http.status\":200}", "200"},
      {"http.status == 200 && http.method == 'GET'",
       "{\"http.status\":200,\"http\":{\"method\":\"GET\"}}", "true"},
      {".a.b", "{\"a.b\":1}", "1"},
      {"a.b", "{\"a\":{\"b.c\":1}}", "error no_such_field"},
      {"a.`b.c`", "{\"a\":{\"b.c\":1}}", "1"},
      {"x.y.size()", "{\"x.y\":\"abc\"}", "3"},
  });
}

TEST_CASE("nested values are looked into wherever they stand", "[expr]") {
  const char* event =
      "{\"o\":{\"k\\u0065y\":{\"n\":[1,{\"deep\":\"\\u00e9\\n\"},[]]},\"s\":\"a\\\\\\\"b\"},"
      " \"l\" : [ 1 , [ 2 , \"]\" ] , { \"x\" : \"}\" } ] }";
  check_json({
      {"o.key.n[1].deep", event, "\"\xc3\xa9\\n\""},
      {"size(o.key.n[1].deep)", event, "2"},
      {"o.key.n[2]", event, "[]"},
      {"o.key.n[3]", event, "error out_of_range"},
      {"o.s", event, "\"a\\\\\\\"b\""},
      {"size(o.s)", event, "4"},
      {"l[1][1]", event, "\"]\""},
      {"l[2].x", event, "\"}\""},
      {"l[1] == [2, ']']", event, "true"},
      {"size(l)", event, "3"},
      {"l.map(x, type(x) == list)", event, "[false,true,false]"},
      {"o.map(k, k)", event, "[\"key\",\"s\"]"},
      {"l + [4]", event, "[1,[ 2 , \"]\" ],{ \"x\" : \"}\" },4]"},
      {"{'was': l[1]}", event, "{\"was\":[ 2 , \"]\" ]}"},
      {"o.key == {'n': [1, {'deep': '\xc3\xa9\\n'}, []]}", event, "true"},
      {"l[1] in l", event, "true"},
  });
}

}  // namespace
}  // namespace streamutils::expr::test
