// What is wrong with a command line, in the words of our messages instead of CLI11's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace streamutils {

// The message for an error that app.parse(words) has thrown.  synopsis: of the tool; a word of it
// that was written as an option is told.
Error usage_error(const CLI::App& app, const CLI::ParseError& error,
                  const std::vector<std::string>& words, const std::vector<std::string>& synopsis);

// The check of an option that takes a whole number between these two, which are allowed.  CLI11
// itself takes "-3" as the largest number but two, and one that is too large as the largest.
CLI::Validator whole_number(std::uint64_t least = 0, std::uint64_t most = UINT64_MAX);

}  // namespace streamutils
