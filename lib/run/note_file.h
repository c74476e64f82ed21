// NoteFile: notes of names beside a state (stream/known_names.h), in files that only grow.
//
// The state holds the length of each file; who goes on from an older state cuts them to the length
// that this one knows.  A line for each note, the last one of a name counts:
//
//     {"of":"part","name":"out/eu.ndjson","facts":[3,51200],"checksum":"1a2b3c4d"}
//
// The checksum is of all lines of the file up to there.  Where the last note of each name stands is
// kept in memory: some fifty bytes a name.
//
// When most of the lines are of names that have been noted again, the next file is begun.  With
// each note that goes there, some lines of the file before are read, and those that count are
// written once more (Baker, "List Processing in Real Time on a Serial Computer", 1978, frees memory
// that way): nobody waits for a whole file to be written, and both together hold a few lines for
// each name.  Until then the state knows both; the one before goes when a state without it is
// durable.
//
//     swrite.files    swrite.files-2    swrite.files-3 …
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/siphash.h"
#include "run/descriptor.h"
#include "run/snapshot_file.h"
#include "stream/known_names.h"

namespace streamutils {

class NoteFile final : public NameNotes {
 public:
  // path: of the first file; the others stand beside it.  known: what the state says of them (of
  // its other files, too), which is checked; files that it does not know of are removed.  Nothing:
  // begins anew.
  Status open(const std::string& path, const std::vector<FileLength>& known);

  // REQUIRES: it is open.  What fails is told by save().
  void note(std::string_view kind, std::string_view name, const NameFacts& facts) override;
  std::optional<NameFacts> recall(std::string_view kind, std::string_view name) override;

  // A state is about to be saved: what it is to know.  REQUIRES: the state saved before, if any, is
  // durable, and no older one will be gone back to.
  Result<std::vector<FileLength>> save();
  // Makes that durable; in the process that saves.
  Status sync() const;

 private:
  struct Part {
    explicit Part(std::uint64_t n) : number(n) {}

    std::uint64_t number;
    std::string path;
    std::optional<Descriptor> file;
    std::uint64_t length = 0;  // of what has been written
    std::uint64_t lines = 0;
    std::uint32_t checksum = 0;
  };

  std::optional<std::uint64_t> number_of(std::string_view file) const;
  std::string path_of(std::uint64_t number) const;
  Status open_part(Part& part, std::uint64_t length);
  Status read(Part& part, std::uint64_t length);
  bool take_line(Part& part, std::string_view line);
  void remove_unknown() const;

  void append(std::string_view body, std::uint64_t hash);
  bool flush();
  void begin_next();
  void carry_over(std::uint64_t bytes);
  std::string read_at(const Part& part, std::uint64_t offset, std::size_t bytes);
  std::uint64_t hash_of(std::string_view kind, std::string_view name) const;

  std::string path_;
  std::unique_ptr<Part> part_;     // the one that grows
  std::string pending_;            // to be written behind it
  std::unique_ptr<Part> before_;   // of which lines are still to be carried over…
  std::uint64_t carried_ = 0;      // …from this byte on
  std::uint64_t uncarried_ = 0;    // bytes noted since
  std::vector<std::string> done_;  // files that the next state does not know any more…
  std::vector<std::string> gone_;  // …and that the last one did not
  SipKey hash_key_ = SipKey::random();
  std::unordered_map<std::uint64_t, std::uint64_t> places_;  // of the last note, by hash
  int error_ = 0;
};

}  // namespace streamutils
