// What of a text stands in every JSON spelling of it, but for those with \u: for lines to be found
// by their bytes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace streamutils {

// The longest stretch of `text` that stands in every spelling of it.
std::string fixed_stretch(std::string_view text);

// The same for a whole string of an event, whose quotes are fixed as well: "purchase" with them.
std::string fixed_stretch_of_string(std::string_view text);

}  // namespace streamutils
