// The list of all tools: for the mains, the case runner and the documents.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "run/tool.h"

namespace streamutils {

Tool sdedup();
Tool sfilter();
Tool sjoin();
Tool smap();
Tool sread();
Tool swindow();
Tool swrite();
Tool sgroup();

std::vector<Tool> all_tools();

}  // namespace streamutils
