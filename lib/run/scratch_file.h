// Scratch room in a file of $TMPDIR (or /tmp) that has no name: it is gone when the process is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "stream/scratch.h"

namespace streamutils {

// Null: errno tells.
std::unique_ptr<Scratch> make_scratch_file();

}  // namespace streamutils
