// What the completions of all shells share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "run/completions.h"

namespace streamutils {

// text as one word of a POSIX shell, and as one of fish.
std::string posix_quote(std::string_view text);
std::string fish_quote(std::string_view text);

// The comment on top of a file, which says where it comes from.
std::string completion_header(std::string_view tool, std::string_view shell);

// The few words about an option that fit beside it in a menu.
std::string menu_text(const OptionEntry& option);

bool takes_file(const OptionEntry& option);

// The option takes the next word as its argument.
bool takes_word(const OptionEntry& option);

std::vector<std::string> names_of(const std::vector<OperandWord>& words);

}  // namespace streamutils
