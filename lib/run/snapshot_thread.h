// SnapshotThread: writes a snapshot file of which the entries come piece by piece.
//
// A thread, so that whoever makes the entries waits neither for the disk nor for text to be made of
// copies.  It shares nothing with the rest of the process but the pieces; it reads no state.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "run/snapshot_file.h"
#include "stream/snapshot.h"

namespace streamutils {

class SnapshotThread {
 public:
  // Makes durable what the file speaks of (side files): called by the thread before the file is.
  using Sync = std::function<Status()>;

  // The file is there under this name when join() has returned without an error.  behind: the file
  // that what is written is put behind, of which this is another name then; empty: none.
  SnapshotThread(std::string path, std::string behind, SnapshotHeader header,
                 std::vector<FileLength> side_files, Sync sync);
  // Without finish(), there is no file.
  ~SnapshotThread();
  SnapshotThread(const SnapshotThread&) = delete;
  SnapshotThread& operator=(const SnapshotThread&) = delete;

  // The next whole lines of entries, or what is to be made such lines.  Does not wait.
  void write(std::string lines);
  void write(std::unique_ptr<SnapshotPart> part);
  // Memory of lines that have been written, for the next.
  std::string spare();
  // False while so much waits to be written that more should wait with its maker.
  bool has_room() const;
  // There are no more entries.
  void finish();
  // True if the file is there, or cannot be; that may be so at once.
  bool is_done() const;
  // Waits until it is.  REQUIRES: finish() has been called.
  Status join();
  // How many bytes it has written, and whether more can be put behind them.  REQUIRES: join() has
  // returned without an error.
  std::uint64_t bytes() const { return bytes_; }
  bool can_go_on() const { return can_go_on_; }

 private:
  // One of the two.
  struct Piece {
    std::string lines;
    std::unique_ptr<SnapshotPart> part;
  };

  void run();
  Status make_file();
  void put(Piece piece);
  bool is_abandoned() const;
  // False when there will be none.
  bool next_piece(Piece& piece);

  const std::string path_;
  const std::string behind_;
  const SnapshotHeader header_;
  const std::vector<FileLength> side_files_;
  const Sync sync_;

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::deque<Piece> pieces_;
  std::vector<std::string> spare_;
  bool is_finished_ = false;
  bool is_abandoned_ = false;
  bool is_done_ = false;
  Status status_;

  // Of the thread.
  std::uint64_t bytes_ = 0;
  bool can_go_on_ = false;

  std::thread thread_;
};

}  // namespace streamutils
