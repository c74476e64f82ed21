// Which operands of sfilter are terms, and which are files.
//
// Operands are terms up to the first one without an operator; that one and all behind it are files.
// A word that could be both is refused, and one that is neither is explained.  Pure functions: what
// exists is asked through a function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace streamutils {

using FileExists = std::function<bool(const std::string&)>;

struct TermOperands {
  std::vector<std::string> terms;
  std::vector<std::string> files;  // "-" is standard input

  friend bool operator==(const TermOperands&, const TermOperands&) = default;
};

// operands: those in front of "--".  A word that begins with ./ or ../ is a file, whatever it
// holds: no field begins so.
Result<TermOperands> split_operands(std::span<const std::string> operands,
                                    const FileExists& file_exists);

// `sfilter amount>100` without quotes runs `sfilter amount` with its output in a file named 100. If
// that is what seems to have happened, a sentence that says so.  fresh_output: the name of standard
// output if it is an empty regular file, else empty.
std::optional<std::string> redirection_hazard(std::span<const std::string> operands,
                                              const FileExists& file_exists,
                                              std::string_view fresh_output);

}  // namespace streamutils
