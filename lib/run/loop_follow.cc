// The loop over files that are followed.
//
// A regular file can always be "read without waiting", so poll says nothing about one that is
// followed: read at its end it gives nothing, and is dry until the watch says that something has
// happened.  While any input has something to read, the dry ones are looked at now and then; when
// all are dry, the loop waits for the watch.
// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "run/loop.h"
#include "run/signals.h"

namespace streamutils {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 50ms;        // how often dry files are looked at while others have much
constexpr Duration kLookForFiles = 1s;  // how often patterns are expanded without having been told
constexpr Duration kIdleStep = 100ms;   // how often a quiet stream's event time moves on

}  // namespace

std::optional<Source> open_followed(const std::string& name, std::size_t max_line) {
  Source source;
  source.name = name;
  source.follow = std::make_unique<Follower>(name);
  if (!source.follow->is_open()) return std::nullopt;
  source.fd = source.follow->fd();
  source.live = true;
  source.bytes = std::make_shared<std::uint64_t>(0);
  struct stat status {};
  if (fstat(source.fd, &status) == 0 && S_ISREG(status.st_mode)) {
    source.written = Timestamp(std::chrono::seconds(status.st_mtim.tv_sec));
  } else {
    source.written = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
  auto read = [follow = source.follow.get(), bytes = source.bytes](char* buffer, std::size_t size) {
    const std::ptrdiff_t n = follow->read(buffer, size);
    if (n > 0) *bytes += static_cast<std::uint64_t>(n);
    return n;
  };
  source.reader = std::make_unique<LineReader>(read, max_line);
  return source;
}

void Loop::watch_files() {
  for (const Source& source : sources_) {
    if (!source.follow) continue;
    if (!watch_) watch_ = std::make_unique<FileWatch>();
    watch_->watch(source.name, source.fd);
  }
  if (settings_.patterns == nullptr) return;
  for (Source& source : sources_) {
    if (source.is_of_pattern) share_files(source);
  }
  if (!watch_) watch_ = std::make_unique<FileWatch>();
  has_new_names_ = true;
}

// At the end of a file that is followed.  What stands behind its last line end is a line once no
// more can come, that is, when another file takes its place.
void Loop::go_on(Source& source, std::size_t index) {
  LineReader& reader = *source.reader;
  const Follower::Next next = source.follow->at_end();
  InputPosition old;
  if (next == Follower::Next::file && source.is_of_pattern) old = position_of(index);
  if (next == Follower::Next::file && source.follow->open_next()) {
    if (!reader.rest().empty()) driver_.feed_rest(index, reader.rest(), reader.offset());
    reader.restart();
    driver_.begin_file(index);
    watch_->watch(source.name, source.fd);
    // Truncated, it is the same file.
    const auto now = source.follow->files();
    const bool has_moved = old.file && FileNumber(old.file->device, old.file->inode) != now.front();
    if (has_moved) settings_.patterns->note_read(std::move(old));
  } else if (next == Follower::Next::wait && source.is_of_pattern && source.follow->is_over()) {
    end_source(source, index);
  } else if (next != Follower::Next::more && source.is_table && source.follow->exists()) {
    rest_table();
  } else if (next != Follower::Next::more) {
    source.dry = true;
    if (!source.is_table) driver_.set_dry(index, true);
  }
}

// After it every followed file may have something to read.
Loop::Wait Loop::wait_for_files() {
  Duration timeout = std::min({watch_->pause(), until_quiet(), tick()});
  if (driver_.is_done()) return Wait::again;
  if (!flush()) return Wait::stop;
  if (shows_progress_) timeout = std::min<Duration>(timeout, 500ms);
  std::vector<pollfd> fds = {{outputs_.watched(), 0, 0}, {signal_fd(), POLLIN, 0}};
  fds.push_back({watch_->fd(), POLLIN, 0});
  for (const Source& source : sources_) {
    const bool is_wanted = !source.follow && source.live && !is_loading();
    if (is_wanted) fds.push_back({source.fd, POLLIN, 0});
  }
  const Clock::time_point before = Clock::now();
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  const int n = poll(fds.data(), fds.size(), static_cast<int>(milliseconds));
  const Duration waited = std::min<Duration>(Clock::now() - before, timeout);
  if (n > 0 && (fds[0].revents & (POLLERR | POLLHUP)) != 0) leave_with_reader();
  look_at_signals();
  if (interrupted_) return Wait::stop;
  if (shows_progress_ && Clock::now() >= next_progress_) show_progress();
  note_quiet(waited);
  looked_at_files_ = {};
  look_at_files();
  return Wait::again;
}

// How long it may be waited before on_quiet() matters to some input.
Duration Loop::until_quiet() const {
  Duration least = Duration::max();
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const auto idle = driver_.idle_after(i);
    if (!idle || !sources_[i].dry) continue;
    const Duration quiet = sources_[i].quiet;
    least = std::min(least, quiet < *idle ? *idle - quiet : kIdleStep);
  }
  return least;
}

void Loop::note_quiet(Duration waited) {
  driver_.set_now(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    if (!source.dry) continue;
    source.quiet += waited;
    const auto idle = driver_.idle_after(i);
    if (idle && source.quiet >= *idle) driver_.on_quiet(i, source.quiet);
  }
}

void Loop::look_at_files() {
  const Clock::time_point now = Clock::now();
  if (now - looked_at_files_ < kLook) return;
  looked_at_files_ = now;
  const bool has_names = watch_->take();
  has_new_names_ |=
      settings_.patterns != nullptr && (has_names || now - looked_for_files_ >= kLookForFiles);
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (!sources_[i].dry) continue;
    sources_[i].dry = false;
    driver_.set_dry(i, false);
  }
}

}  // namespace streamutils
