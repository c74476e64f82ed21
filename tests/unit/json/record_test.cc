// What a record finds in a line, and what it calls damage.
// SPDX-License-Identifier: Apache-2.0
#include "json/record.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "lines.h"

namespace streamutils {
namespace {

Path path_of(const char* text) { return Path::parse(text).value(); }

TEST_CASE("a path finds the text of its value") {
  struct Row {
    const char* line;
    const char* path;
    const char* raw;  // "" is missing
  };
  const Row rows[] = {
      {R"({"a":1})", "a", "1"},
      {R"({"a":1})", "b", ""},
      {R"({})", "a", ""},
      {R"( { } )", "a", ""},
      {R"({"a":1,"b":2,"c":3})", "b", "2"},
      {R"({"a":1,"b":2,"c":3})", "c", "3"},
      {R"({"a": 1, "b": "x", "c": null})", "b", R"("x")"},
      {"\t{ \"a\" : 1 ,\r\n\"b\" : [ 1 , 2 ] , \"c\" : { } } ", "b", "[ 1 , 2 ]"},
      {"\t{ \"a\" : 1 ,\r\n\"b\" : [ 1 , 2 ] , \"c\" : { } } ", "c", "{ }"},
      {R"({"a":"","b":true})", "a", R"("")"},
      {R"({"a":"","b":true})", "b", "true"},
      {R"({"":7})", "/", "7"},
      {R"({"a":"{\"b\":1}","b":2})", "b", "2"},
      {R"({"a":"\\","b":2})", "b", "2"},
      {R"({"a":"\\\"","b":2})", "b", "2"},
      {R"({"a":"],}{[:","b":2})", "b", "2"},
      {R"({"a":{"b":1,"c":{"d":2}},"d":3})", "d", "3"},
      {R"({"a":{"b":1,"c":{"d":2}},"d":3})", "a.c.d", "2"},
      {R"({"a":{"b":1,"c":{"d":2}},"d":3})", "a.c", R"({"d":2})"},
      {R"({"a":{"b":1}})", "a.b.c", ""},
      {R"({"a":{"b":1}})", "a.c", ""},
      {R"({"a":[10,20,{"b":30}]})", "a.0", "10"},
      {R"({"a":[10,20,{"b":30}]})", "a.2.b", "30"},
      {R"({"a":[10,20,{"b":30}]})", "a.3", ""},
      {R"({"a":[10,20]})", "a.01", ""},
      {R"({"a":[10,20]})", "a.-1", ""},
      {R"({"a":[10,20]})", "a.x", ""},
      {R"({"a":[10,20]})", "a.99999999999999999999", ""},
      {R"({"a":[]})", "a.0", ""},
      {R"({"a":[ ]})", "a.0", ""},
      {R"({"a":[[1],[2,3]]})", "a.1.1", "3"},
      {R"({"a":{"0":5}})", "a.0", "5"},
      {R"({"a~b/c":1})", "/a~0b~1c", "1"},
      {R"({"a.b":1,"a":{"b":2}})", "/a/b", "2"},
      {R"({"this":1})", "/this", "1"},
      {R"({"this":1})", "this", R"({"this":1})"},
      {" {\"a\":1} ", "this", R"({"a":1})"},
      {R"({"12345678":1,"123456789":2,"1234567":3})", "123456789", "2"},
      {R"({"12345678":1,"123456789":2,"1234567":3})", "12345678", "1"},
      {R"({"12345678":1,"123456789":2,"1234567":3})", "1234567", "3"},
      {R"({"a":"","b":1})", "/a\":\"", ""},  // the text of a member is no name
      {"{\"\xC3\xA9\":1}", "\xC3\xA9", "1"},
      {R"({"\u00e9":1})", "\xC3\xA9", "1"},
      {R"({"a\"b":1})", "a\"b", "1"},
      {R"({"a\nb":1})", "a\\nb", ""},
      {R"({"big":123456789012345678901234567890})", "big", "123456789012345678901234567890"},
      {R"({"n":-0.0e+10})", "n", "-0.0e+10"},
  };
  Record record;
  for (const Row& row : rows) {
    CAPTURE(row.line, row.path);
    const PaddedLine line(row.line);
    record.reset(line.view());
    const Value value = record.get(path_of(row.path));
    CHECK(std::string(value.raw()) == row.raw);
    CHECK(value.exists() == (*row.raw != '\0'));
    CHECK(std::string(record.damage()) == "");
    CHECK(record.line() == row.line);
  }
}

