// SPDX-License-Identifier: Apache-2.0
#include "tools/operand_words.h"

#include "ops/aggregate.h"

namespace streamutils {
namespace {

void add_aggregates(OperandWords& words) {
  for (const AggregateFunction& function : aggregate_functions()) {
    words.later.push_back({std::string(function.name), std::string(function.help)});
  }
  words.later.push_back({"where", "EXPR: which events an aggregate sees"});
  words.later.push_back({"as", "NAME: names the result of an aggregate"});
}

OperandWords words_of_swindow() {
  OperandWords words;
  words.first = {{"tumbling", "SIZE: windows one after the other"},
                 {"sliding", "SIZE SLIDE: windows that overlap"},
                 {"session", "GAP: activity of a key without a pause"}};
  add_aggregates(words);
  words.later.push_back({"by", "FIELDS: a result for each value of these fields"});
  return words;
}

OperandWords words_of_sgroup() {
  OperandWords words;
  add_aggregates(words);
  return words;
}

OperandWords words_of_sjoin() {
  OperandWords words;
  words.first = {{"on", "KEY[=RIGHTKEY],...: what the two events share"}};
  words.later = {{"within", "BOUNDS: how far apart in time"},
                 {"table", "RIGHT: enrich by a table that is read first"},
                 {"asof", "RIGHT: the newest version at the time of the event"}};
  return words;
}

}  // namespace

OperandWords operand_words(const Tool& tool) {
  if (tool.info.name == "swindow") return words_of_swindow();
  if (tool.info.name == "sgroup") return words_of_sgroup();
  return tool.info.name == "sjoin" ? words_of_sjoin() : OperandWords{};
}

}  // namespace streamutils
