// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate_args.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "ops/aggregate.h"
#include "ops/aggregate_hints.h"

namespace streamutils {
namespace {

constexpr std::array<std::string_view, 5> kReserved = {"window_start", "window_end", "partial",
                                                       "revision", "late"};

std::string list_of_functions() {
  std::string list;
  for (const AggregateFunction& function : aggregate_functions()) {
    if (!list.empty()) list += ", ";
    list += function.name;
  }
  return list;
}

Error no_such_function(std::string_view word) {
  const std::string guess = aggregate_hint(word);
  return {"no such aggregate: " + quote(word) +
          (guess.empty() ? " (there are " + list_of_functions() + ")" : guess)};
}

// The words of one command line, and how far they have been read.
struct Words {
  std::span<const std::string> all;
  std::size_t& position;

  bool at_end() const { return position == all.size(); }
  bool next_is(std::string_view word) const { return !at_end() && all[position] == word; }
  bool take_if(std::string_view word) {
    const bool found = next_is(word);
    position += found;
    return found;
  }
  const std::string& take() { return all[position++]; }
};

// The expression behind the word `role`.
Status parse_expression(std::string_view role, const std::string& text, std::optional<Expr>& expr) {
  if (text.ends_with(',')) {
    return Error{std::string(role) + ": " + quote(text) +
                 " ends in a comma (aggregates are separated by spaces alone)"};
  }
  Result<Expr> compiled = Expr::compile_argument(text);
  if (!compiled) return Error{std::string(role) + ": " + compiled.error().message};
  expr = *std::move(compiled);
  return {};
}

// `where EXPR`, `having EXPR`.
Status parse_condition(Words& words, const std::string& role, std::optional<Expr>& expr) {
  if (!words.take_if(role)) return {};
  if (words.at_end()) return Error{"'" + role + "' needs an expression behind it"};
  return parse_expression(role, words.take(), expr);
}

Status parse_name(Words& words, AggregateSpec& spec) {
  if (!words.take_if("as")) return {};
  if (words.at_end() || words.all[words.position].empty()) {
    return Error{"'as' needs the name of a member behind it"};
  }
  spec.name = words.take();
  if (spec.name.ends_with(',')) {
    return Error{"as: " + quote(spec.name) +
                 " ends in a comma (aggregates are separated by spaces alone)"};
  }
  return {};
}

Error too_few_words(const AggregateFunction& function, const std::string& name) {
  std::string form = name;
  for (const std::string_view word : {function.parameter, function.argument}) {
    if (!word.empty()) form += " " + std::string(word);
  }
  return {"'" + name + "' needs " + (function.arity() == 1 ? "a field" : "two words") +
          " behind it: " + form};
}

// The fixed words of the function.  REQUIRES: its name has been taken.
Status parse_words(const AggregateFunction& function, Words& words, AggregateSpec& spec) {
  const std::size_t name = words.position - 1;
  if (words.all.size() - words.position < function.arity()) {
    return too_few_words(function, spec.function);
  }
  if (!function.parameter.empty()) spec.parameter = words.take();
  if (!function.argument.empty()) {
    Status status = parse_expression(spec.function, words.take(), spec.argument);
    if (!status.ok()) return status;
  }
  spec.name = output_name(words.all.subspan(name, words.position - name));
  const auto made = function.make(spec);
  if (!made) return Error{spec.function + ": " + made.error().message};
  return {};
}

Result<AggregateSpec> parse_one(const AggregateFunction& function, Words& words) {
  AggregateSpec spec;
  spec.function = words.take();
  if (Status s = parse_words(function, words, spec); !s.ok()) return s.error();
  if (Status s = parse_condition(words, "where", spec.where); !s.ok()) return s.error();
  if (Status s = parse_name(words, spec); !s.ok()) return s.error();
  return spec;
}

Error no_aggregates() {
  return {"no aggregate given: say what to compute, such as 'count' or 'avg amount' (there are " +
          list_of_functions() + ")"};
}

}  // namespace

std::string output_name(std::span<const std::string> words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : "_") + word;
  std::string name;
  bool in_run = false;
  for (const char c : joined) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    if (letter) name += c;
    if (!letter && !in_run) name += '_';
    in_run = !letter;
  }
  return name;
}

bool is_aggregate_word(std::string_view word) { return find_aggregate(word) != nullptr; }

std::string unquoted_hint(std::string_view word) {
  const std::size_t end = std::min(word.find_first_of(" ("), word.size());
  const std::string function(word.substr(0, end));
  if (end == word.size() || !is_aggregate_word(function)) return {};
  if (word[end] == ' ') {
    return " (did you mean the words " + std::string(word) + ", without quotes?)";
  }
  if (!word.ends_with(')')) return {};
  const std::string argument(word.substr(end + 1, word.size() - end - 2));
  if (argument.empty() || argument == "*") return ", did you mean '" + function + "'?";
  return " (did you mean the words " + function + " " + argument + "?)";
}

