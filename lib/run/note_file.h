// NoteFile: notes of names beside a state (stream/known_names.h), in a file that only grows.
//
// The state holds the length of the file; who goes on from an older state cuts the file to the
// length that this one knows.  A line for each note, the last one of a name counts:
//
//     {"of":"part","name":"out/eu.ndjson","facts":[3,51200],"checksum":"1a2b3c4d"}
//
// The checksum is of all lines up to there.  Where the last note of each name stands is kept in
// memory: some fifty bytes a name.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/siphash.h"
#include "run/descriptor.h"
#include "stream/known_names.h"

namespace streamutils {

class NoteFile final : public NameNotes {
 public:
  // Begins it, or goes on behind so many bytes, which are checked.
  Status open(const std::string& path, std::uint64_t length);
  bool is_open() const { return file_ && *file_; }
  const std::string& path() const { return path_; }

  // REQUIRES: is_open().  What fails is told by save().
  void note(std::string_view kind, std::string_view name, const NameFacts& facts) override;
  std::optional<NameFacts> recall(std::string_view kind, std::string_view name) override;

  // A state is about to be saved: how long the file is.
  Result<std::uint64_t> save();
  // Makes that durable; in the process that saves.
  Status sync() const;

 private:
  Status read(std::uint64_t length);
  bool take_line(std::string_view line);
  bool flush();
  std::uint64_t hash_of(std::string_view kind, std::string_view name) const;

  std::string path_;
  std::optional<Descriptor> file_;
  std::string pending_;       // to be written behind…
  std::uint64_t length_ = 0;  // …what has been
  std::uint32_t checksum_ = 0;
  SipKey hash_key_ = SipKey::random();
  std::unordered_map<std::uint64_t, std::uint64_t> places_;  // of the last note, by hash
  int error_ = 0;
};

}  // namespace streamutils
