// sread's side of --checkpoint: when barriers are sent.
//
// The next one waits until the last has been committed, so that at most one is on its way.  From
// this follows how numbers stay unique: a number is sent while its own file may not be durable yet,
// but the one before is; so a run that begins two numbers behind all that it finds uses none that
// was ever sent.
//
// A source that follows the epochs of another one, its leader, sends a barrier for each of the
// leader's.  When it has come to its end it saves nothing any more, while epochs go on: so what it
// notes of its end (NAME.ended) has the last number that it sent.  If a later one counts, there is
// nothing left to read.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "run/checkpoint.h"
#include "run/snapshot_write.h"

namespace streamutils {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPoll = 5ms;
constexpr Duration kLeastPatience = 5s;
constexpr int kIntervalsOfPatience = 10;
constexpr Duration kPatienceWithLeader = 300ms;

}  // namespace

Status SourceCheckpoints::open(ExitStatus& status) {
  if (Status opened = StageCheckpoints::open(status); !opened) return opened;
  next_ = std::max(folder_.greatest_epoch(), epoch_) + 2;
  lock_.note(next_);
  due_ = Clock::now() + every_;
  if (is_pipeline_complete()) {
    settings().warn(
        fmt::format("{}: the stream is complete, there is nothing to do; another one "
                    "needs a folder of its own",
                    folder_.path()));
  }
  return {};
}

// Where it all begins must be known before anything has been read: files may be rotated meanwhile.
Status SourceCheckpoints::attached() {
  if (is_complete()) return {};
  if (Status attached = StageCheckpoints::attached(); !attached) return attached;
  const std::string path = folder_.file(name(), 0);
  if (epoch_ != 0 || file_exists(path)) return {};
  return write_snapshot(path, header(0), driver(), {});
}

Duration SourceCheckpoints::tick() {
  if (Status done = saver_.advance(); !done) {
    driver().stop(ExitStatus::io, done.error().message);
    return Duration::max();
  }
  return leader_.empty() ? lead() : follow();
}

Duration SourceCheckpoints::lead() {
  const Clock::time_point now = Clock::now();
  if (now < due_) return due_ - now;
  if (!files().is_between_lines()) return kPoll;
  if (!has_news()) {
    due_ = now + every_;
    return every_;
  }
  if (last_ != 0 && !is_committed(last_)) {
    const Duration patience = std::max(kIntervalsOfPatience * every_, kLeastPatience);
    if (now - due_ >= patience && !complained_) {
      complained_ = true;
      settings().say(fmt::format(
          "epoch {} has not been committed for {}: does the pipeline end in swrite with "
          "the same --checkpoint, and do all stages between hand on the control lines?",
          last_, format_duration(patience)));
    }
    return kPoll;
  }
  complained_ = false;
  insert(next_);
  due_ = now + every_;
  return every_;
}

// The barriers of the leader are known by the files that it writes.  Those that an earlier run has
// left behind lie below the number with which it began, which stands in its lock.
Duration SourceCheckpoints::follow() {
  const auto first = FileLock::note_of(folder_.file(leader_ + ".lock"));
  if (first) first_of_leader_ = first;
  insert_next_of_leader();
  return kPoll;
}

bool SourceCheckpoints::insert_next_of_leader() {
  if (!first_of_leader_ || !files().is_between_lines()) return false;
  const auto epoch = folder_.next_epoch(leader_, std::max({last_, epoch_, *first_of_leader_ - 1}));
  if (epoch) insert(*epoch);
  return epoch.has_value();
}

bool SourceCheckpoints::has_news() const {
  return driver().counts().in != records_ || driver().watermark() != watermark_;
}

bool SourceCheckpoints::is_committed(std::uint64_t epoch) const {
  const auto commit = folder_.read_commit();
  return commit && *commit && (*commit)->epoch >= epoch;
}

void SourceCheckpoints::insert(std::uint64_t epoch) {
  if (!driver().insert_barrier(epoch)) return;
  last_ = epoch;
  next_ = epoch + 1;
  records_ = driver().counts().in;
  watermark_ = driver().watermark();
}

// Told to end, it makes what has been read count, so that the next run begins here.
Status SourceCheckpoints::before_end(Ending ending) {
  const bool follows = !leader_.empty();
  if (ending == Ending::held && follows) follow_to_the_end();
  if (ending == Ending::held && !follows && has_news()) insert(next_);
  return ending == Ending::complete && !is_complete() ? complete(std::max(last_, epoch_))
                                                      : Status();
}

// The leader is told to end at the same time, and then begins a last epoch.
void SourceCheckpoints::follow_to_the_end() {
  const auto until = Clock::now() + kPatienceWithLeader;
  while (!insert_next_of_leader() && Clock::now() < until) std::this_thread::sleep_for(kPoll);
}

}  // namespace streamutils
