// SPDX-License-Identifier: Apache-2.0
#include "tools/tools.h"

namespace streamutils {

std::vector<Tool> all_tools() {
  return {sdedup(), sfilter(), sjoin(), smap(), sread(), swindow(), sgroup(), swrite()};
}

}  // namespace streamutils
