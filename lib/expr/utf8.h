// Code points in UTF-8: CEL counts and cuts strings by them.
//
// Text that is not well-formed is met without harm: a byte that begins no code point is one of its
// own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamutils::expr {

// Bytes of the code point at the front.  REQUIRES: !text.empty().
std::size_t code_point_size(std::string_view text);

// The code point at the front; 0xfffd if it is malformed.  REQUIRES: !text.empty().
std::uint32_t code_point(std::string_view text);

void append_code_point(std::string& out, std::uint32_t c);

std::size_t count_code_points(std::string_view text);

// The byte offset of code point n; text.size() for the one behind the last.  Nothing beyond, or for
// negative n.
std::optional<std::size_t> offset_of(std::string_view text, std::int64_t n);

}  // namespace streamutils::expr
