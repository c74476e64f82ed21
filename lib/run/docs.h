// The files of the tree that come from the declarations of the tools: completions, whole, and
// manual pages, in the parts that man_part.h names.
//
// Here is only what they say; tools/docs_main.cc reads and writes the files.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "run/completions.h"
#include "run/tool.h"

namespace streamutils {

struct Document {
  std::string path;  // in the tree, with '/'
  // A page that is written by hand but for its parts; where it does not exist, it is not made.
  bool by_hand = false;
  // The text as it should be, from the one that is there.
  std::function<Result<std::string>(std::string_view present)> make;
};

// The words of a tool's operands, for its completions.
using WordsOf = std::function<OperandWords(const Tool&)>;

// All documents of these tools, in a fixed order.
std::vector<Document> documents(const std::vector<Tool>& tools, const WordsOf& words_of);

}  // namespace streamutils
