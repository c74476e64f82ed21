// Names as steps of a JSON Pointer (RFC 6901): ~0 is ~ and ~1 is /.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace streamutils {

// The pointer to the member of that name: "/a~1b" to "a/b".
std::string pointer_to(std::string_view name);

// The name that a step spells; nullopt if anything but 0 or 1 follows a ~.
std::optional<std::string> name_of_step(std::string_view step);

}  // namespace streamutils
