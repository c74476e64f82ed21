// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "run/completion_text.h"
#include "run/completions.h"

namespace streamutils {
namespace {

// Readline cuts "--option=value" into three words; `joined` tells that the word under the cursor is
// such a value.  `operands` counts those in front of it.  Files are left to readline (compopt -o
// default), which knows how to quote their names.
constexpr std::string_view kTemplate = R"(
# Offers the words of $1.
@F@_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }

@F@() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local joined='' operands=0 i
  if [[ $current == '=' ]]; then
    current='' joined=1
  elif [[ $previous == '=' ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]} joined=1
  fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
    --)
      compopt -o default
      return
      ;;
    @WITH_WORD@)
      [[ ${COMP_WORDS[i + 1]} == '=' ]] && ((++i))
      ((++i))
      ;;
    -?*) [[ ${COMP_WORDS[i + 1]} == '=' ]] && ((i += 2)) ;;
    *) ((++operands)) ;;
    esac
  done
  case $previous in
@VALUES@  esac
  if [[ $joined ]]; then
    case $previous in
@JOINED_VALUES@    esac
    return
  fi
  if [[ $current == -* ]]; then
    @F@_words '@NAMES@'
    return
  fi
@OPERANDS@}

complete -F @F@ @TOOL@
)";

// The names as patterns of one branch of `case`, in lines of bearable length.
std::string pattern(const std::vector<std::string>& names) {
  std::string text;
  std::size_t line = 0;
  for (const std::string& name : names) {
    if (!text.empty()) text += " | ";
    if (text.size() - line > 80) {
      text += "\\\n      ";
      line = text.size();
    }
    text += name;
  }
  return text;
}

using Names = std::vector<std::string>;

// The names of the options for which `wanted` is true.
template <typename Wanted>
Names names_where(const std::vector<OptionEntry>& options, Wanted wanted) {
  Names names;
  for (const OptionEntry& option : options) {
    if (wanted(option)) names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

// What to do when the word before the cursor is one of the names; an empty action offers nothing.
std::string branch(const Names& names, std::string_view action) {
  if (names.empty()) return {};
  const std::string line = action.empty() ? "" : fmt::format("    {}\n", action);
  return fmt::format("  {})\n{}    return\n    ;;\n", pattern(names), line);
}

// The branches of `case $previous`, one for each way in which the next word is completed.
std::string values(const std::vector<OptionEntry>& options) {
  std::string text;
  for (const OptionEntry& option : options) {
    if (!takes_word(option) || option.choices.empty()) continue;
    text += branch(option.names, fmt::format("@F@_words '{}'", fmt::join(option.choices, " ")));
  }
  text += branch(names_where(options, takes_file), "compopt -o default");
  const auto is_free = [](const OptionEntry& option) {
    return takes_word(option) && !takes_file(option) && option.choices.empty();
  };
  return text + branch(names_where(options, is_free), "");
}

// The same for options that have a value only behind "=".
std::string joined_values(const std::vector<OptionEntry>& options) {
  std::string text;
  for (const OptionEntry& option : options) {
    if (!option.argument_is_optional()) continue;
    text += fmt::format("    {}) @F@_words '{}' ;;\n", pattern(option.names),
                        fmt::join(option.choices, " "));
  }
  return text;
}

std::string operands(const OperandWords& words) {
  std::string text;
  if (!words.first.empty()) {
    text += fmt::format("  if ((operands == 0)); then\n    @F@_words '{}'\n    return\n  fi\n",
                        fmt::join(names_of(words.first), " "));
  }
  if (!words.later.empty()) {
    text += fmt::format("  @F@_words '{}'\n", fmt::join(names_of(words.later), " "));
  }
  return text + "  compopt -o default\n";
}

void replace_all(std::string& text, std::string_view mark, std::string_view value) {
  for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + value.size())) {
    text.replace(at, mark.size(), value);
  }
}

}  // namespace

std::string bash_completion(const CompletionSource& source) {
  const Names all = names_where(source.options, [](const OptionEntry&) { return true; });
  std::string text = completion_header(source.tool, "bash").append(kTemplate);
  replace_all(text, "@TOOL@", source.tool);
  replace_all(text, "@WITH_WORD@", pattern(names_where(source.options, takes_word)));
  replace_all(text, "@JOINED_VALUES@", joined_values(source.options));
  replace_all(text, "@VALUES@", values(source.options));
  replace_all(text, "@NAMES@", fmt::format("{}", fmt::join(all, " ")));
  replace_all(text, "@OPERANDS@", operands(source.words));
  replace_all(text, "@F@", "_streamutils_" + source.tool);
  return text;
}

}  // namespace streamutils
