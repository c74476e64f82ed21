// SPDX-License-Identifier: Apache-2.0
#include "run/usage_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace streamutils {
namespace {

// " (it is a word here, without dashes: by)" for --by, where the synopsis has `by FIELDS`.
std::string bare_word_hint(std::string_view option, const std::vector<std::string>& synopsis) {
  const std::string_view word = option.substr(2);
  for (const std::string& form : synopsis) {
    for (const char before : {' ', '['}) {
      if (word.empty() || form.find(fmt::format("{}{} ", before, word)) == form.npos) continue;
      return fmt::format(" (it is a word here, without dashes: {})", word);
    }
  }
  return {};
}

// The first word that looks like an option and is none, with what may have been meant.
std::optional<std::string> unknown_option(const CLI::App& app,
                                          const std::vector<std::string>& words,
                                          const std::vector<std::string>& synopsis) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  for (const std::string& word : words) {
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    if (name.starts_with("--") && app.get_option_no_throw(std::string(name)) == nullptr) {
      const std::string hint = bare_word_hint(name, synopsis);
      return fmt::format("unknown option {}{}", name,
                         hint.empty() ? did_you_mean(name, candidates) : hint);
    }
  }
  return std::nullopt;
}

// {skip,stop} -> skip or stop
std::string alternatives(std::string_view set) {
  std::string text(set.substr(1, set.size() - 2));
  const std::size_t last = text.rfind(',');
  if (last != std::string::npos) text.replace(last, 1, " or ");
  for (std::size_t at = 0; (at = text.find(',', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, ", ");
  }
  return text;
}

// The parts of text on both sides of a mark; both empty if it has none.
std::pair<std::string_view, std::string_view> split(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {};
  return {text.substr(0, at), text.substr(at + mark.size())};
}

std::string range(std::uint64_t least, std::uint64_t most) {
  if (most != UINT64_MAX) return fmt::format(" from {} to {}", least, most);
  return least == 0 ? std::string() : fmt::format(" from {} on", least);
}

// What CLI11 says, for the kinds of errors that our declarations of options can lead to; any other
// as it is.
std::string in_our_words(std::string_view said) {
  if (const auto [front, word] = split(said, "not expected: "); !word.empty()) {
    return fmt::format("unknown option {}", word);
  }
  if (const auto [front, rest] = split(said, "Could not convert: "); !rest.empty()) {
    const auto [name, value] = split(rest, " = ");
    return fmt::format("{}: not a number: {}", name, quote(value));
  }
  const auto [name, rest] = split(said, ": ");
  if (const auto [n, type] = split(rest, " required "); type.ends_with(" missing")) {
    return fmt::format("{}: no {} given", name, type.substr(0, type.size() - 8));
  }
  if (rest.starts_with("At Most 1 required")) return fmt::format("{}: given more than once", name);
  if (const auto [most, found] = split(rest, " required but received "); !found.empty()) {
    return fmt::format("{}: expected {} words, found {}", name, most.substr(most.rfind(' ') + 1),
                       found);
  }
  if (const auto [value, set] = split(rest, " not in "); !set.empty()) {
    return fmt::format("{}: expected {}, found {}", name, alternatives(set), quote(value));
  }
  std::string text(said);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

Error usage_error(const CLI::App& app, const CLI::ParseError& error,
                  const std::vector<std::string>& words, const std::vector<std::string>& synopsis) {
  if (auto unknown = unknown_option(app, words, synopsis)) return Error{*unknown};
  return Error{in_our_words(error.what())};
}

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return CLI::Validator(
      [least, most](const std::string& word) -> std::string {
        std::uint64_t n = 0;
        const char* end = word.data() + word.size();
        const auto [rest, error] = std::from_chars(word.data(), end, n);
        if (error == std::errc() && rest == end && n >= least && n <= most) return {};
        return fmt::format("expected a whole number{}, found {}", range(least, most), quote(word));
      },
      "");
}

}  // namespace streamutils
