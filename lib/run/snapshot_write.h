// Writing a snapshot file: at once, in a child process, or in two parts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "run/durable_file.h"
#include "run/recovery.h"

namespace streamutils {

// What the driver is now, durable under this name when it returns.
Status write_snapshot(const std::string& path, const SnapshotHeader& header, const Driver& driver,
                      const std::vector<FileLength>& side_files);

// What does that when it is called in a child of fork(2), with the side files made durable before.
// `outputs` are files of the output that the snapshot is to remember.
Result<std::function<Status()>> snapshot_in_child(const std::string& path, SnapshotHeader header,
                                                  const Driver& driver, Files& files,
                                                  std::vector<FileLength> outputs = {});

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
