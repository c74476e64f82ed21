// Strings of JSON: from escapes to characters, and to the one spelling that equal strings share.
//
// An inside header of json.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace streamutils {

// True if the string, without its quotes, stands for itself.
bool has_escapes(std::string_view inner);

// Appends the characters of a well-formed string, given without its quotes.  A lone surrogate
// becomes U+FFFD.
void append_unescaped(std::string& out, std::string_view inner);

// Appends a well-formed string, given without its quotes, with an escape only where there is no
// other way: \" \\ \b \f \n \r \t, \u00xx for other control characters, \udxxx for lone surrogates.
void append_canonical(std::string& out, std::string_view inner);

// Appends a character of the text of a string, escaped if it must be.
void append_escaped_byte(std::string& out, char c);

}  // namespace streamutils