TEST_CASE("the longest dotted name that is a key wins at every step") {
  struct Row {
    const char* line;
    const char* raw;
  };
  const Row rows[] = {
      {R"({"a":{"b":{"c":1}},"a.b":{"c":2},"a.b.c":3})", "3"},
      {R"({"a.b.c":3,"a.b":{"c":2},"a":{"b":{"c":1}}})", "3"},
      {R"({"a":{"b":{"c":1}},"a.b":{"c":2}})", "2"},
      {R"({"a":{"b":{"c":1}}})", "1"},
      {R"({"a":{"b":{"c":1},"b.c":4}})", "4"},
      {R"({"a":{"b.c":4,"b":{"c":1}}})", "4"},
      {R"({"a":{"b.c":4,"b.c":5}})", "4"},
      {R"({"a":{"b":{"c":1},"b":{"c":2}}})", "1"},
      // No way back: the key that wins is entered, and has no c.
      {R"({"a":{"b":{"c":1}},"a.b":{"d":2}})", ""},
      {R"({"a":{"b":{"c":1}},"a.b":5})", ""},
  };
  Record record;
  const Path path = path_of("a.b.c");
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const PaddedLine line(row.line);
    record.reset(line.view());
    CHECK(std::string(record.get(path).raw()) == row.raw);
    CHECK(record.ok());
  }
}

TEST_CASE("the first of duplicate names is read, in whatever order members are asked for") {
  const PaddedLine line(R"({"a":1,"b":2,"\u0061":3,"a":4,"b":5,"c":{"x":1,"x":2}})");
  Record record;
  for (const char* first : {"a", "b", "zz", "c.x"}) {
    CAPTURE(first);
    record.reset(line.view());
    record.get(path_of(first));
    CHECK(record.member("a").raw() == "1");
    CHECK(record.member("b").raw() == "2");
    CHECK(record.get(path_of("c.x")).raw() == "1");
  }
}

