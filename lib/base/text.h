// Words for messages: quoting what was found, and guessing what was meant.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace streamutils {

// text in double quotes, with control characters and invalid UTF-8 as \xNN, cut to `limit` bytes
// (at a character boundary) with "..." at the end.
std::string quote(std::string_view text, std::size_t limit = 60);

// The candidate that `word` most likely was meant to be, or empty if none is near (Damerau distance
// of at most a third of the length).
std::string_view closest(std::string_view word, std::span<const std::string_view> candidates);

// ", did you mean 'x'?" or an empty string.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

// True if text is well-formed UTF-8.
bool is_utf8(std::string_view text);

}  // namespace streamutils
