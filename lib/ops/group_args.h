// The command line of sgroup behind its options:
//
//     FIELDS [AGG...] [having EXPR] [FILE...]
//
// A function over words, without files, options or output.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/path.h"
#include "ops/aggregate_args.h"

namespace streamutils {

// "user" or "user,region.name": the first operand of sgroup in all its forms.
Result<std::vector<Path>> parse_group_fields(std::span<const std::string> words);

// Reads the words, `count` if there is no aggregate; an error is one line that names the word and
// what would be right.  file_exists tells a file from an aggregate that is misspelled.
Result<AggregateArguments> parse_group_arguments(
    std::span<const std::string> words, const std::function<bool(const std::string&)>& file_exists);

}  // namespace streamutils