TEST_CASE("a line like those before it is read as if it were the first") {
  struct Row {
    const char* line;
    const char* a;
    const char* b;
    const char* damage;  // after both were asked for, and one that is not there
  };
  // Six lines like the first of all are read before each row.
  const char* const kUsual = R"({"ts":1,"a":"x","in":{"a":7,"y":[1,"{"]},"b":2})";
  const Row rows[] = {
      {R"({"ts":22,"a":"longer than all registers: 01234567890123456789012345678901234567","in":)"
       R"({"a":7,"y":[1,"{"]},"b":-3.5e-2})",
       "\"longer than all registers: 01234567890123456789012345678901234567\"", "-3.5e-2", ""},
      {R"({"ts":22,"a":"q\"\\","in":{"a":8,"y":[true,"}"]},"b":null})", R"("q\"\\")", "null", ""},
      {R"({"ts":22,"a":"x","in":{"a":7,"y":[1,"{"]}})", "\"x\"", "", ""},
      {R"({"a":1,"a":2,"b":3,"b":4})", "1", "3", ""},
      {R"({"ts":22,"a":"x","a":{},"in":{"a":7,"y":[1,"{"]},"b":2})", "\"x\"", "2", ""},
      {R"({"ts":22,"a":"x" ,"in": {"a":7, "y":[1,"{"] },"b":2 } )", "\"x\"", "2", ""},
      {R"({"ts":22,"a":"x","in":{"a":7,"y":[1,"{"]},"b":2}})", "\"x\"", "",
       "expected nothing behind the closing bracket"},
      {R"({"ts":22,"a":"x"y,"in":{"a":7,"y":[1,"{"]},"b":2})", "", "2", "expected a string"},
      {R"({"ts":22,"a":"x","in":{"a":7,"y":[1,"{"],"b":2})", "\"x\"", "",
       "a bracket is not closed"},
      {R"({"ts":22,"a":"x","in":{"a":7,"y":[1,"{"]},"b":2)", "\"x\"", "",
       "a bracket is not closed"},
      {R"({"ts":22,"a":"x","in":{"a":7,"y":[1,"{"]},"b":"2})", "\"x\"", "",
       "a string is not closed"},
      {R"({"ts":,"a":"x","in":{"a":7,"y":[1,"{"]},"b":2})", "", "", "expected a value"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    Record practised, fresh;
    const PaddedLine usual(kUsual), line(row.line);
    for (int i = 0; i < 6; ++i) {
      practised.reset(usual.view());
      CHECK(practised.member("a").raw() == "\"x\"");
      CHECK(practised.member("b").raw() == "2");
      CHECK_FALSE(practised.member("y").exists());
    }
    for (Record* record : {&fresh, &practised, &practised}) {
      record->reset(line.view());
      CHECK(std::string(record->member("a").raw()) == row.a);
      CHECK(std::string(record->member("b").raw()) == row.b);
      CHECK_FALSE(record->member("y").exists());
      CHECK(std::string(record->damage()) == row.damage);
    }
  }
}

// Members come and go, most values are as long as those before, and some lines are damaged.
std::string line_of_a_stream(std::mt19937& random) {
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  std::string line = R"({"id":"e)" + std::string(one_in(40) ? 9 : 4, 'x');
  line += one_in(9) ? R"("y")" : R"(")";
  if (!one_in(5)) line += R"(,"kind":")" + std::string(random() % 40, 'k') + '"';
  line += R"(,"price":)" + std::to_string(random() % 3000);
  if (one_in(4)) line += R"(,"in":{"a":"q","b":[1,"}"]})";
  if (one_in(9)) line += R"(,"id":"again")";
  line += R"(,"a rather long name of a member":"same","last":)" + std::string(1 + one_in(9), '7');
  line += '}';
  if (one_in(12)) line[random() % line.size()] = R"("\{},: x7)"[random() % 10];
  return line;
}

TEST_CASE("a record that has seen many lines says what one says that has seen none") {
  std::mt19937 random(20261127);
  std::vector<Path> paths;
  for (const char* text : {"id", "kind", "price", "in", "in.a", "in.b.1", "last", "none",
                           "a rather long name of a member"}) {
    paths.push_back(path_of(text));
  }
  Record practised;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = line_of_a_stream(random);
    const PaddedLine line(text);
    CAPTURE(text);
    Record fresh;
    practised.reset(line.view());
    fresh.reset(line.view());
    // Names are first asked for after more and more lines.
    const std::size_t known = std::min<std::size_t>(paths.size(), 1 + round / 50);
    // For long they are asked for in the same order, so that who asks for one is expected to ask
    // for the next; not in every line, and some lines are damaged in between.
    const bool in_order = round % 2000 < 1500 && random() % 16 != 0;
    const std::size_t count = in_order ? known : 4;
    for (std::size_t asked = 0; asked < count; ++asked) {
      const Path& path = paths[in_order ? asked : random() % known];
      CAPTURE(path.text());
      const bool by_text = path.is_name() && random() % 2 == 0;
      const auto get = [&](const Record& from) {
        return by_text ? from.member(path.text()) : from.get(path);
      };
      REQUIRE(std::string(get(practised).raw()) == std::string(get(fresh).raw()));
      REQUIRE(std::string(practised.damage()) == std::string(fresh.damage()));
    }
  }
}

TEST_CASE("kinds follow from the first byte") {
  struct Row {
    const char* text;
    Kind kind;
  };
  const Row rows[] = {{"1", Kind::number},     {"-1", Kind::number},     {"\"\"", Kind::string},
                      {"true", Kind::boolean}, {"false", Kind::boolean}, {"null", Kind::null},
                      {"[]", Kind::array},     {"{}", Kind::object}};
  Record record;
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const PaddedLine line("{\"a\":" + std::string(row.text) + "}");
    record.reset(line.view());
    CHECK(record.member("a").kind() == row.kind);
    CHECK(record.member("b").kind() == Kind::missing);
  }
}

TEST_CASE("a line is checked as far as it is read") {
  struct Row {
    const char* line;
    bool a_exists;         // member a is read first…
    const char* a_damage;  // …and this is known then
    const char* damage;    // after an absent member was looked for
  };
  const char* const kSeparator = "expected ',' or a closing bracket after a value";
  const Row rows[] = {
      {"", false, "expected an object", "expected an object"},
      {" ", false, "expected an object", "expected an object"},
      {"[]", false, "expected an object", "expected an object"},
      {"1", false, "expected an object", "expected an object"},
      {"x{\"a\":1}", false, "expected an object", "expected an object"},
      {"\"a\":1", false, "expected an object", "expected an object"},
      {"{", false, "a bracket is not closed", "a bracket is not closed"},
      {"{\"a", false, "a string is not closed", "a string is not closed"},
      {"{\"a\"", false, "a bracket is not closed", "a bracket is not closed"},
      {"{\"a\"}", false, "expected ':' after a name", "expected ':' after a name"},
      {"{\"a\",1}", false, "expected ':' after a name", "expected ':' after a name"},
      {"{\"a\":}", false, "expected a value", "expected a value"},
      {"{\"a\":1", false, "a bracket is not closed", "a bracket is not closed"},
      {"{\"a\":1,", true, "", "a bracket is not closed"},
      {"{\"a\":1,}", true, "", "expected a name"},
      {"{,\"a\":1}", false, "expected a name", "expected a name"},
      {"{:1}", false, "expected a name", "expected a name"},
      {"{a:1}", false, "expected a string", "expected a string"},
      {"{1:1}", false, "expected a string", "expected a string"},
      {"{\"a\":1 \"b\":2}", false, kSeparator, kSeparator},
      {"{\"a\":1:2}", false, kSeparator, kSeparator},
      {"{\"a\":1]", false, kSeparator, kSeparator},
      {"{\"a\":{}1}", false, kSeparator, kSeparator},
      {"{\"a\":1{}}", false, kSeparator, kSeparator},
      {"{\"a\":{}{}}", false, kSeparator, kSeparator},
      {"{\"a\":1}x", false, "expected nothing behind the closing bracket",
       "expected nothing behind the closing bracket"},
      {"{\"a\":1}}", false, "expected nothing behind the closing bracket",
       "expected nothing behind the closing bracket"},
      {"{\"a\":1}{}", false, "expected nothing behind the closing bracket",
       "expected nothing behind the closing bracket"},
      {"{}x", false, "expected nothing behind the closing bracket",
       "expected nothing behind the closing bracket"},
      {"{\"a\":1,\"b\" 2}", true, "", "expected ':' after a name"},
      {"{\"a\":1,\"b\"\"c\":2}", true, "", kSeparator},
      {"{\"a\":1,\"b\" \"c\":2}", true, "", kSeparator},
      {"{\"a\":1,b:2}", true, "", "expected a string"},
      {"{\"a\":1,\"\\x\":2}", true, "", "an escape that JSON does not have"},
      {"{\"a\":1,\"\x01\":2}", true, "", "a control character in a string"},
      {"{\"a\":1,\"\xFF\":2}", true, "", "invalid UTF-8"},
      // What nobody reads is not looked at…
      {"{\"a\":1,\"b\":nope}", true, "", ""},
      {"{\"b\":nope,\"a\":1}", true, "", ""},
      {"{\"a\":1,\"b\":\"\\x\"}", true, "", ""},
      {"{\"a\":1,\"b\":[1 2]}", true, "", ""},
      // …and what is read is checked.
      {"{\"a\":nope}", false, "expected a value", "expected a value"},
      {"{\"a\":tru}", false, "expected a value", "expected a value"},
      {"{\"a\":nul}", false, "expected a value", "expected a value"},
      {"{\"a\":nulll}", false, "expected a value", "expected a value"},
      {"{\"a\":01}", false, "not a number", "not a number"},
      {"{\"a\":1.}", false, "not a number", "not a number"},
      {"{\"a\":1 2}", false, "not a number", "not a number"},
      {"{\"a\":-}", false, "not a number", "not a number"},
      {"{\"a\":+1}", false, "expected a value", "expected a value"},
      {"{\"a\":\"\\x\"}", false, "an escape that JSON does not have",
       "an escape that JSON does not have"},
      {"{\"a\":\"\\u12g4\"}", false, "an escape that JSON does not have",
       "an escape that JSON does not have"},
      {"{\"a\":\"\t\"}", false, "a control character in a string",
       "a control character in a string"},
      {"{\"a\":\"\xC0\xAF\"}", false, "invalid UTF-8", "invalid UTF-8"},
      {"{\"a\":\"\xED\xA0\x80\"}", false, "invalid UTF-8", "invalid UTF-8"},
      {"{\"a\":\"b\"\"c\"}", false, kSeparator, kSeparator},
      {"{\"a\":\"b\" \"c\"}", false, kSeparator, kSeparator},
      {"{\"a\":\"b\"x}", false, "expected a string", "expected a string"},
      {"{\"a\":[1 2]}", false, kSeparator, kSeparator},
      {"{\"a\":[}}", false, "expected a value", "a bracket is not closed"},
      {"{\"a\":{]}", false, "expected a name", "expected a name"},
      {"{\"a\":[1,]}", false, "expected a value", "expected a value"},
      {"{\"a\":[1]]}", false, kSeparator, kSeparator},
      {"{\"a\":[{\"b\":tru}]}", false, "expected a value", "expected a value"},
  };
  Record record;
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const PaddedLine line(row.line);
    record.reset(line.view());
    CHECK(record.member("a").exists() == row.a_exists);
    CHECK(std::string(record.damage()) == row.a_damage);
    CHECK(!record.member("zz").exists());
    if (record.damage() != row.a_damage) CHECK(std::string(record.damage()) == row.damage);
    CHECK(record.ok() == (*row.damage == '\0'));
  }
}

TEST_CASE("damage inside a nested value is met on the way through it") {
  struct Row {
    const char* line;
    const char* path;
    const char* damage;
  };
  const Row rows[] = {
      {R"({"a":{"b" 1}})", "a.b", "expected ':' after a name"},
      {R"({"a":{b:1}})", "a.b", "expected a string"},
      {R"({"a":[1 2]})", "a.0", "not a number"},
      {R"({"a":[1,nope]})", "a.1", "expected a value"},
      {R"({"a":{"b":[1,,2]}})", "a.b.2", "expected a value"},
      {R"({"a":{"b":1]})", "a.b", "expected ',' or a closing bracket after a value"},
      {R"([{"a":1}])", "this", "expected an object"},
      {R"({"a":1} x)", "this", "expected nothing behind the value"},
      {R"({"a":1,"b":[tru]})", "this", "expected a value"},
  };
  Record record;
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const PaddedLine line(row.line);
    record.reset(line.view());
    CHECK(!record.get(path_of(row.path)).exists());
    CHECK(std::string(record.damage()) == row.damage);
  }
}

