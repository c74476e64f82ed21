// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "run/completion_text.h"
#include "run/completions.h"

namespace streamutils {
namespace {

std::string names(const OptionEntry& option) {
  std::string text;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  return text;
}

std::string argument(const OptionEntry& option) {
  if (!takes_word(option)) return {};
  if (takes_file(option)) return " -r -F";
  if (option.choices.empty()) return " -x";
  return fmt::format(" -x -a {}", fish_quote(fmt::format("{}", fmt::join(option.choices, " "))));
}

// fish has no options whose argument may be left out: each value is offered as a word of its own,
// once the word under the cursor begins like an option.
std::string optional_values(const std::string& tool, const OptionEntry& option) {
  std::string text;
  if (!option.argument_is_optional()) return text;
  for (const std::string& choice : option.choices) {
    text +=
        fmt::format("complete -c {} -n {} -f -a {} -d {}\n", tool,
                    fish_quote("string match -q -- '-*' (commandline -ct)"),
                    fish_quote(option.names.back() + "=" + choice), fish_quote(menu_text(option)));
  }
  return text;
}

std::string word_lines(const std::string& tool, const std::string& condition,
                       std::string_view files, const std::vector<OperandWord>& words) {
  std::string text;
  for (const OperandWord& word : words) {
    text += fmt::format("complete -c {} -n {} {} -a {} -d {}\n", tool, fish_quote(condition), files,
                        fish_quote(word.word), fish_quote(word.text));
  }
  return text;
}

}  // namespace

std::string fish_completion(const CompletionSource& source) {
  const OperandWords& words = source.words;
  std::string text = completion_header(source.tool, "fish") + "\n";
  for (const OptionEntry& option : source.options) {
    text += fmt::format("complete -c {}{}{} -d {}\n", source.tool, names(option), argument(option),
                        fish_quote(menu_text(option)));
    text += optional_values(source.tool, option);
  }
  if (words.first.empty()) return text + word_lines(source.tool, "true", "-F", words.later);
  const std::string seen =
      fmt::format("__fish_seen_subcommand_from {}", fmt::join(names_of(words.first), " "));
  return text + word_lines(source.tool, "not " + seen, "-f", words.first) +
         word_lines(source.tool, seen, "-F", words.later);
}

}  // namespace streamutils
