// What -h, --help and --help=json print.
//
//     short   one screen (24 lines of 80 columns): the tool's own options, in a few words, and
//     examples full    all options by group with their whole texts, and the exit statuses json the
//     same for programs: one object on one line
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "run/tool.h"

namespace CLI {
class App;
}  // namespace CLI

namespace streamutils {

// The text, with its last line ending.  form: "short", "full" or "json"; an error for any other.
// REQUIRES: declare_all(app, tool, ...) was called.
Result<std::string> render_help(const Tool& tool, const CLI::App& app, std::string_view form);

}  // namespace streamutils