TEST_CASE("members are found at every place relative to the blocks of the scan") {
  Record record;
  for (std::size_t before = 0; before < 140; ++before) {
    for (const char* const filler : {"x", "\\\\", "\\\"", " ,", "\xC3\xA9"}) {
      std::string text = "{\"f\":\"";
      while (text.size() < before + 6) text += filler;
      text += "\",\"wanted\":[1,{\"x\":\"}\"}],\"later\":\"";
      text += std::string(before, 'y') + "\"}";
      CAPTURE(text);
      const PaddedLine line(text);
      record.reset(line.view());
      CHECK(record.get(path_of("wanted.1.x")).raw() == "\"}\"");
      CHECK(record.member("later").raw().size() == before + 2);
      CHECK(!record.member("absent").exists());
      CHECK(record.ok());
      CHECK(record.check());
    }
  }
}

TEST_CASE("a fact that shows only behind the first blocks is heeded") {
  // Names and values that need a closer look, behind plain ones that are longer than any first
  // scan.
  const std::string plain = R"("p1":"........................................","p2":1,"p3":2,)";
  Record record;
  for (int copies = 0; copies < 12; ++copies) {
    std::string text = "{";
    for (int i = 0; i < copies; ++i) text += plain;
    text += R"("p4":3,"q\"1":4,"p5":5, "p6" : 6 ,"p7":"\u0041","\u0070\u0038":8})";
    CAPTURE(text);
    const PaddedLine line(text);
    record.reset(line.view());
    CHECK(record.member("p4").raw() == "3");
    CHECK(record.member("q\"1").raw() == "4");
    CHECK(record.member("p8").raw() == "8");
    CHECK(record.member("p6").raw() == "6");
    CHECK(!record.member("\"p6").exists());
    CHECK(record.ok());
  }
}

