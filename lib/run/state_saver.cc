// SPDX-License-Identifier: Apache-2.0
#include "run/state_saver.h"

#include <chrono>

#include "run/snapshot_write.h"

namespace streamutils {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kEntriesAtOnce = 1024;
constexpr std::size_t kPiece = 1 << 18;
constexpr auto kSlice = 1ms;
constexpr Duration kPoll = 5ms;

}  // namespace

Status StateSaver::start(const std::string& path, const SnapshotHeader& header, Driver& driver,
                         Files& files) {
  if (Status before = complete(); !before) return before;
  auto lengths = files.side_files();
  if (!lengths) return lengths.error();
  if (!driver.has_images()) {
    return background_.start([&, lengths = std::move(*lengths)]() -> Status {
      if (Status synced = files.sync_side_files(); !synced) return synced;
      return write_snapshot(path, header, driver, lengths);
    });
  }
  thread_ = std::make_unique<SnapshotThread>(path, header, std::move(*lengths), files);
  driver_ = &driver;
  driver.begin_image(out_);
  has_more_ = true;
  return {};
}

void StateSaver::hand_over() {
  std::string piece = thread_->spare();
  out_.take(piece);
  thread_->write(std::move(piece));
}

Status StateSaver::collect() {
  Status status = thread_->join();
  thread_.reset();
  return status;
}

Status StateSaver::advance() {
  if (!thread_) return background_.collect();
  const auto until = std::chrono::steady_clock::now() + kSlice;
  while (has_more_ && thread_->has_room() && std::chrono::steady_clock::now() < until) {
    has_more_ = !driver_->continue_image(kEntriesAtOnce);
    if (out_.size() >= kPiece) hand_over();
    if (has_more_) continue;
    hand_over();
    thread_->finish();
  }
  return thread_->is_done() ? collect() : Status();
}

Duration StateSaver::pause() const {
  if (!is_busy()) return Duration::max();
  return thread_ && has_more_ && thread_->has_room() ? Duration::zero() : kPoll;
}

void StateSaver::finish_image() {
  while (thread_ && has_more_) {
    has_more_ = !driver_->continue_image(kEntriesAtOnce);
    if (out_.size() < kPiece && has_more_) continue;
    hand_over();
    if (!has_more_) thread_->finish();
  }
}

Status StateSaver::complete() {
  if (!thread_) return background_.collect(Duration::max());
  finish_image();
  return collect();
}

}  // namespace streamutils