Result<std::vector<AggregateSpec>> parse_aggregates(std::span<const std::string> all,
                                                    std::size_t& position) {
  Words words{all, position};
  std::vector<AggregateSpec> specs;
  while (!words.at_end()) {
    const std::string& word = all[position];
    const AggregateFunction* function = find_aggregate(word);
    if (!function && !specs.empty()) break;
    if (word == "by" || word == "having" || word == "--") return no_aggregates();
    if (!function) return no_such_function(word);
    Result<AggregateSpec> spec = parse_one(*function, words);
    if (!spec) return spec.error();
    specs.push_back(*std::move(spec));
  }
  if (specs.empty()) return no_aggregates();
  return specs;
}

Result<std::vector<Path>> parse_key_fields(std::string_view text) {
  if (text.ends_with(',')) {
    return Error{"by: " + quote(text) +
                 " ends in a comma (several fields are one word: user,region)"};
  }
  Result<std::vector<Path>> keys = Path::parse_list(text);
  if (!keys) return Error{"by: " + keys.error().message};
  return keys;
}

Status check_output_names(std::span<const AggregateSpec> aggregates, std::span<const Path> keys) {
  std::vector<std::string_view> taken(kReserved.begin(), kReserved.end());
  for (const Path& key : keys) {
    if (std::ranges::find(taken, key.text()) != taken.end()) {
      return Error{"by: the name " + quote(key.text()) +
                   " is taken in the output (rename the field" + " before the window)"};
    }
    taken.push_back(key.text());
  }
  for (const AggregateSpec& spec : aggregates) {
    if (std::ranges::find(taken, spec.name) != taken.end()) {
      return Error{"two members of the output are named " + quote(spec.name) + ": give '" +
                   spec.function + "' another name with 'as NAME'"};
    }
    taken.push_back(spec.name);
  }
  return {};
}

namespace {

Status parse_keys(Words& words, AggregateRules rules, std::vector<Path>& keys) {
  if (!words.next_is("by")) return {};
  if (!rules.takes_by) return Error{"'by' is not needed here: the keys are given already"};
  words.take();
  if (words.at_end()) return Error{"'by' needs a field behind it: by FIELD, or by FIELD,FIELD"};
  Result<std::vector<Path>> fields = parse_key_fields(words.take());
  if (!fields) return fields.error();
  keys = *std::move(fields);
  return {};
}

// An argument in the wrong place, or with its words in one pair of quotes, would be opened as a
// file.
Status check_files(std::span<const std::string> files) {
  constexpr std::array<std::string_view, 4> kWords = {"by", "as", "where", "having"};
  if (files.empty()) return {};
  const std::string& word = files.front();
  if (is_aggregate_word(word) || std::ranges::find(kWords, word) != kWords.end()) {
    return Error{"'" + word +
                 "' comes too late: aggregates first, then 'by', then 'having', then files" +
                 " (a file of that name is ./" + word + ")"};
  }
  for (const std::string& file : files) {
    const std::string hint = unquoted_hint(file);
    if (!hint.empty()) return Error{quote(file) + " is taken for a file" + hint};
  }
  return {};
}

Status parse_files(Words& words, std::vector<std::string>& files) {
  if (!words.take_if("--")) {
    if (Status s = check_files(words.all.subspan(words.position)); !s.ok()) return s;
  }
  files.assign(words.all.begin() + static_cast<std::ptrdiff_t>(words.position), words.all.end());
  words.position = words.all.size();
  return {};
}

Status parse_or_default(Words& words, AggregateRules rules, std::vector<AggregateSpec>& specs) {
  const bool given = !words.at_end() && is_aggregate_word(words.all[words.position]);
  if (!given && rules.defaults_to_count) {
    specs = {{"count", {}, {}, {}, "count"}};
    return {};
  }
  Result<std::vector<AggregateSpec>> parsed = parse_aggregates(words.all, words.position);
  if (!parsed) return parsed.error();
  specs = *std::move(parsed);
  return {};
}

}  // namespace

Result<AggregateArguments> parse_aggregate_arguments(std::span<const std::string> all,
                                                     std::size_t position, AggregateRules rules) {
  Words words{all, position};
  AggregateArguments arguments;
  if (Status s = parse_or_default(words, rules, arguments.aggregates); !s.ok()) return s.error();
  if (Status s = parse_keys(words, rules, arguments.keys); !s.ok()) return s.error();
  if (Status s = parse_condition(words, "having", arguments.having); !s.ok()) return s.error();
  if (Status s = parse_files(words, arguments.files); !s.ok()) return s.error();
  return arguments;
}

}  // namespace streamutils
