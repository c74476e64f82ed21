// What a run is about to write, beside standard output: checked before any of it is opened, since
// to open a file for writing is to lose what it holds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "run/loop.h"

namespace streamutils {

struct WrittenFile {
  std::string option;  // that names it, for messages
  std::string name;    // empty: none
};

// An error if one of the files is read as well, or written twice (as standard output, too): its
// lines would be lost.  Devices and pipes may be both.
Status check_written_files(const std::vector<WrittenFile>& files,
                           const std::vector<Source>& sources);

// An error if the file holds something and events would be read from a terminal: then somebody has
// named the file that he wants to read.
Status check_replaced_file(const std::string& name);

}  // namespace streamutils
