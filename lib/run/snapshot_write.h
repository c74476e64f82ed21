// Writing a snapshot file: at once, or in two parts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "run/durable_file.h"
#include "run/recovery.h"

namespace streamutils {

// What the driver is now, durable under this name when it returns.
Status write_snapshot(const std::string& path, const SnapshotHeader& header, const Driver& driver,
                      const std::vector<FileLength>& side_files);

// The image is taken before what is open leaves, and counts when that has been written.
class TwoPartSnapshot {
 public:
  explicit TwoPartSnapshot(const std::string& path);
  // Without state the header says that the stream is complete.
  Status take_image(SnapshotHeader header, const Driver& driver, bool with_state);
  Status commit(Files& files);

 private:
  DurableFile file_;
  SnapshotFileWriter writer_;
};

}  // namespace streamutils
