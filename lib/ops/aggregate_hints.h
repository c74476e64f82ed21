// What somebody may have meant who wrote something else: words of SQL and of other tools, and what
// a first attempt gets wrong.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/path.h"
#include "ops/aggregate_args.h"

namespace streamutils {

// Behind the message that a word is no aggregate: ", did you mean 'avg'?"; empty if nothing is like
// it.
std::string aggregate_hint(std::string_view word);

// Refuses a field, or an expression that is one, which is the name of a file here, and hardly that
// of a member: `sdedup log.ndjson`.  For tools that would wait for standard input then.
Status check_no_file(std::string_view field,
                     const std::function<bool(const std::string&)>& file_exists);

// Refuses operands that can hardly mean what they say: the first file is none, but something that
// was meant as a part of an aggregate, or the only file stands where a field is wanted.  fields:
// keys that are given in front of the arguments.
Status check_operands(const AggregateArguments& arguments,
                      const std::function<bool(const std::string&)>& file_exists,
                      std::span<const Path> fields = {});

}  // namespace streamutils
