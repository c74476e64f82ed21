// The command line of swindow: what it means, and what is refused with which words.
// SPDX-License-Identifier: Apache-2.0
#include "ops/window_args.h"

#include <catch2/catch.hpp>

#include "window_harness.h"

namespace streamutils::testing {
namespace {

// Everything that was understood, in one line.
std::string describe(const WindowArguments& a) {
  const std::string kinds[] = {"tumbling", "sliding", "session", "cumulate", "rolling"};
  std::string text =
      kinds[static_cast<int>(a.window.kind)] + " " + format_window_length(a.window.size);
  if (a.window.kind == WindowKind::sliding) text += "/" + format_window_length(a.window.slide);
  if (a.window.max) text += " max " + format_duration(*a.window.max);
  for (const AggregateSpec& spec : a.aggregates) {
    text += " | " + spec.function;
    if (!spec.parameter.empty()) text += " " + spec.parameter;
    if (spec.argument) text += " " + spec.argument->text();
    if (spec.where) text += " where " + spec.where->text();
    text += " -> " + spec.name;
  }
  for (const Path& key : a.keys) text += " | by " + key.text();
  for (const std::string& file : a.files) text += " | file " + file;
  return text;
}

TEST_CASE("arguments are read as they are meant") {
  struct Row {
    std::string words, meaning;
  };
  const Row rows[] = {
      {"tumbling 10s count", "tumbling 10s | count -> count"},
      {"sliding 1h 1s avg amount", "sliding 1h/1s | avg amount -> avg_amount"},
      {"session 30m count", "session 30m | count -> count"},
      {"session 1w max 2d count", "session 1w max 2d | count -> count"},
      {"tumbling 1w count", "tumbling 1w | count -> count"},
      {"tumbling 100rows count", "tumbling 100rows | count -> count"},
      {"sliding 2y 3mo count", "sliding 2y/3mo | count -> count"},
      {"cumulate 1d 1h count", "cumulate 1d | count -> count"},
      {"rolling 1d count", "rolling 1d | count -> count"},
      {"rolling 5rows count", "rolling 5rows | count -> count"},
      {"session 30m max 1h count", "session 30m max 1h | count -> count"},
      {"session 30m max amount", "session 30m | max amount -> max_amount"},
      {"session 30m max 5", "session 30m | max 5 -> max_5"},
      {"tumbling 1s first last last first",
       "tumbling 1s | first last -> first_last | last first -> last_first"},
      {"tumbling 1s sum by by by", "tumbling 1s | sum by -> sum_by | by by"},
      {"tumbling 1s sum as as as", "tumbling 1s | sum as -> as"},
      {"tumbling 1s count as sum sum x as count", "tumbling 1s | count -> sum | sum x -> count"},
      {"tumbling 1s sum where", "tumbling 1s | sum where -> sum_where"},
      {"tumbling 1s sum a*b count where x>1&&y as n avg c where z",
       "tumbling 1s | sum a*b -> sum_a_b | count where x>1&&y -> n | avg c where z -> avg_c"},
      {"tumbling 1s p99.9 a median b top 3 c approx_p50 d",
       "tumbling 1s | p99.9 a -> p99_9_a | median b -> median_b | top 3 c -> top_3_c | approx_p50 "
       "d "
       "-> approx_p50_d"},
      {"tumbling 1s fold 0 acc+n as s ewma 1h30m x",
       "tumbling 1s | fold 0 acc+n -> s | ewma 1h30m x -> ewma_1h30m_x"},
      {"tumbling 1s sum where where where", "tumbling 1s | sum where where where -> sum_where"},
      {"tumbling 1s count by a,b.c f g",
       "tumbling 1s | count -> count | by a | by b.c | file f | file g"},
      {"tumbling 1s count f by", "tumbling 1s | count -> count | file f | file by"},
      {"tumbling 1s count -", "tumbling 1s | count -> count | file -"},
      {"tumbling 1s count ./sum", "tumbling 1s | count -> count | file ./sum"},
      {"tumbling 1s count -- sum by", "tumbling 1s | count -> count | file sum | file by"},
      {"tumbling 1s max response-time", "tumbling 1s | max response-time -> max_response_time"},
      {"tumbling 1s max @timestamp", "tumbling 1s | max @timestamp -> max__timestamp"},
      {"tumbling 1s max /a/b~1c", "tumbling 1s | max /a/b~1c -> max__a_b_1c"},
      {"tumbling 1s sum größe", "tumbling 1s | sum größe -> sum_größe"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.words);
    const auto arguments = parse_window_arguments(split_words(row.words));
    CHECK((arguments ? describe(*arguments) : arguments.error().message) == row.meaning);
  }
}

TEST_CASE("what is refused is named, with what would be right") {
  struct Row {
    std::string words, part;
  };
  const Row rows[] = {
      {"", "no window given"},
      {"tumblign 1s count", "did you mean 'tumbling'?"},
      {"jump 1s count", "there are tumbling, sliding, session"},
      {"hop 1s count", "did you mean 'sliding'?"},
      {"90m count", "did you mean 'tumbling 90m'?"},
      {"count by user", "it comes first: tumbling 10s count"},
      {"rolling 1mo count", "the SIZE of 'rolling': not a duration"},
      {"rolling", "the SIZE of 'rolling' is missing"},
      {"cumulate 1h 2h count", "STEP of 'cumulate' is longer than its SIZE"},
      {"cumulate 10rows 1rows count", "not rows"},
      {"tumbling", "the SIZE of 'tumbling' is missing"},
      {"tumbling 10 count", "for example 10s"},
      {"tumbling 0 count", "must be more than 0"},
      {"tumbling -5s count", "must be more than 0"},
      {"sliding 100rows 1s count", "both rows, or both lengths of time"},
      {"session 1mo count", "not a duration"},
      {"tumbling count", "the SIZE of 'tumbling': not a duration: \"count\""},
      {"sliding 10s", "the SLIDE of 'sliding' is missing"},
      {"sliding 10s count", "the SLIDE of 'sliding': not a duration: \"count\""},
      {"session 0 count", "the GAP of 'session' must be more than 0"},
      {"session 5s max 0 count", "the 'max' of 'session' must be more than 0"},
      {"tumbling 1s", "no aggregate given"},
      {"tumbling 1s by a", "no aggregate given"},
      {"tumbling 1s --", "no aggregate given"},
      {"tumbling 1s coutn", "did you mean 'count'?"},
      {"tumbling 1s xyzzy", "there are count, rate, sum, avg, min, max, first, last"},
      {"tumbling 1s p101 x", "p101: \"101\" is not a number from 0 to 100"},
      {"tumbling 1s p05 x", "p05: \"05\" is not a number"},
      {"tumbling 1s approx_p100.5 x", "approx_p100.5: \"100.5\" is not a number from 0 to 100"},
      {"tumbling 1s quantile 99 x", "quantile: \"99\" is not a share from 0 to 1"},
      {"tumbling 1s quantile x", "'quantile' needs two words behind it: quantile Q EXPR"},
      {"tumbling 1s top x y", "top: \"x\" is not a number of values"},
      {"tumbling 1s bottom 0 y", "bottom: \"0\" is not a number of values"},
      {"tumbling 1s ewma 10 y", "ewma: "},
      {"tumbling 1s ewma 0 y", "ewma: the half-life must be more than 0"},
      {"tumbling 1s fold x acc", "fold: INIT: no such field 'x'"},
      {"tumbling 1s fold 0 acc+", "fold: 1:5: "},
      {"tumbling 1s pNN x", "no such aggregate: \"pNN\""},
      {"tumbling 1s avg", "'avg' needs a field behind it: avg EXPR"},
      {"tumbling 1s avg a..b", "avg: "},
      {"tumbling 1s sum a*", "sum: 1:3: "},
      {"tumbling 1s count where", "'where' needs an expression behind it"},
      {"tumbling 1s count where x( as y", "where: 1:"},
      {"tumbling 1s count having", "'having' needs an expression behind it"},
      {"tumbling 1s count as", "'as' needs the name of a member"},
      {"tumbling 1s count by", "'by' needs a field behind it"},
      {"tumbling 1s count by a,,b", "by: "},
      {"tumbling 1s count by a having x)", "having"},
      {"tumbling 1s count by a sum b", "'sum' comes too late"},
      {"tumbling 1s count by a by b", "'by' comes too late"},
      {"tumbling 1s count by a as b", "'as' comes too late"},
      {"tumbling 1s count count", "'as NAME'"},
      {"tumbling 1s sum a.b sum a-b", "\"sum_a_b\""},
      {"tumbling 1s count as window_end", "\"window_end\""},
      {"tumbling 1s count as partial", "\"partial\""},
      {"tumbling 1s count as k by k", "\"k\""},
      {"tumbling 1s count by k,k", "the name \"k\" is taken"},
      {"tumbling 1s count by window_start", "the name \"window_start\" is taken"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.words);
    const auto arguments = parse_window_arguments(split_words(row.words));
    REQUIRE_FALSE(arguments.ok());
    CAPTURE(arguments.error().message);
    CHECK(arguments.error().message.find(row.part) != std::string::npos);
  }
}

TEST_CASE("a file in place of a field, and a word in place of a file, are told") {
  const auto exists = [](const std::string& name) {
    return name == "log.ndjson" || name == "price" || name == "order";
  };
  struct Row {
    std::string words;
    std::string part;  // of the message; empty: they are right
  };
  const Row row = GENERATE(
      Row{"tumbling 1s avg log.ndjson", "\"log.ndjson\" is a file here, and a field is wanted"},
      Row{"tumbling 1s count by log.ndjson", "(a field of that name is /log.ndjson)"},
      Row{"tumbling 1s avg log.ndjson log.ndjson", ""}, Row{"tumbling 1s avg price", ""},
      Row{"tumbling 1s count price", ""}, Row{"tumbling 1s count order", ""},
      Row{"tumbling 1s count -", ""}, Row{"tumbling 1s count ./user", ""},
      Row{"tumbling 1s count missing.log", ""}, Row{"tumbling 1s count by region user", ""},
      Row{"tumbling 1s count user", "'count' takes no field"},
      Row{"tumbling 1s count having count > 10", "an expression is one word"},
      Row{"tumbling 1s sum price mean price", "\"mean\" is neither an aggregate nor a file"});
  CAPTURE(row.words);
  const auto arguments = parse_window_arguments(split_words(row.words), exists);
  CAPTURE(arguments ? std::string() : arguments.error().message);
  REQUIRE(arguments.ok() == row.part.empty());
  if (!arguments) CHECK(arguments.error().message.find(row.part) != std::string::npos);
}

}  // namespace
}  // namespace streamutils::testing
