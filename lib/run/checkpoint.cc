// SPDX-License-Identifier: Apache-2.0
#include "run/checkpoint.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "stream/message.h"

namespace streamutils {
namespace {

using namespace std::chrono_literals;

// A stage of a run that has failed may still be on its way out.
constexpr auto kPatienceWithOthers = 3s;
constexpr Duration kReapStep = 50ms;

}  // namespace

Status StageCheckpoints::open(ExitStatus& status) {
  status = ExitStatus::io;
  if (Status made = make_folder(folder_.path()); !made) return made;
  if (Status locked = lock(name(), status); !locked) return locked;
  if (Status read = read_commit(); !read) return read;
  return is_pipeline_complete() ? check_complete(status) : read_saved(status);
}

Status StageCheckpoints::lock(const std::string& name, ExitStatus& status) {
  const std::string path = folder_.file(name + ".lock");
  const auto until = std::chrono::steady_clock::now() + kPatienceWithOthers;
  FileLock::Outcome outcome = lock_.take(path);
  while (outcome == FileLock::Outcome::held_by_another &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(10ms);
    outcome = lock_.take(path);
  }
  if (outcome == FileLock::Outcome::taken) return {};
  if (outcome == FileLock::Outcome::failed) return file_error(path);
  const bool same_run = lock_.holder_group() == getpgrp();
  status = same_run ? ExitStatus::usage : ExitStatus::try_again;
  if (!same_run) {
    return Error{
        fmt::format("{}: process {} of another run is at work here. Run again when it has "
                    "ended",
                    path, lock_.holder())};
  }
  return Error{
      fmt::format("{}: process {} is at work under this name; two stages of one pipeline "
                  "need names of their own (--name)",
                  path, lock_.holder())};
}

Status StageCheckpoints::read_commit() {
  auto commit = folder_.read_commit();
  if (!commit) return commit.error();
  commit_ = std::move(*commit);
  epoch_ = commit_ ? commit_->epoch : 0;
  return {};
}

// A stage is part of the pipeline if a barrier has passed it, or if it has come to its end before
// the first.  (One that was still at work when another ended the stream has not noted that; if
// there was no barrier either, nothing is known of it.)
Status StageCheckpoints::check_complete(ExitStatus& status) const {
  if (passed() != nullptr) return {};
  const auto end = noted_end();
  if (end && check_fits(*end, settings().tool, settings().options)) return {};
  if (!end && commit_->via.empty()) return {};
  status = ExitStatus::usage;
  return Error{fmt::format(
      "{}: the stream is complete, and `{}` was no part of it{}: another pipeline needs a folder "
      "of "
      "its own",
      folder_.path(), settings().options, end ? fmt::format(", but `{}`", end->options) : "")};
}

Status StageCheckpoints::note_end(std::uint64_t epoch) {
  DurableFile file(file_of_end());
  if (Status opened = file.open(); !opened) return opened;
  SnapshotFileWriter writer([&file](std::string_view bytes) { file.write(bytes); });
  SnapshotHeader end = header(epoch);
  end.complete = true;
  writer.header(end);
  writer.finish({});
  return file.commit();
}

Result<SnapshotHeader> StageCheckpoints::noted_end() const {
  auto text = read_whole_file(file_of_end());
  if (!text) return text.error();
  auto content = read_snapshot_file(*text);
  if (!content) return content.error();
  return std::move(content->header);
}

const std::string* StageCheckpoints::passed() const {
  const auto found = std::ranges::find(commit_->via, entry(), without_end);
  return found == commit_->via.end() ? nullptr : &*found;
}

bool StageCheckpoints::had_ended() const {
  if (const std::string* stage = passed()) return has_ended(*stage);
  const auto end = noted_end();
  return end && end->complete && end->epoch.value_or(epoch_) < epoch_ &&
         check_fits(*end, settings().tool, settings().options).ok();
}

// What is noted of an end says nothing once the stream goes on from before it.
Status StageCheckpoints::attached() {
  if (is_complete()) return {};
  unlink(file_of_end().c_str());
  std::signal(SIGPIPE, SIG_IGN);  // the process lives on to note that the reader has left
  return {};
}

Status StageCheckpoints::read_saved(ExitStatus& status) {
  if (is_complete()) return {};
  const std::string path = folder_.file(name(), epoch_);
  if (!file_exists(path)) {
    has_ended_ = epoch_ != 0 && had_ended();
    if (epoch_ == 0 || has_ended_) return {};
    auto now = folder_.read_commit();
    if (now && *now && (*now)->epoch != epoch_) {
      status = ExitStatus::try_again;
      return Error{"another run was still alive, and has committed. Run again"};
    }
    status = ExitStatus::usage;
    return Error{
        fmt::format("{} counts, and {} is missing: it was deleted, or this stage was not "
                    "part of the pipeline then",
                    folder_.file("COMMIT"), path)};
  }
  auto content = read_state(path, epoch_, settings().tool, settings().options, status);
  if (!content) return content.error();
  saved_ = std::move(*content);
  return {};
}

std::string StageCheckpoints::entry() const { return stage_entry(name(), settings().options); }

Result<std::string> StageCheckpoints::take(std::uint64_t epoch, const std::vector<std::string>&,
                                           ExitStatus&) {
  const Status started =
      saver_.start(folder_.file(name(), epoch), header(epoch), driver(), files());
  if (!started) return started.error();
  return entry();
}

Duration StageCheckpoints::tick() {
  Status done = saver_.advance();
  if (done.ok()) done = background_.collect();
  if (!done) driver().stop(ExitStatus::io, done.error().message);
  return background_.is_busy() ? kReapStep : saver_.pause();
}

Status StageCheckpoints::before_end(Ending ending) {
  if (ending == Ending::complete && !is_complete()) return complete(epoch_);
  return saver_.finish_image();
}

// Whoever saves the epoch of the whole pipeline waits for the state of this stage: once the end
// mark has left, it would wait in vain for one that a dead process has left behind half done.
Status StageCheckpoints::complete(std::uint64_t epoch) {
  Status done = saver_.complete();
  if (done) done = background_.collect(Duration::max());
  if (done) done = note_end(epoch);
  if (!done) driver().stop(ExitStatus::io, done.error().message);
  return {};
}

Status StageCheckpoints::after_end() {
  if (Status saved = saver_.complete(); !saved) return saved;
  return background_.collect(Duration::max());
}

void StageCheckpoints::reader_has_left() {
  if (!is_complete()) static_cast<void>(note_end(epoch_));
}

}  // namespace streamutils
