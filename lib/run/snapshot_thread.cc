// SPDX-License-Identifier: Apache-2.0
#include "run/snapshot_thread.h"

#include <fmt/format.h>

#include <csignal>
#include <system_error>
#include <utility>

#include "run/durable_file.h"

namespace streamutils {
namespace {

constexpr std::size_t kMostPieces = 8;

// Signals are the business of the thread that reads the stream.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

SnapshotThread::SnapshotThread(std::string path, std::string behind, SnapshotHeader header,
                               std::vector<FileLength> side_files, Sync sync)
    : path_(std::move(path)),
      behind_(std::move(behind)),
      header_(std::move(header)),
      side_files_(std::move(side_files)),
      sync_(std::move(sync)) {
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    status_ = Error{fmt::format("{}: no thread to write it: {}", path_, error.code().message())};
    is_done_ = true;
  }
}

SnapshotThread::~SnapshotThread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_abandoned_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void SnapshotThread::write(std::string lines) { put({std::move(lines), nullptr}); }

void SnapshotThread::write(std::unique_ptr<SnapshotPart> part) { put({{}, std::move(part)}); }

void SnapshotThread::put(Piece piece) {
  {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(piece));
  }
  changed_.notify_one();
}

std::string SnapshotThread::spare() {
  const std::lock_guard lock(mutex_);
  if (spare_.empty()) return {};
  std::string piece = std::move(spare_.back());
  spare_.pop_back();
  return piece;
}

bool SnapshotThread::has_room() const {
  const std::lock_guard lock(mutex_);
  return pieces_.size() < kMostPieces;
}

void SnapshotThread::finish() {
  {
    const std::lock_guard lock(mutex_);
    is_finished_ = true;
  }
  changed_.notify_one();
}

bool SnapshotThread::is_done() const {
  const std::lock_guard lock(mutex_);
  return is_done_;
}

Status SnapshotThread::join() {
  if (thread_.joinable()) thread_.join();
  return status_;
}

void SnapshotThread::run() {
  Status status = make_file();
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
  is_done_ = true;
}

bool SnapshotThread::is_abandoned() const {
  const std::lock_guard lock(mutex_);
  return is_abandoned_;
}

bool SnapshotThread::next_piece(Piece& piece) {
  piece.part.reset();
  std::unique_lock lock(mutex_);
  if (!piece.lines.empty()) spare_.push_back(std::move(piece.lines));
  changed_.wait(lock, [this] { return !pieces_.empty() || is_finished_ || is_abandoned_; });
  if (pieces_.empty() || is_abandoned_) return false;
  piece = std::move(pieces_.front());
  pieces_.pop_front();
  return true;
}

Status SnapshotThread::make_file() {
  DurableFile file(path_);
  Status opened = behind_.empty() ? file.open() : file.open_behind(behind_);
  if (!opened) return opened;
  SnapshotFileWriter writer([this, &file](std::string_view bytes) {
    file.write(bytes);
    bytes_ += bytes.size();
  });
  writer.header(header_);
  SnapshotWriter out([&writer](std::string_view lines) { writer.entries(lines); });
  for (Piece piece; next_piece(piece);) {
    if (piece.part) piece.part->write(out);
    if (piece.lines.empty()) continue;
    out.finish();
    writer.entries(piece.lines);
  }
  if (is_abandoned()) return {};
  out.finish();
  if (!out.status()) return out.status();
  writer.finish(side_files_);
  if (Status synced = sync_(); !synced) return synced;
  Status done = file.commit();
  can_go_on_ = done.ok() && can_link(path_);
  return done;
}

}  // namespace streamutils
