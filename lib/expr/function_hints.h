// What an unknown function was meant to be: for people who come from jq, SQL, Python or JavaScript.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace streamutils::expr {

// How to say what `name` says in another language, or a function whose name is near, as the end of
// a message (", it is written s.upperAscii()"); empty if nothing comes to mind.
std::string function_hint(std::string_view name);

}  // namespace streamutils::expr
