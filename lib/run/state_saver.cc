// SPDX-License-Identifier: Apache-2.0
#include "run/state_saver.h"

#include <chrono>
#include <utility>

#include "run/snapshot_write.h"

namespace streamutils {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kEntriesAtOnce = 1024;
constexpr std::size_t kPiece = 1 << 18;
constexpr std::uint64_t kLeastWhole = 1 << 16;
constexpr auto kSlice = 1ms;
constexpr Duration kPoll = 5ms;

}  // namespace

StateSaver::StateSaver() {
  out_.set_part_taker([this](std::unique_ptr<SnapshotPart> part) { hand_over(std::move(part)); });
}

Status StateSaver::start(const std::string& path, const SnapshotHeader& header, Driver& driver,
                         Files& files) {
  if (Status before = complete(); !before) return before;
  if (!driver.has_images()) {
    auto work = snapshot_in_child(path, header, driver, files);
    return work ? background_.start(*work) : Status(work.error());
  }
  auto lengths = files.side_files();
  if (!lengths) return lengths.error();
  path_ = path;
  epoch_ = header.epoch;
  saves_changes_ = is_for_changes(header, driver);
  SnapshotHeader of_this = header;
  if (saves_changes_) of_this.after = last_->epoch;
  thread_ = std::make_unique<SnapshotThread>(path, saves_changes_ ? last_->path : "",
                                             std::move(of_this), std::move(*lengths),
                                             [&files] { return files.sync_side_files(); });
  if (thread_->is_done()) return collect();
  driver_ = &driver;
  saves_changes_ ? driver.begin_changes(out_) : driver.begin_image(out_);
  has_more_ = true;
  return {};
}

// Files without an epoch are replaced.  Small ones stay easy to read.
bool StateSaver::is_for_changes(const SnapshotHeader& header, const Driver& driver) const {
  return header.epoch && last_ && last_->whole >= kLeastWhole && last_->changes < last_->whole &&
         driver.has_changes();
}

void StateSaver::note_saved() {
  const std::uint64_t bytes = thread_->bytes();
  if (saves_changes_) {
    last_ = {path_, *epoch_, last_->whole, last_->changes + bytes};
  } else if (epoch_ && thread_->can_go_on()) {
    last_ = {path_, *epoch_, bytes, 0};
  } else {
    last_.reset();
  }
}

void StateSaver::hand_over() {
  std::string lines = thread_->spare();
  out_.take(lines);
  if (!lines.empty()) thread_->write(std::move(lines));
}

// After a saving that has failed, nobody wants them.
void StateSaver::hand_over(std::unique_ptr<SnapshotPart> part) {
  if (!thread_) return;
  hand_over();
  thread_->write(std::move(part));
}

template <typename GoesOn>
Status StateSaver::work_on_image(GoesOn goes_on) {
  while (has_more_ && goes_on()) {
    has_more_ = !driver_->continue_image(kEntriesAtOnce);
    if (!out_.status()) {
      thread_.reset();
      return out_.status();
    }
    if (out_.size() >= kPiece) hand_over();
    if (has_more_) continue;
    hand_over();
    thread_->finish();
  }
  return {};
}

Status StateSaver::collect() {
  Status status = thread_->join();
  if (status) note_saved();
  thread_.reset();
  return status;
}

Status StateSaver::advance() {
  if (!thread_) return background_.collect();
  const auto until = std::chrono::steady_clock::now() + kSlice;
  const Status status = work_on_image(
      [this, until] { return thread_->has_room() && std::chrono::steady_clock::now() < until; });
  if (!status) return status;
  return thread_->is_done() ? collect() : Status();
}

Duration StateSaver::pause() const {
  if (!is_busy()) return Duration::max();
  return thread_ && has_more_ && thread_->has_room() ? Duration::zero() : kPoll;
}

Status StateSaver::finish_image() {
  return thread_ ? work_on_image([] { return true; }) : Status();
}

Status StateSaver::complete() {
  if (!thread_) return background_.collect(Duration::max());
  if (Status status = finish_image(); !status) return status;
  return collect();
}

}  // namespace streamutils
