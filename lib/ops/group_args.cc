// SPDX-License-Identifier: Apache-2.0
#include "ops/group_args.h"

#include <utility>

#include "base/text.h"
#include "ops/aggregate.h"

namespace streamutils {
namespace {

// A word behind the fields that is neither an aggregate nor a file.
Status check_first_file(const std::string& word,
                        const std::function<bool(const std::string&)>& file_exists) {
  if (word == "-" || word.find('/') != word.npos || file_exists(word)) return {};
  std::vector<std::string_view> names;
  for (const AggregateFunction& function : aggregate_functions()) names.push_back(function.name);
  return Error{quote(word) + " is neither an aggregate nor a file" + did_you_mean(word, names)};
}

}  // namespace

Result<std::vector<Path>> parse_group_fields(std::span<const std::string> words) {
  if (words.empty()) return Error{"no fields given: say by what to group, such as 'user'"};
  if (words.front() == "by") {
    return Error{
        "the fields come first, without 'by': sgroup user count (a field of that name "
        "is /by)"};
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
  arguments->keys = std::move(*keys);
  const std::vector<std::string>& files = arguments->files;
  if (!files.empty() && files.size() == words.size() - 1) {
    if (Status s = check_first_file(files.front(), file_exists); !s) return s.error();
  }
  if (Status s = check_output_names(arguments->aggregates, arguments->keys); !s) return s.error();
  return arguments;
}

}  // namespace streamutils
