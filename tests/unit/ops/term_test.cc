// Terms as tables: where the operator is, what matches, what is refused, what a line must hold.
// SPDX-License-Identifier: Apache-2.0
#include "ops/term.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "filter_fixture.h"

namespace streamutils {
namespace {

PredicatePtr term(const std::string& text) {
  auto made = make_term(text);
  CAPTURE(text, made.ok() ? std::string() : made.error().message);
  REQUIRE(made.ok());
  return std::move(*made);
}

TEST_CASE("the operator is the longest one at the first place where one starts") {
  struct Row {
    std::string text, field, op, value;
  };
  const std::vector<Row> rows = {
      {"a=b", "a", "=", "b"},         {"a==b", "a", "==", "b"},   {"a===b", "a", "==", "=b"},
      {"a!=b", "a", "!=", "b"},       {"a!b=c", "a!b", "=", "c"}, {"a!!=c", "a!", "!=", "c"},
      {"a<b", "a", "<", "b"},         {"a<=b", "a", "<=", "b"},   {"a<>b", "a", "<", ">b"},
      {"a>=b", "a", ">=", "b"},       {"a>b=c", "a", ">", "b=c"}, {"a~b", "a", "~", "b"},
      {"a~=b", "a", "~", "=b"},       {"a!~b", "a", "!~", "b"},   {"a!=~b", "a", "!=", "~b"},
      {"a=~b", "a", "=~", "b"},       {"a=>b", "a", "=>", "b"},   {"a=<b", "a", "=<", "b"},
      {"a==>b", "a", "==", ">b"},     {"=b", "", "=", "b"},       {"a=", "a", "=", ""},
      {"/x~1y=b", "/x", "~", "1y=b"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto parts = split_term(row.text);
    REQUIRE(parts);
    CHECK(parts->field == row.field);
    CHECK(parts->op == row.op);
    CHECK(parts->value == row.value);
  }
  for (const char* text : {"", "a", "a!", "a!b", "a.b/c", "-"}) {
    CAPTURE(text);
    CHECK_FALSE(split_term(text));
  }
}

struct MatchRow {
  std::string term;
  std::string line;
  bool match;
};

void check_rows(const std::vector<MatchRow>& rows) {
  for (const MatchRow& row : rows) {
    CAPTURE(row.term, row.line);
    Recorder out;
    const TextRecord record(row.line);
    CHECK(term(row.term)->matches(record.get(), out) == row.match);
    CHECK(record.get().ok());
    CHECK(out.counts.empty());
  }
}

TEST_CASE("= compares by the type of the member") {
  check_rows({
      // Text.
      {"a=x", R"({"a":"x"})", true},
      {"a==x", R"({"a":"x"})", true},
      {"a=x", R"({"a":"xy"})", false},
      {"a=xy", R"({"a":"x"})", false},
      {"a=x", R"({"a":"\u0078"})", true},
      {"a=x", R"({"a":"\u0079"})", false},
      {"a=a/b", R"({"a":"a\/b"})", true},
      {"a=a/b", R"({"a":"a/b"})", true},
      {R"(a=a"b)", R"({"a":"a\"b"})", true},
      {R"(a=a\b)", R"({"a":"a\\b"})", true},
      {R"(a=a\b)", R"({"a":"a\b"})", false},
      {"a=a\tb", R"({"a":"a\tb"})", true},
      {"a=\xc3\xa9", R"({"a":"\u00e9"})", true},
      {"a=\xc3\xa9", "{\"a\":\"\xc3\xa9\"}", true},
      {"a=\xf0\x9f\x98\x80", R"({"a":"\ud83d\ude00"})", true},
      {"a=", R"({"a":""})", true},
      {"a=", R"({"a":"x"})", false},
      {"a=", R"({"a":null})", false},
      {"a=[1]", R"({"a":[1]})", false},
      {"a={}", R"({"a":{}})", false},
      // Numbers, exactly.
      {"a=5", R"({"a":5})", true},
      {"a=5", R"({"a":5.0})", true},
      {"a=5", R"({"a":50e-1})", true},
      {"a=5.00", R"({"a":5})", true},
      {"a=5e0", R"({"a":5})", true},
      {"a=5", R"({"a":-5})", false},
      {"a=0", R"({"a":-0})", true},
      {"a=0", R"({"a":-0.0e7})", true},
      {"a=9007199254740993", R"({"a":9007199254740992})", false},
      {"a=9007199254740993", R"({"a":9007199254740993.0})", true},
      {"a=0.1", R"({"a":0.1000000000000000055511151231257827})", false},
      {"a=123456789012345678901234567890", R"({"a":123456789012345678901234567890})", true},
      {"a=123456789012345678901234567890", R"({"a":123456789012345678901234567891})", false},
      {"a=1e400", R"({"a":1e400})", true},
      {"a=1e400", R"({"a":1e401})", false},
      // A number against other types is a text.
      {"a=5", R"({"a":"5"})", true},
      {"a=5", R"({"a":"5.0"})", false},
      {"a=5", R"({"a":"\u0035"})", true},
      {"a=5", R"({"a":[5]})", false},
      {"a=1", R"({"a":true})", false},
      {"a=007", R"({"a":7})", false},
      {"a=007", R"({"a":"007"})", true},
      // Words.
      {"a=true", R"({"a":true})", true},
      {"a=true", R"({"a":false})", false},
      {"a=true", R"({"a":"true"})", false},
      {"a=false", R"({"a":false})", true},
      {"a=null", R"({"a":null})", true},
      {"a=null", R"({"a":"null"})", false},
      {"a=null", R"({"a":0})", false},
      {"a=null", R"({})", false},
      {"a=True", R"({"a":true})", false},
      {"a=True", R"({"a":"True"})", true},
  });
}

TEST_CASE("= and != take lists") {
  check_rows({
      {"a=x,y", R"({"a":"x"})", true},
      {"a=x,y", R"({"a":"y"})", true},
      {"a=x,y", R"({"a":"x,y"})", false},
      {R"(a=x\,y)", R"({"a":"x,y"})", true},
      {R"(a=x\,y)", R"({"a":"x"})", false},
      {R"(a=x\,y,z)", R"({"a":"z"})", true},
      {R"(a=x\\,y)", R"({"a":"x\\,y"})", true},
      {R"(a=x\n,y)", R"({"a":"x\\n"})", true},
      {"a=1,true,null,x", R"({"a":1.0})", true},
      {"a=1,true,null,x", R"({"a":true})", true},
      {"a=1,true,null,x", R"({"a":null})", true},
      {"a=1,true,null,x", R"({"a":"\u0078"})", true},
      {"a=1,true,null,x", R"({"a":false})", false},
      {"a=x,", R"({"a":""})", true},
      {"a=,", R"({"a":""})", true},
      {"a!=200,204", R"({"a":204})", false},
      {"a!=200,204", R"({"a":404})", true},
      {"a!=200,204", R"({"a":[200]})", true},
      {"a!=200,204", R"({})", true},
  });
}

TEST_CASE("a missing member fails every term but the negations, which are exact") {
  const std::vector<std::string> events = {R"({})",        R"({"a":null})", R"({"a":true})",
                                           R"({"a":5})",   R"({"a":"x"})",  R"({"a":"xyz"})",
                                           R"({"a":[5]})", R"({"a":{}})",   R"({"a":"\u0078"})"};
  for (const char* op : {"=", "<", "<=", ">", ">=", "~"}) {
    CAPTURE(op);
    Recorder out;
    CHECK_FALSE(term(std::string("a") + op + "x")->matches(TextRecord("{}").get(), out));
    CHECK(out.counts.empty());
  }
  for (const char* value : {"x", "5", "true", "null", "x,5", ""}) {
    for (const char* op : {"=", "~"}) {
      const auto plain = term(std::string("a") + op + value);
      const auto negated = term(std::string("a!") + op + value);
      for (const std::string& event : events) {
        CAPTURE(op, value, event);
        Recorder out;
        const TextRecord record(event);
        CHECK(plain->matches(record.get(), out) != negated->matches(record.get(), out));
      }
    }
  }
}

TEST_CASE("order is that of numbers, times or texts, as the value says") {
  check_rows({
      // Numbers.
      {"a>100", R"({"a":100.00000000000000000001})", true},
      {"a>100", R"({"a":100})", false},
      {"a>=100", R"({"a":1e2})", true},
      {"a<100", R"({"a":99.9})", true},
      {"a<100", R"({"a":-1e9})", true},
      {"a<=100", R"({"a":100.0})", true},
      {"a<=100", R"({"a":101})", false},
      {"a>-1", R"({"a":0})", true},
      {"a<0.3", R"({"a":0.1})", true},
      {"a>18446744073709551615", R"({"a":18446744073709551616})", true},
      {"a>999999999999999999", R"({"a":1000000000000000000})", true},
      {"a<1e999", R"({"a":1e998})", true},
      // Numeric strings.
      {"a>100", R"({"a":"101"})", true},
      {"a>100", R"({"a":"99"})", false},
      {"a>100", R"({"a":"1\u00301"})", true},
      {"a>100", R"({"a":"1e3"})", true},
      // Times.
      {"a>2026-11-22T10:00:00Z", R"({"a":"2026-11-22T10:00:01Z"})", true},
      {"a>2026-11-22T10:00:00Z", R"({"a":"2026-11-22T11:00:00+02:00"})", false},
      {"a>=2026-11-22T10:00:00Z", R"({"a":"2026-11-22T12:00:00+02:00"})", true},
      {"a>=2026-11-22", R"({"a":"2026-11-22T00:00:00Z"})", true},
      {"a<2026-11-22", R"({"a":"2026-11-22 00:00:00"})", false},
      {"a<2026-11-22", R"({"a":1795305599})", true},
      {"a<2026-11-22", R"({"a":1795305600})", false},
      {"a<2026-11-22", R"({"a":1795305599999})", true},
      {"a<2026-11-22", R"({"a":"1795305599"})", true},
      {"a<2026-11-22", R"({"a":"21/Nov/2026:10:00:00 +0000"})", true},
      // Texts, by code point.
      {"a<b", R"({"a":"a"})", true},
      {"a<b", R"({"a":"b"})", false},
      {"a<=b", R"({"a":"b"})", true},
      {"a<b", R"({"a":"aa"})", true},
      {"a>b", R"({"a":"\u0062a"})", true},
      {"a>Z", R"({"a":"a"})", true},
      {"a>z", "{\"a\":\"\xc3\xa9\"}", true},
      {"a>\xef\xbf\xbf", R"({"a":"\ud83d\ude00"})", true},
  });
}

TEST_CASE("~ finds a pattern in the text of a string, a number or a boolean") {
  check_rows({
      {"a~b", R"({"a":"abc"})", true},
      {"a~^b", R"({"a":"abc"})", false},
      {"a~^a", R"({"a":"abc"})", true},
      {"a~c$", R"({"a":"abc"})", true},
      {"a~a.c", R"({"a":"abc"})", true},
      {"a~a,c", R"({"a":"a,c"})", true},
      {"a~^/api/", R"({"a":"\/api\/x"})", true},
      {"a~(?i)ABC", R"({"a":"xabcx"})", true},
      {R"(a~^\d+$)", R"({"a":123})", true},
      {R"(a~\.)", R"({"a":1.5})", true},
      {"a~^t", R"({"a":true})", true},
      {"a~", R"({"a":""})", true},
      {"a~^$", R"({"a":"x"})", false},
      {"a~\xc3\xa9", R"({"a":"caf\u00e9"})", true},
      {"a!~b", R"({"a":"abc"})", false},
      {"a!~b", R"({"a":"xyz"})", true},
      {"a!~b", R"({})", true},
  });
}

TEST_CASE("fields are paths") {
  check_rows({
      {"user.name=x", R"({"user":{"name":"x"}})", true},
      {"user.name=x", R"({"user.name":"x"})", true},
      {"items.1>4", R"({"items":[1,5]})", true},
      {"/user/name=x", R"({"user":{"name":"x"}})", true},
      {"a b=x", R"({"a b":"x"})", true},
      {"a=x", R"({"b":{"a":"x"}})", false},
  });
}

TEST_CASE("a member of another type fails the comparison, is counted, and said once") {
  struct Row {
    std::string term, line, reason, said;
    bool match = false;
  };
  const std::vector<Row> rows = {
      {"a>5", R"({"a":"abc"})", "field 'a' is not a number",
       R"(field 'a' is not a number: "abc" (so fails the term a>5))"},
      {"a>5", R"({"a":[7]})", "field 'a' is not a number",
       R"(field 'a' is not a number: array "[7]" (so fails the term a>5))"},
      {"a>5", R"({"a":null})", "field 'a' is not a number",
       R"(field 'a' is not a number: null (so fails the term a>5))"},
      {"a>5", R"({"a":" 7"})", "field 'a' is not a number",
       R"(field 'a' is not a number: " 7" (so fails the term a>5))"},
      {"a>5", R"({"a":"007"})", "field 'a' is not a number",
       R"(field 'a' is not a number: "007" (so fails the term a>5))"},
      {"a>2026-01-01", R"({"a":"yesterday"})", "field 'a' is not a time",
       R"(field 'a' is not a time: "yesterday" (so fails the term a>2026-01-01))"},
      {"a>2026-01-01", R"({"a":true})", "field 'a' is not a time",
       R"(field 'a' is not a time: true (so fails the term a>2026-01-01))"},
      {"a>x", R"({"a":7})", "field 'a' is not a string",
       R"(field 'a' is not a string: 7 (so fails the term a>x))"},
      {"a~x", R"({"a":{}})", "field 'a' is not a string, a number or a boolean",
       R"(field 'a' is not a string, a number or a boolean: object "{}" (so fails the term a~x))"},
      {"a!~x", R"({"a":{}})", "field 'a' is not a string, a number or a boolean",
       R"(field 'a' is not a string, a number or a boolean: object "{}" (so passes the term a!~x))",
       true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.term, row.line);
    Recorder out;
    const auto predicate = term(row.term);
    const TextRecord record(row.line);
    for (int i = 0; i < 3; ++i) CHECK(predicate->matches(record.get(), out) == row.match);
    CHECK(out.counts == std::map<std::string, std::uint64_t>{{row.reason, 3}});
    CHECK(out.said == std::vector<std::string>{row.said});
  }
}

TEST_CASE("what cannot be a term is refused with a hint") {
  struct Row {
    std::string text, message;
  };
  const std::vector<Row> rows = {
      {"amount", "'amount': no operator (one of = != < <= > >= ~ !~)"},
      {"=x", "'=x': no field before '='"},
      {"a=~x",
       "'a=~x': there is no operator '=~': write a~x, or a==~x for a value that begins with '~'"},
      {"a=>5",
       "'a=>5': there is no operator '=>': write a>=5, or a==>5 for a value that begins with '>'"},
      {"a=<5",
       "'a=<5': there is no operator '=<': write a<=5, or a==<5 for a value that begins with '<'"},
      {"a > 5", "'a > 5': a term has no spaces around its operator; for an expression use -e"},
      {"a> 5", "'a> 5': a term has no spaces around its operator; for an expression use -e"},
      {"a <5", "'a <5': a term has no spaces around its operator; for an expression use -e"},
      {"a>true", "'a>true': true has no order: compare with a number, a time or a text"},
      {"a<=null", "'a<=null': null has no order: compare with a number, a time or a text"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto made = make_term(row.text);
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().message == row.message);
  }
  CHECK_FALSE(make_term("a..b=x").ok());
}

TEST_CASE("a bad pattern is refused with its place") {
  const auto message = [](const char* text) {
    const auto made = make_term(text);
    REQUIRE_FALSE(made.ok());
    return made.error().message;
  };
  CHECK(message("a~x(y") ==
        "'a~x(y': bad regular expression: missing ): x(y at character 1 of the pattern");
  CHECK(message("a~xy[z-a]") ==
        "'a~xy[z-a]': bad regular expression: invalid character class range: z-a at character 4 "
        "of the pattern");
}

TEST_CASE("times in the value and in the events are read in the zone that is given") {
  TimeSyntax times;
  times.zone = *parse_time_zone("Europe/Paris");
  const auto predicate = make_term("a>=2026-11-22", times);
  REQUIRE(predicate.ok());
  Recorder out;
  CHECK((*predicate)->matches(TextRecord(R"({"a":"2026-11-21T23:00:00Z"})").get(), out));
  CHECK_FALSE((*predicate)->matches(TextRecord(R"({"a":"2026-11-21T22:59:59Z"})").get(), out));
  CHECK((*predicate)->matches(TextRecord(R"({"a":"2026-11-22 00:00:00"})").get(), out));
}

TEST_CASE("a line must hold what every spelling of a match but \\u holds") {
  struct Row {
    std::string term, required;
  };
  const std::vector<Row> rows = {
      {"type=purchase", R"("purchase")"},
      {"a=x y", R"("x y")"},
      {"a=", R"("")"},
      {"a=true", "true"},
      {"a=null", "null"},
      // A number has many spellings, a list has no text of its own, a negation needs nothing.
      {"a=5", ""},
      {"a=x,y", ""},
      {"a!=x", ""},
      {"a>x", ""},
      // What may be escaped otherwise splits the text.
      {"a=a/b", R"("a)"},
      {"a=/index.html", R"(index.html")"},
      {"a=https://example.com/a", "example.com"},
      {R"(a=say "hi")", R"("say )"},
      {R"(a=\)", R"(")"},
      {R"(a=back\slash)", R"(slash")"},
      {"a=tab\there!", R"(here!")"},
      {"a=/", R"(")"},
      // Patterns that are texts.
      {"a~timeout", "timeout"},
      {"a~^GET /api", "GET "},
      {"a~end$", "end"},
      {"a~^all$", "all"},
      {"a~time.ut", ""},
      {"a~(?i)timeout", ""},
      {"a~x|y", ""},
      {"a!~timeout", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.term);
    CHECK(term(row.term)->required_text().text == row.required);
  }
}

}  // namespace
}  // namespace streamutils
