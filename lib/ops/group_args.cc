// SPDX-License-Identifier: Apache-2.0
#include "ops/group_args.h"

#include <utility>

#include "base/text.h"
#include "ops/aggregate_hints.h"

namespace streamutils {
namespace {

// A word behind the fields that is neither an aggregate nor a file.
Status check_first_file(std::span<const std::string> words, const std::string& word,
                        const std::function<bool(const std::string&)>& file_exists) {
  if (word == "-" || word.find('/') != word.npos || file_exists(word)) return {};
  const std::string hint = is_aggregate_word(words.front())
                               ? " (the fields come first: sgroup user " + words.front() + ")"
                               : aggregate_hint(word);
  return Error{quote(word) + " is neither an aggregate nor a file" + hint};
}

}  // namespace

Result<std::vector<Path>> parse_group_fields(std::span<const std::string> words) {
  if (words.empty()) return Error{"no fields given: say by what to group, such as 'user'"};
  const bool is_behind = words.size() > 1 && words[1] == "by" && is_aggregate_word(words.front());
  if (words.front() == "by" || is_behind) {
    return Error{
        "the fields come first, without 'by': sgroup user count (a field of that name "
        "is /by)"};
  }
  if (words.front().ends_with(',')) {
    return Error{"FIELDS: " + quote(words.front()) +
                 " ends in a comma (several fields are one word: user,region)"};
  }
  auto keys = Path::parse_list(words.front());
  if (!keys) return Error{"FIELDS: " + keys.error().message};
  return keys;
}

Result<AggregateArguments> parse_group_arguments(
    std::span<const std::string> words,
    const std::function<bool(const std::string&)>& file_exists) {
  auto keys = parse_group_fields(words);
  if (!keys) return keys.error();
  auto arguments =
      parse_aggregate_arguments(words, 1, {.takes_by = false, .defaults_to_count = true});
  if (!arguments) return arguments;
  const std::vector<std::string>& files = arguments->files;
  if (!files.empty() && files.size() == words.size() - 1) {
    if (Status s = check_first_file(words, files.front(), file_exists); !s) return s.error();
  }
  if (Status s = check_operands(*arguments, file_exists, *keys); !s) return s.error();
  arguments->keys = std::move(*keys);
  if (Status s = check_output_names(arguments->aggregates, arguments->keys); !s) return s.error();
  return arguments;
}

}  // namespace streamutils
