// The filter without a process: what leaves, when it is done, what a line must hold, samples.
// SPDX-License-Identifier: Apache-2.0
#include "ops/filter.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "filter_fixture.h"
#include "ops/term.h"

namespace streamutils {
namespace {

using Lines = std::vector<std::string>;

FilterOptions with_terms(const Lines& terms) {
  FilterOptions options;
  for (const std::string& text : terms) {
    auto made = make_term(text);
    REQUIRE(made.ok());
    options.predicates.push_back(std::move(*made));
  }
  return options;
}

OperatorPtr filter(FilterOptions options) {
  auto made = make_filter(std::move(options));
  REQUIRE(made.ok());
  return std::move(*made);
}

Outcome feed(Operator& op, const std::string& line, Recorder& out) {
  return op.on_record(TextRecord(line).get(), out);
}

const Lines kEvents = {R"({"t":"a","n":1})", R"({"t":"b", "n":2.0})", R"({"t":"a","n":3})",
                       R"({"n":4})"};

TEST_CASE("events that match leave as their own bytes") {
  struct Row {
    Lines terms;
    bool invert;
    Lines expected;
  };
  const std::vector<Row> rows = {
      {{}, false, kEvents},
      {{}, true, {}},
      {{"t=a"}, false, {kEvents[0], kEvents[2]}},
      {{"t=a"}, true, {kEvents[1], kEvents[3]}},
      {{"t=a", "n>2"}, false, {kEvents[2]}},
      {{"t=a", "n>2"}, true, {kEvents[0], kEvents[1], kEvents[3]}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.terms, row.invert);
    FilterOptions options = with_terms(row.terms);
    options.invert = row.invert;
    const auto op = filter(std::move(options));
    Recorder out;
    for (const std::string& event : kEvents) {
      const std::size_t before = out.lines.size();
      const Outcome outcome = feed(*op, event, out);
      CHECK(outcome.fate == (out.lines.size() > before ? Fate::used : Fate::dropped));
    }
    CHECK(out.lines == row.expected);
    CHECK_FALSE(op->has_state());
  }
}

TEST_CASE("a line that is damaged where it is read is bad, also for negations and -v") {
  for (const char* text : {"t=a", "t!=a", "t~a", "t!~a", "n>1"}) {
    for (const bool invert : {false, true}) {
      CAPTURE(text, invert);
      FilterOptions options = with_terms({text});
      options.invert = invert;
      const auto op = filter(std::move(options));
      Recorder out;
      CHECK(feed(*op, R"({"x":1 "t":"a","n":2})", out).fate == Fate::bad);
      CHECK(feed(*op, R"({"x":1,"z":"a")", out).fate == Fate::bad);
      CHECK(out.lines.empty());
      CHECK(out.counts.empty());
    }
  }
}

TEST_CASE("-m is done after so many matches, and not before") {
  for (const std::uint64_t limit : {0, 1, 2, 3}) {
    CAPTURE(limit);
    FilterOptions options = with_terms({"t=a"});
    options.limit = limit;
    const auto op = filter(std::move(options));
    Recorder out;
    for (const std::string& event : kEvents) {
      CHECK(op->is_done() == (out.lines.size() >= limit));
      feed(*op, event, out);
    }
    CHECK(out.lines.size() == std::min<std::uint64_t>(limit, 2));
  }
}

TEST_CASE("-c writes how many would have left, and goes on after a restart") {
  FilterOptions options = with_terms({"t=a"});
  options.count = true;
  auto op = filter(std::move(options));
  Recorder out;
  for (const std::string& event : kEvents) {
    CHECK_FALSE(feed(*op, event, out).fate == Fate::bad);
    FilterOptions again = with_terms({"t=a"});
    again.count = true;
    auto fresh = filter(std::move(again));
    REQUIRE(move_state(*op, *fresh).ok());
    op = std::move(fresh);
  }
  CHECK(out.lines.empty());
  SECTION("at the end") {
    op->on_end(out);
    CHECK(out.lines == Lines{R"({"count":2})"});
  }
  SECTION("when interrupted") {
    op->on_interrupt(out);
    CHECK(out.lines == Lines{R"({"count":2,"partial":true})"});
  }
}

TEST_CASE("the longest text that a line must hold is known, unless more than matches may leave") {
  struct Row {
    Lines terms;
    bool invert, count, around;
    std::string required;
  };
  const std::vector<Row> rows = {
      {{}, false, false, false, ""},
      {{"t=purchase"}, false, false, false, R"("purchase")"},
      {{"t=purchase"}, false, true, false, R"("purchase")"},
      {{"n>5", "t=purchase", "u=eu"}, false, false, false, R"("purchase")"},
      {{"t=purchase"}, true, false, false, ""},
      {{"t=purchase"}, false, false, true, ""},
      {{"t=purchase"}, false, true, true, ""},
      {{"t=" + std::string(100, 'x')}, false, false, false, '"' + std::string(63, 'x')},
  };
  for (const Row& row : rows) {
    CAPTURE(row.terms, row.invert, row.count, row.around);
    FilterOptions options = with_terms(row.terms);
    options.invert = row.invert;
    options.count = row.count;
    if (row.around) options.around = std::chrono::seconds(5);
    CHECK(filter(std::move(options))->required_text().text == row.required);
  }
}

TEST_CASE("options that say nothing together are refused") {
  FilterOptions negative;
  negative.around = Duration(-1);
  CHECK_FALSE(make_filter(std::move(negative)).ok());
  FilterOptions alone;
  alone.by = {*Path::parse("k")};
  CHECK_FALSE(make_filter(std::move(alone)).ok());
}

// --- Samples
// ---------------------------------------------------------------------------------------

Lines sampled(const std::string& share, const Lines& events) {
  auto sample = Sample::parse(share);
  REQUIRE(sample.ok());
  FilterOptions options;
  options.sample = std::move(*sample);
  const auto op = filter(std::move(options));
  Recorder out;
  for (const std::string& event : events) feed(*op, event, out);
  return out.lines;
}

Lines many_events(int n) {
  Lines events;
  for (int i = 0; i < n; ++i) {
    events.push_back("{\"i\":" + std::to_string(i) + ",\"k\":" + std::to_string(i % 1000) + "}");
  }
  return events;
}

TEST_CASE("a sample has its share of the lines, and holds every smaller one") {
  const Lines events = many_events(20000);
  CHECK(sampled("0%", events).empty());
  CHECK(sampled("100%", events) == events);
  std::set<std::string> smaller;
  for (const double percent : {0.5, 1.0, 10.0, 50.0}) {
    CAPTURE(percent);
    const Lines taken = sampled(std::to_string(percent) + "%", events);
    const double expected = 20000 * percent / 100;
    CHECK(std::abs(static_cast<double>(taken.size()) - expected) < 5 * std::sqrt(expected));
    const std::set<std::string> larger(taken.begin(), taken.end());
    CHECK(std::includes(larger.begin(), larger.end(), smaller.begin(), smaller.end()));
    smaller = larger;
  }
}

TEST_CASE("the choice is fixed for all time") {
  // XXH3_64bits with seed 1 of the line is less than a tenth of 2^64.
  const Lines events = many_events(60);
  CHECK(sampled("10%", events) == Lines{events[22], events[23], events[54], events[55]});
}

TEST_CASE("a sample by key takes all events of a key or none, whatever the key's spelling") {
  Lines events = many_events(5000);
  const Lines taken = sampled("20%:k", events);
  std::set<std::string> keys;
  for (const std::string& line : taken) keys.insert(line.substr(line.find("\"k\"")));
  CHECK(taken.size() == keys.size() * 5);
  CHECK(keys.size() > 140);
  CHECK(keys.size() < 260);
  for (int k = 0; k < 50; ++k) {
    const std::string key = std::to_string(k);
    CAPTURE(key);
    const Lines spellings = {"{\"k\":" + key + "}", "{\"k\":" + key + ".0}",
                             "{\"k\": " + key + "e0}"};
    const std::size_t n = sampled("20%:k", spellings).size();
    CHECK((n == 0 || n == 3));
  }
  CHECK(sampled("100%:k", {R"({"j":1})"}).empty());
}

TEST_CASE("a share is a percentage from 0 to 100") {
  for (const char* text : {"1%", "0%", "0.000000000001%", "100%", "1e1%", "100.0%", "5%:a.b"}) {
    CAPTURE(text);
    CHECK(Sample::parse(text).ok());
  }
  for (const char* text : {"", "1", "0.01", "%", "-1%", "100.1%", "1000%", "1e3%", "1e300%", "x%",
                           "1%a", "1%:", "1%:a..b", "0.0000000000001%"}) {
    CAPTURE(text);
    CHECK_FALSE(Sample::parse(text).ok());
  }
}

}  // namespace
}  // namespace streamutils
