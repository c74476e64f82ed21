// How a line ends, for those who go on behind its last member.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace streamutils {

// True if the line ends with a member whose value is a string, a number or a literal: `:5}`.  Only
// that member is read, from its end.  False says nothing: the last value may be a container, there
// may be no member, or damage.
bool ends_in_scalar_member(std::string_view line);

}  // namespace streamutils
