// Snapshot files: whatever the bytes, a file is refused, or it is one that was written like this.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>

#include "run/snapshot_file.h"

using namespace streamutils;

namespace {

std::string write(const SnapshotContent& content) {
  std::string text;
  SnapshotFileWriter writer([&text](std::string_view bytes) { text += bytes; });
  writer.header(content.header);
  writer.entries(content.entries);
  writer.finish(content.side_files);
  return text;
}

std::string with_right_trailer(const std::string& bytes) {
  std::string text;
  SnapshotFileWriter writer([&text](std::string_view piece) { text += piece; });
  writer.entries(bytes);
  writer.finish({});
  return text;
}

void check(const std::string& text) {
  const auto content = read_snapshot_file(text);
  if (!content) return;
  const std::string once = write(*content);
  const auto again = read_snapshot_file(once);
  if (!again || write(*again) != once) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  check(with_right_trailer(bytes));
  return 0;
}
