// Makes prose fit: for --help, the sources of the manual pages, and completions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace streamutils {

// The width of text on a terminal, taking each code point of its UTF-8 as one column.
std::size_t columns(std::string_view text);

// The words of text, joined by single spaces into lines of at most `width` columns.  A word that is
// wider has a line of its own.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

// The beginning of text, of three words at least, up to a point where a reader could stop (the end
// of a sentence or clause, never inside parentheses or a list behind a colon): the longest that has
// at most `width` columns, else the shortest.
std::string_view gist(std::string_view text, std::size_t width);

}  // namespace streamutils