TEST_CASE("a record with many members keeps them all") {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i)
    text += "\"name" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  text += "\"last\":[]}";
  const PaddedLine line(text);
  Record record;
  record.reset(line.view());
  for (int i = 999; i >= 0; i -= 37) {
    CHECK(record.member("name" + std::to_string(i)).raw() == std::to_string(i));
  }
  CHECK(record.member("last").raw() == "[]");
  record.reset(line.view());
  CHECK(record.member("name0").raw() == "0");
}

TEST_CASE("for_each visits every member in order, duplicates too, until it is told to stop") {
  const PaddedLine line(R"({"a":1, "b" : [2] ,"a":"x","\u0062":null})");
  Record record;
  record.reset(line.view());
  record.member("b");
  std::string seen;
  record.for_each([&](std::string_view name, Value value) {
    seen.append(name).append("=").append(value.raw()).append(" ");
    return true;
  });
  CHECK(seen == R"("a"=1 "b"=[2] "a"="x" "\u0062"=null )");
  int count = 0;
  record.for_each([&](std::string_view, Value) { return ++count < 2; });
  CHECK(count == 2);

  const PaddedLine damaged(R"({"a":1,"b":nope,"c":2})");
  record.reset(damaged.view());
  count = 0;
  record.for_each([&](std::string_view, Value) { return ++count > 0; });
  CHECK(count == 1);
  CHECK(std::string(record.damage()) == "expected a value");
}

TEST_CASE("deep nesting neither crashes nor takes long") {
  const std::size_t depth = 1'000'000;
  Record record;
  const Path absent = path_of("absent"), nested = path_of("a"), inside = path_of("a.0.0.0");
  struct Row {
    const char* what;
    std::string text;
    bool well_formed;
  };
  const Row rows[] = {
      {"open only", "{\"a\":" + std::string(depth, '['), false},
      {"closed", "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}", true},
      {"brackets only", std::string(depth, '['), false},
      {"braces only", std::string(depth, '{'), false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const PaddedLine line(row.text);
    record.reset(line.view());
    CHECK(!record.get(absent).exists());
    CHECK(record.get(nested).exists() == row.well_formed);
    CHECK(record.get(inside).exists() == row.well_formed);
    CHECK(record.ok() == row.well_formed);
    record.reset(line.view());
    CHECK(!record.check());
    std::string key;
    if (row.well_formed) {
      record.reset(line.view());
      append_key(key, record.get(nested));
      CHECK(key.size() == 2 * depth);
    }
  }
}

}  // namespace
}  // namespace streamutils
