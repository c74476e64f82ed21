// SPDX-License-Identifier: Apache-2.0
#include "tools/operand_words.h"

#include "ops/aggregate.h"

namespace streamutils {
namespace {

OperandWords words_of_swindow() {
  OperandWords words;
  words.first = {{"tumbling", "SIZE: windows one after the other"},
                 {"sliding", "SIZE SLIDE: windows that overlap"},
                 {"session", "GAP: activity of a key without a pause"}};
  for (const AggregateFunction& function : aggregate_functions()) {
    words.later.push_back({std::string(function.name), std::string(function.help)});
  }
  words.later.push_back({"where", "EXPR: which events an aggregate sees"});
  words.later.push_back({"as", "NAME: names the result of an aggregate"});
  words.later.push_back({"by", "FIELDS: a result for each value of these fields"});
  return words;
}

}  // namespace

OperandWords operand_words(const Tool& tool) {
  return tool.info.name == "swindow" ? words_of_swindow() : OperandWords{};
}

}  // namespace streamutils
