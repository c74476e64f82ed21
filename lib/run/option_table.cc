// SPDX-License-Identifier: Apache-2.0
#include "run/option_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace streamutils {
namespace {

// CLI11 joins the name of an argument and the descriptions of its checks by colons:
// "WHEN:{auto,always,never}", "N:NONNEGATIVE".  A colon inside brackets is the argument's own:
// "P%[:FIELD]".
std::size_t end_of_argument(std::string_view type_name) {
  int depth = 0;
  for (std::size_t i = 0; i < type_name.size(); ++i) {
    if (type_name[i] == '[') ++depth;
    if (type_name[i] == ']') --depth;
    if (type_name[i] == ':' && depth == 0) return i;
  }
  return type_name.size();
}

// The words of "{auto,always,never}" among the descriptions of the checks.
std::vector<std::string> choices_in(std::string_view checks) {
  std::vector<std::string> choices;
  const std::size_t begin = checks.find(":{");
  const std::size_t end = checks.find('}', begin);
  if (begin == checks.npos || end == checks.npos) return choices;
  std::string_view list = checks.substr(begin + 2, end - begin - 2);
  while (!list.empty()) {
    const std::string_view word = list.substr(0, list.find(','));
    choices.emplace_back(word);
    list.remove_prefix(std::min(word.size() + 1, list.size()));
  }
  return choices;
}

// The texts say "(default 1s)" where the value is not a fixed one of the parser ("1s, on live
// input").
std::string default_of(const CLI::Option& option) {
  if (!option.get_default_str().empty()) return option.get_default_str();
  constexpr std::string_view kMark = "(default ";
  const std::string_view text = option.get_description();
  const std::size_t begin = text.find(kMark);
  if (begin == text.npos) return {};
  const std::string_view rest = text.substr(begin + kMark.size());
  return std::string(rest.substr(0, rest.find_first_of(",;)")));
}

OptionEntry entry_of(const CLI::Option& option) {
  OptionEntry entry;
  for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  const std::string type_name = option.get_type_name();
  const std::size_t end = end_of_argument(type_name);
  // A flag takes no word, but may take a value behind "="; CLI11 gives other flags types like
  // BOOLEAN.
  const bool is_flag = option.get_items_expected_max() == 0;
  if (!is_flag || type_name.starts_with('[')) {
    entry.argument = type_name.substr(0, end);
    entry.choices = choices_in(std::string_view(type_name).substr(end));
  }
  entry.group = option.get_group();
  entry.text = option.get_description();
  entry.default_value = default_of(option);
  entry.repeatable = option.get_expected_max() > 1;
  return entry;
}

}  // namespace

std::vector<OptionEntry> option_table(const Tool& tool, const CLI::App& app) {
  CLI::App own_app;
  own_app.set_help_flag("");
  tool.declare(own_app);
  std::vector<OptionEntry> table;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty() || option->nonpositional() == false) continue;
    table.push_back(entry_of(*option));
    table.back().own = own_app.get_option_no_throw(table.back().names.front()) != nullptr;
  }
  return table;
}

std::vector<OptionEntry> option_table(const Tool& tool) {
  CLI::App app(tool.info.summary, tool.info.name);
  CommonOptions common;
  HelpOptions help;
  std::vector<std::string> operands;
  declare_all(app, tool, common, help, operands);
  return option_table(tool, app);
}

std::vector<std::string> groups_of(const std::vector<OptionEntry>& options) {
  std::vector<std::string> groups;
  for (const OptionEntry& option : options) {
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) {
      groups.push_back(option.group);
    }
  }
  return groups;
}

std::string spelling(const OptionEntry& option) {
  const char* gap = option.argument.empty() || option.argument_is_optional() ? "" : " ";
  return fmt::format("{}{}{}", fmt::join(option.names, ", "), gap, option.argument);
}

}  // namespace streamutils
