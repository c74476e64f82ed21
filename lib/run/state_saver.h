// StateSaver: writes the state of one moment to a file while the stream goes on.
//
// The problem: a million keys are a hundred megabytes, and a barrier comes every second.  There are
// two ways.  fork(2) takes an image of any operator as it is, but it copies the page tables, every
// page that is written to afterwards is copied once (3 us each on a virtual machine), and huge
// pages come apart.  That is little for small state and half of the time for large one.  So
// operators that get large save in slices (Operator::begin_image): between the blocks of the input
// some thousand entries at a time are copied, and what an event is about to change is copied before
// it changes (Ren et al., "Low-Overhead Asynchronous Checkpointing in Main-Memory Database
// Systems", SIGMOD 2016, call it CALC).  A thread makes text of the copies and writes it: neither
// that nor the disk must stop the stream.
//
// What is written is what has changed since the last time, where that is much less than all: behind
// the bytes of the file before, of which the new file is another name (a hard link).  So a file is
// whole by itself, whoever deletes the ones before it; and since nobody looks behind the epoch that
// he wants, it does no harm that an old one grows.  When changes have come to as many bytes as the
// state that they go on from, all is written again: reading takes twice as long at most, and
// writing costs, over time, at most twice what has changed.  (A log with a checkpoint now and then,
// as in any database: Mohan et al., "ARIES", 1992.)
//
// One at a time: who starts the next before the last is done waits for it, so that a slow disk
// slows the stream down and nothing piles up.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "run/background.h"
#include "run/recovery.h"
#include "run/snapshot_thread.h"

namespace streamutils {

class StateSaver {
 public:
  StateSaver();

  // Takes an image of what the driver is now, to be durable under this name when is_busy() has
  // become false.  An error is that of the one before, or a failed start.
  Status start(const std::string& path, const SnapshotHeader& header, Driver& driver, Files& files);

  bool is_busy() const { return thread_ || background_.is_busy(); }
  // A slice of the work, of a millisecond at most; the error of a saving that has failed.
  Status advance();
  // When advance() wants to be called again; Duration::max(): it does not.
  Duration pause() const;
  // Takes what is left of the image, so that the state may go.
  Status finish_image();
  // Does all that is left, and waits until it is durable.
  Status complete();

 private:
  // A file that is there, and that changes can be put behind.
  struct Last {
    std::string path;
    std::uint64_t epoch;
    std::uint64_t whole;    // bytes of the state that it begins with
    std::uint64_t changes;  // bytes behind that
  };

  bool is_for_changes(const SnapshotHeader& header, const Driver& driver) const;
  void note_saved();
  void hand_over();
  void hand_over(std::unique_ptr<SnapshotPart> part);
  // Works on the image, as long as there is more of it and goes_on() is true.
  template <typename GoesOn>
  Status work_on_image(GoesOn goes_on);
  Status collect();

  Background background_;
  Driver* driver_ = nullptr;
  SnapshotWriter out_;
  bool has_more_ = false;  // of the image
  std::unique_ptr<SnapshotThread> thread_;
  std::string path_;  // of what is being saved
  std::optional<std::uint64_t> epoch_;
  bool saves_changes_ = false;
  std::optional<Last> last_;
};

}  // namespace streamutils
