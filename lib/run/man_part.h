// The parts of manual pages that are generated: the options and the exit statuses.
//
// A page is written by hand, but for what stands between two comments,
//
//     .\" OPTIONS BEGIN
//     .\" OPTIONS END
//
// (and likewise EXIT STATUS).  The text is man(7), so that mandoc and groff show the same.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "run/option_table.h"

namespace streamutils {

// The groups as subsections, each option as a tagged paragraph.
std::string man_options(const std::vector<OptionEntry>& options);

std::string man_exit_statuses();

// True if the page has the comments of this part: "OPTIONS".
bool has_man_part(std::string_view page, std::string_view part);

// The page with `text` between the comments of the part; an error if one of them is missing.
Result<std::string> replace_man_part(std::string_view page, std::string_view part,
                                     std::string_view text);

}  // namespace streamutils
