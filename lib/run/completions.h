// Completions for bash, zsh and fish, from the options of a tool.
//
// Each is a whole file that stands on its own, to be put where the shell looks for it.  They know
// options, their values where these are a fixed set, files, and the words of a tool's command line.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "run/option_table.h"

namespace streamutils {

struct OperandWord {
  std::string word;
  std::string text;  // what it means, in a few words
};

// The words that operands can be, beside files.
struct OperandWords {
  std::vector<OperandWord>
      first;  // of the first operand, which is one of these; empty: it is like the others
  std::vector<OperandWord> later;
};

struct CompletionSource {
  std::string tool;
  std::vector<OptionEntry> options;
  OperandWords words;
};

std::string bash_completion(const CompletionSource& source);
std::string zsh_completion(const CompletionSource& source);
std::string fish_completion(const CompletionSource& source);

}  // namespace streamutils
