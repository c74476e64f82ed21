// SPDX-License-Identifier: Apache-2.0
#include "run/snapshot_write.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace streamutils {
namespace {

Status write_entries(const Driver& driver, SnapshotFileWriter& to) {
  SnapshotWriter out([&to](std::string_view lines) { to.entries(lines); });
  driver.save(out);
  out.finish();
  return out.status();
}

}  // namespace

Status write_snapshot(const std::string& path, const SnapshotHeader& header, const Driver& driver,
                      const std::vector<FileLength>& side_files) {
  DurableFile file(path);
  if (Status status = file.open(); !status) return status;
  SnapshotFileWriter writer([&file](std::string_view bytes) { file.write(bytes); });
  writer.header(header);
  if (Status status = write_entries(driver, writer); !status) return status;
  writer.finish(side_files);
  return file.commit();
}

Result<std::function<Status()>> snapshot_in_child(const std::string& path, SnapshotHeader header,
                                                  const Driver& driver, Files& files,
                                                  std::vector<FileLength> outputs) {
  auto lengths = files.side_files();
  if (!lengths) return lengths.error();
  std::move(outputs.begin(), outputs.end(), std::back_inserter(*lengths));
  return std::function<Status()>([path, header = std::move(header), &driver, &files,
                                  lengths = std::move(*lengths)]() -> Status {
    if (Status synced = files.sync_side_files(); !synced) return synced;
    return write_snapshot(path, header, driver, lengths);
  });
}

TwoPartSnapshot::TwoPartSnapshot(const std::string& path)
    : file_(path), writer_([this](std::string_view bytes) { file_.write(bytes); }) {}

Status TwoPartSnapshot::take_image(SnapshotHeader header, const Driver& driver, bool with_state) {
  if (Status status = file_.open(); !status) return status;
  header.complete = !with_state;
  writer_.header(header);
  return with_state ? write_entries(driver, writer_) : Status();
}

Status TwoPartSnapshot::commit(Files& files) {
  auto side_files = files.side_files();
  if (!side_files) return side_files.error();
  if (Status status = files.sync_side_files(); !status) return status;
  writer_.finish(*side_files);
  return file_.commit();
}

}  // namespace streamutils
