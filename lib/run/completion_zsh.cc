// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "run/completion_text.h"
#include "run/completions.h"

namespace streamutils {
namespace {

// text with a backslash in front of each of `special`, as the specifications of _arguments want it.
std::string escape(std::string_view text, std::string_view special) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || special.find(c) != special.npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// What stands behind the name: "[text]:FIELD: ".
std::string description(const OptionEntry& option) {
  const std::string text = fmt::format("[{}]", escape(menu_text(option), "[]"));
  if (option.argument.empty()) return text;
  std::string action = " ";
  if (takes_file(option)) action = "_files";
  if (option.argument == "ZONE") action = "_time_zone";
  if (!option.choices.empty()) action = fmt::format("({})", fmt::join(option.choices, " "));
  const bool optional = option.argument_is_optional();
  const std::string name = optional ? "form" : escape(option.argument, ":[]");
  return fmt::format("{}{}{}:{}", text, optional ? "::" : ":", name, action);
}

// "-t+" takes its argument from the same word or the next, "--time=" behind "=" or from the next.
std::string name_with_mode(const std::string& name, const OptionEntry& option) {
  if (option.argument.empty()) return name;
  const bool is_long = name.starts_with("--");
  if (option.argument_is_optional()) return is_long ? name + "=-" : name;
  return name + (is_long ? "=" : "+");
}

std::string specification(const OptionEntry& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) names.push_back(name_with_mode(name, option));
  const std::string exclusion =
      option.repeatable ? "'*'" : fmt::format("'({})'", fmt::join(option.names, " "));
  const std::string text = posix_quote(description(option));
  if (names.size() == 1) return fmt::format("  {}{}{} \\\n", exclusion, names[0], text);
  return fmt::format("  {}{{{}}}{} \\\n", exclusion, fmt::join(names, ","), text);
}

// A function that offers the words of a list, and files where they may stand too.
std::string word_function(std::string_view name, const std::vector<OperandWord>& words,
                          bool with_files) {
  std::string text = fmt::format("{}() {{\n  local -a words=(\n", name);
  for (const OperandWord& word : words) {
    text += "    " + posix_quote(fmt::format("{}:{}", escape(word.word, ":"), word.text)) + "\n";
  }
  text += "  )\n  local ret=1\n  _describe -t words word words && ret=0\n";
  if (with_files) text += "  _files && ret=0\n";
  return text + "  return ret\n}\n\n";
}

}  // namespace

std::string zsh_completion(const CompletionSource& source) {
  const std::string function = "_" + source.tool;
  const OperandWords& words = source.words;
  std::string text =
      fmt::format("#compdef {}\n{}\n", source.tool, completion_header(source.tool, "zsh"));
  if (!words.first.empty()) text += word_function(function + "_first", words.first, false);
  if (!words.later.empty()) text += word_function(function + "_later", words.later, true);
  text += "_arguments -s -S \\\n";
  for (const OptionEntry& option : source.options) text += specification(option);
  if (!words.first.empty()) text += fmt::format("  '1: :{}_first' \\\n", function);
  return text + (words.later.empty() ? "  '*:FILE:_files'\n"
                                     : fmt::format("  '*: :{}_later'\n", function));
}

}  // namespace streamutils
