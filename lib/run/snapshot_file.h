// The file of a snapshot: a header, the entries (stream/snapshot.h), a trailer.
//
//     {"snapshot":4,"tool":"sdedup","options":"sdedup id","epoch":7,"inputs":[…],"hash_seed":"…"}
//     {"entry":"driver",…}
//     …
//     {"end":true,"lines":12,"checksum":"1a2b3c4d"}
//
// Behind it may stand others, which hold what has changed since; together they are the snapshot of
// the last one's epoch:
//
//     {"snapshot":4,"tool":"sdedup","options":"sdedup id","epoch":8,"after":7,"inputs":[…],…}
//     …
//     {"end":true,"lines":5,"checksum":"5e6f7a8b"}
//
// Lines of JSON, for less, jq and diff.  What is read is what was written, or it is refused with a
// sentence that says why: a file that was cut short or changed, that belongs to other options, or
// that another version wrote.  Nothing here touches a file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "run/file_identity.h"

namespace streamutils {

// How far an input has been read.
struct InputPosition {
  std::string name;
  std::optional<FileIdentity> file;  // of a regular file
  std::uint64_t offset = 0;          // of the first byte that has not been worked on
  std::uint64_t lines = 0;           // in front of it

  bool operator==(const InputPosition&) const = default;
};

// How much of a side file (--bad-to, --late-to), or of a file of the output, belongs to the
// snapshot.
struct FileLength {
  std::string name;
  std::uint64_t length = 0;
  bool is_output = false;

  bool operator==(const FileLength&) const = default;
};

struct SnapshotHeader {
  std::string tool;
  std::string options;  // the command line, as far as it shapes the state
  std::optional<std::uint64_t> epoch;
  std::optional<std::uint64_t> after;  // of changes: the epoch that they go on from
  bool complete = false;  // the stream has ended: there are positions, but there is no state
  std::vector<InputPosition> inputs;
  std::vector<InputPosition> read = {};  // files that are no inputs any more, nor to be read again
  // For whoever reads the file; the entries hold them too.  Empty: there is none.
  std::string watermark = {};   // RFC 3339
  std::string time_style = {};  // how times are written
  std::string hash_seed = {};   // of the hashes that stand in place of keys
};

// Makes the lines of a snapshot file in order, and hands them on.
class SnapshotFileWriter {
 public:
  using Put = std::function<void(std::string_view bytes)>;
  explicit SnapshotFileWriter(Put put) : put_(std::move(put)) {}

  void header(const SnapshotHeader& header);
  // Whole lines.
  void entries(std::string_view lines);
  // The side files, and the trailer.
  void finish(const std::vector<FileLength>& side_files);

 private:
  void put(std::string_view lines);

  Put put_;
  std::uint64_t lines_ = 0;
  std::uint32_t checksum_ = 0;
};

struct SnapshotContent {
  SnapshotHeader header;  // the last one
  std::string entries;    // of all
  std::vector<FileLength> side_files;
};

// The error begins with "is …" or "was …", to be put behind the name of the file.
// epoch: the one that is wanted; changes behind it are not looked at, since writing them may have
// been interrupted.  Without it, all that is there.
Result<SnapshotContent> read_snapshot_file(std::string_view text,
                                           std::optional<std::uint64_t> epoch = std::nullopt);

// For other small files: whole lines with the trailer behind them, and back.
std::string with_trailer(std::string lines);
Result<std::string_view> without_trailer(std::string_view text);

// Whether the state is one of this tool with these options.  The error names both.
Status check_fits(const SnapshotHeader& header, std::string_view tool, std::string_view options);

}  // namespace streamutils
