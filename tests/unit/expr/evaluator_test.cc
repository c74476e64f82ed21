// The face of the room: variables and assignments in front of the event, output, times, reflection.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "expr/assignments.h"
#include "expr/expr.h"
#include "support.h"

namespace streamutils::expr::test {
namespace {

// Runs "path=expr" assignments on an event, then shows the last expression as JSON.
std::string after(std::vector<std::pair<const char*, const char*>> assignments, const char* last,
                  const char* event) {
  const Event e(event);
  Evaluator evaluator;
  evaluator.begin(e.record());
  std::vector<Expr> exprs;  // the values may refer to their literals
  for (const auto& [path, text] : assignments) {
    exprs.push_back(*Expr::compile(text));
    if (!evaluator.assign(*Path::parse(path), evaluator.eval(exprs.back()))) return "not assigned";
  }
  const auto expr = Expr::compile_argument(last);
  REQUIRE(expr.ok());
  const Value v = evaluator.eval(*expr);
  if (v.is_error()) return show(v);
  std::string out;
  return evaluator.append_json(out, v) ? out : "unset";
}

TEST_CASE("assignments stand in front of the event", "[expr]") {
  CHECK(after({{"a", "1"}}, "a + b", "{\"a\":5,\"b\":2}") == "3");
  CHECK(after({{"a", "a + 1"}, {"a", "a * 2"}}, "a", "{\"a\":5}") == "12");
  CHECK(after({{"n", "1"}}, "this", "{\"a\":5}") == "{\"a\":5,\"n\":1}");
  CHECK(after({{"a", "1"}}, "this", "{\"a\":5,\"b\":1.0}") == "{\"a\":1,\"b\":1}");
  CHECK(after({{"o.x", "1"}}, "this", "{\"o\":{\"y\":[2]}}") == "{\"o\":{\"y\":[2],\"x\":1}}");
  CHECK(after({{"o.x", "1"}}, "o.x", "{\"o\":{\"x\":5,\"y\":2}}") == "1");
  CHECK(after({{"o.x.y", "1"}}, "this", "{}") == "{\"o\":{\"x\":{\"y\":1}}}");
  CHECK(after({{"o.x", "1"}}, "this", "{\"o.x\":5}") == "{\"o.x\":1}");
  CHECK(after({{"o.p.q", "1"}}, "this", "{\"o\":{\"p.q\":5}}") == "{\"o\":{\"p.q\":1}}");
  CHECK(after({{"l.1", "9"}}, "this", "{\"l\":[1,2,3]}") == "{\"l\":[1,9,3]}");
  CHECK(after({{"l.1", "9"}}, "l", "{\"l\":[1]}") == "[1,9]");
  CHECK(after({{"l.2", "9"}}, "l", "{\"l\":[1]}") == "not assigned");
  CHECK(after({{"l.x", "9"}}, "l", "{\"l\":[1]}") == "not assigned");
  CHECK(after({{"a.b", "9"}}, "a", "{\"a\":5}") == "not assigned");
  CHECK(after({{"/a.b", "9"}}, "this", "{}") == "{\"a.b\":9}");
  CHECK(after({{"o.x", "1"}}, "o.0.y", "{\"o\":[]}") == "not assigned");
  CHECK(after({{"n", "[{'k': 7}]"}}, "n.0.k", "{}") == "7");
  CHECK(after({{"n", "1"}}, "x.0.k-y", "{\"x\":[{\"k-y\":3}]}") == "3");
  CHECK(after({{"n", "1"}}, "/x/0/k-y", "{\"x\":[{\"k-y\":3}]}") == "3");
  CHECK(after({{"n", "1"}}, "x.1", "{\"x\":[1]}") == "error no_such_field");
  CHECK(after({{"type", "5"}}, "type", "{}") == "5");
}

TEST_CASE("variables and removed members", "[expr]") {
  const Event e("{\"a\":1,\"b\":2}");
  Evaluator evaluator;
  const auto sum = Expr::compile("acc + a");
  const auto all = Expr::compile("this");
  const auto has = Expr::compile("has(b)");
  evaluator.begin(e.record());
  CHECK(evaluator.eval(*sum).is_error());
  evaluator.set("acc", evaluator.from_json("41"));
  CHECK(show(evaluator.eval(*sum)) == "double 42");
  evaluator.remove("b");
  CHECK(evaluator.eval(*has).is_false());
  std::string out;
  CHECK(evaluator.append_json(out, evaluator.eval(*all)));
  CHECK(out == "{\"a\":1,\"acc\":41}");
  evaluator.begin(e.record());
  CHECK(evaluator.eval(*sum).is_error());
  CHECK(evaluator.eval(*has).is_true());
  evaluator.begin_empty();
  CHECK(evaluator.eval(*has).is_false());
}

TEST_CASE("values are written as smap writes them", "[expr]") {
  const struct {
    const char* text;
    const char* json;
  } rows[] = {
      {"null", "null"},
      {"true", "true"},
      {"-5", "-5"},
      {"18446744073709551615u", "18446744073709551615"},
      {"4.0", "4"},
      {"1e15", "1000000000000000"},
      {"0.1 + 0.2", "0.30000000000000004"},
      {"1e-7", "1e-7"},
      {"'a\"\\\\\\n\\u0001\\u00e9/'", "\"a\\\"\\\\\\n\\u0001\xc3\xa9/\""},
      {"b'\\xff\\x00'", "\"/wA=\""},
      {"[1, [2.5, 'x'], {}]", "[1,[2.5,\"x\"],{}]"},
      {"{'a': 1, 2: 'b', true: null, 3u: []}", "{\"a\":1,\"2\":\"b\",\"true\":null,\"3\":[]}"},
      {"timestamp('2009-02-13T23:31:30.500+02:00')", "\"2009-02-13T21:31:30.5Z\""},
      {"duration('1m0.001s')", "\"60.001s\""},
      {"duration('-1500ms')", "\"-1.5s\""},
      {"type(1)", "\"int\""},
      {"ip('::1')", "\"::1\""},
      {"cidr('10.0.0.0/8')", "\"10.0.0.0/8\""},
      {"optional.of(1)", "1"},
      {"optional.none()", "unset"},
      {"[optional.none(), 1, optional.of(2)]", "[1,2]"},
      {"{'a': optional.none(), 'b': 1}", "{\"b\":1}"},
      {"0.0 / 0.0", "unset"},
      {"[1.0 / 0.0]", "unset"},
      {"{'a': -1.0 / 0.0}", "unset"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(json_of(row.text) == row.json);
  }
  Evaluator evaluator;
  evaluator.begin_empty();
  std::string out = "kept";
  std::string why;
  const auto not_finite = Expr::compile("[1, 0.0 / 0.0]");
  CHECK_FALSE(evaluator.append_json(out, evaluator.eval(*not_finite), &why));
  CHECK(out == "kept");
  CHECK(why == "NaN and infinities have no JSON");
}

TEST_CASE("a value is a time if it can be one", "[expr]") {
  TimeParser parser;
  const auto nanos = [&](const char* text, const char* event) -> std::string {
    const auto expr = Expr::compile(text);
    const Event e(event);
    Evaluator evaluator;
    evaluator.begin(e.record());
    const auto t = Evaluator::to_time(evaluator.eval(*expr), parser);
    return t ? std::to_string(to_nanos(*t)) : "none";
  };
  CHECK(nanos("timestamp(5)", "{}") == "5000000000");
  CHECK(nanos("timestamp('1969-12-31T23:59:59.5Z')", "{}") == "-500000000");
  CHECK(nanos("timestamp('1500-01-01T00:00:00Z')", "{}") == "none");
  CHECK(nanos("t", "{\"t\":1700000000123}") == "1700000000123000000");
  CHECK(nanos("t + 1", "{\"t\":1700000000123}") == "1700000000124000000");
  CHECK(nanos("t", "{\"t\":\"2009-02-13T23:31:30Z\"}") == "1234567890000000000");
  CHECK(nanos("t", "{\"t\":true}") == "none");
  CHECK(nanos("t", "{}") == "none");
}

TEST_CASE("an argument without spaces that reads as a path is one", "[expr]") {
  for (const char* path : {"a", "response-time", "items.0.price", "id.orig_h", "@timestamp", "$x",
                           "this", "/a/b", "/a~1b", "caf\xc3\xa9", "a-1", "package", "a.-b"}) {
    CAPTURE(path);
    CHECK(Expr::is_path(path));
  }
  for (const char* text :
       {"",     "a - 1", "a+1", "1",    "1.5",  "-1",  ".5",   "0x1F", "true",      "false",
        "null", "a..b",  "a.",  "f(x)", "a[0]", "'a'", "a==b", "!a",   "price*qty", "a/b"}) {
    CAPTURE(text);
    CHECK_FALSE(Expr::is_path(text));
  }
  const Event e("{\"response-time\":5,\"items\":[{\"price\":7}],\"a\":1,\"a-1\":2,\"package\":3}");
  const auto value = [&](const char* text) {
    Evaluator evaluator;
    evaluator.begin(e.record());
    const auto expr = Expr::compile_argument(text);
    return expr ? show(evaluator.eval(*expr)) : std::string("refused");
  };
  CHECK(value("response-time") == "double 5");
  CHECK(value("items.0.price") == "double 7");
  CHECK(value("a-1") == "double 2");
  CHECK(value("a - 1") == "double 0");
  CHECK(value("package") == "double 3");
  CHECK(value("/items/0/price") == "double 7");
  CHECK(value("items.1.price") == "error no_such_field");
  CHECK(value("true") == "bool true");
  CHECK(value("a*2") == "double 2");
  CHECK(value("a+") == "refused");
}

TEST_CASE("an expression tells what it reads", "[expr]") {
  const auto reads = [](const char* text) {
    const auto expr = Expr::compile(text);
    std::string all;
    for (const std::string& path : expr->reads()) (all += path) += ';';
    return all;
  };
  CHECK(reads("1 + 1") == "");
  CHECK(reads("b + a + b") == "a;b;");
  CHECK(reads("user.id == 1 && has(user.name)") == "user.id;user.name;");
  CHECK(reads("this.a + this['b-c']") == "a;b-c;");
  CHECK(reads("size(this)") == "this;");
  CHECK(reads("l.map(x, x.y + z)") == "l;z;");
  CHECK(reads("this.?a.?b.orValue(c)") == "a;c;");
  CHECK(reads("'k' in this") == "k;");
  CHECK(Expr::compile_argument("items.0.price")->reads() ==
        std::vector<std::string>{"items.0.price"});
}

std::string terms_text(const std::vector<Expr::Term>& terms) {
  static const char* const kOps[] = {"==", "!=", "<", "<=", ">", ">="};
  std::string all;
  for (const Expr::Term& t : terms) {
    ((all += t.path) += kOps[static_cast<std::size_t>(t.op)]) += show(t.literal);
    all += ';';
  }
  return all;
}

TEST_CASE("plain comparisons are recognised", "[expr]") {
  const auto all = [](const char* text) {
    const auto expr = Expr::compile(text);
    const auto terms = expr->as_terms();
    return terms ? terms_text(*terms) : "no";
  };
  const auto required = [](const char* text) {
    const auto expr = Expr::compile(text);
    return terms_text(expr->required_terms());
  };
  CHECK(all("type == 'purchase' && amount > 100") == "type==string \"purchase\";amount>int 100;");
  CHECK(all("100 < amount") == "amount>int 100;");
  CHECK(all("user.id != 5 && this.x <= 1.5") == "user.id!=int 5;x<=double 1.5;");
  CHECK(all("a == 1 || b == 2") == "no");
  CHECK(all("a == b") == "no");
  CHECK(all("a == 1 + 1") == "a==int 2;");
  CHECK(all("a == 1 && size(b) > 2") == "no");
  CHECK(required("a == 1 && size(b) > 2") == "a==int 1;");
  CHECK(required("a == 1 || b == 2") == "");
  CHECK(Expr::compile("a.b")->as_path()->text() == "a.b");
  CHECK(Expr::compile("this")->as_path()->is_whole());
  CHECK_FALSE(Expr::compile("a + 1")->as_path());
  CHECK(Expr::compile_argument("items.0")->as_path()->text() == "items.0");
}

TEST_CASE("errors of one kind at one place have one key", "[expr]") {
  const auto expr = Expr::compile("a + b");
  Evaluator evaluator;
  const auto key = [&](const char* event) {
    const Event e(event);
    evaluator.begin(e.record());
    return Evaluator::error_key(evaluator.eval(*expr));
  };
  CHECK(key("{}") == key("{\"x\":1}"));
  CHECK(key("{}") != key("{\"a\":1}"));
  CHECK(key("{\"a\":1,\"b\":\"x\"}") == key("{\"a\":true,\"b\":\"y\"}"));
  CHECK(Evaluator::describe_not_bool(Value::string("x")) == "not a bool but string");
}

TEST_CASE("a file of assignments is cut where expressions end", "[expr]") {
  const auto cut = [](std::string_view text) {
    const auto all = parse_assignments(text);
    if (!all) return "refused " + all.error().message.substr(0, all.error().message.find('\n'));
    std::string out;
    for (const Assignment& a : *all) ((out += a.target) += " <- ") += a.expression + '\n';
    return out;
  };
  CHECK(cut("") == "");
  CHECK(cut("a = 1") == "a <- 1\n");
  CHECK(cut("a = 1\nb = 2") == "a <- 1\nb <- 2\n");
  CHECK(cut("a=1;b=2;") == "a <- 1\nb <- 2\n");
  CHECK(cut("a = b +\n  c * (\n d)\n\n; user.name = this.?x\n  .orValue('y') // why\n") ==
        "a <- b +\n  c * (\n d)\nuser.name <- this.?x\n  .orValue('y')\n");
  CHECK(cut("// first\na = 1 // one\n// second\nb-c = 2\r\nd.0.e=3") ==
        "a <- 1\nb-c <- 2\nd.0.e <- 3\n");
  CHECK(cut("a = x == 1\nb = x ? 1\n : 2") == "a <- x == 1\nb <- x ? 1\n : 2\n");
  CHECK(cut("/p/q = 1; /r = 2") == "/p/q <- 1\n/r <- 2\n");
  CHECK(cut("a = '\n'") == "refused 1:5: the string has no closing quote");
  CHECK(cut("a = '''\n;b=1'''") == "a <- '''\n;b=1'''\n");
  CHECK(cut("a") == "refused 1:1: expected NAME = EXPR");
  CHECK(cut("a = 1\nb\nc = 2") == "refused 2:1: expected NAME = EXPR");
  CHECK(cut("a = ") == "refused 1:5: the expression ends too early");
  CHECK(cut("a = 1 b = 2") == "refused 1:7: expected an operator, a line break or ';'");
  CHECK(cut(" = 1").starts_with("refused 1:2"));
  CHECK(cut("a = 1 +\nb = 2") == "refused 2:3: expected an operator, a line break or ';'");
  const auto with_nul = parse_assignments(std::string_view("a = 'x\0y'\nb = 1", 15));
  REQUIRE(with_nul.ok());
  CHECK(with_nul->at(0).expression == std::string_view("'x\0y'", 5));
  CHECK(with_nul->at(1).line == 2);
  CHECK(with_nul->at(1).offset == 14);

  CHECK(parse_assignment("total=price*qty")->target == "total");
  CHECK(parse_assignment("total = a == b")->expression == "a == b");
  CHECK(parse_assignment(" user.x = 'y'")->target == "user.x");
  CHECK_FALSE(parse_assignment("total").ok());
  CHECK_FALSE(parse_assignment("=1").ok());
  CHECK_FALSE(parse_assignment("a=").ok());
}

}  // namespace
}  // namespace streamutils::expr::test
