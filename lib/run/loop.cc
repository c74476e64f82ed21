// SPDX-License-Identifier: Apache-2.0
#include "run/loop.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "run/committed_files.h"
#include "run/durable_file.h"
#include "run/file_identity.h"
#include "run/signals.h"

namespace streamutils {
namespace {

using namespace std::chrono_literals;

constexpr int kPipeSize = 1 << 20;        // a default pipe of 64 KiB costs most of the throughput
constexpr Duration kIdleStep = 100ms;     // how often a quiet stream's event time moves on
constexpr Duration kInterruptGrace = 2s;  // how long an interrupted tool goes on reading its pipe
constexpr Duration kProgressStep = 500ms;
constexpr Duration kTableStep = 200ms;  // between two looks of a table on a terminal

Timestamp wall_clock() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

std::ptrdiff_t read_retrying(int fd, char* buffer, std::size_t size) {
  while (true) {
    const ssize_t n = ::read(fd, buffer, size);
    if (n >= 0 || errno != EINTR) return n;
  }
}

Timestamp modified(const struct stat& status) {
  return Timestamp(std::chrono::seconds(status.st_mtim.tv_sec) +
                   std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

int milliseconds(Duration d) {
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(d).count());
}

}  // namespace

std::optional<Source> open_source(const std::string& name, std::size_t max_line,
                                  std::uint64_t max_spill, Unpack unpack) {
  Source source;
  source.name = name;
  source.fd = name == "-" ? STDIN_FILENO : open(name.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (source.fd < 0 || fstat(source.fd, &status) != 0) return std::nullopt;
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    return std::nullopt;
  }
  source.live = !S_ISREG(status.st_mode);
  source.size = source.live ? 0 : static_cast<std::uint64_t>(status.st_size);
  source.written = source.live ? wall_clock() : modified(status);
  if (S_ISFIFO(status.st_mode)) fcntl(source.fd, F_SETPIPE_SZ, kPipeSize);
  source.bytes = std::make_shared<std::uint64_t>(0);
  source.spill = std::make_shared<Spill>(max_spill);
  ReadBytes read = [fd = source.fd, bytes = source.bytes, spill = source.spill](char* buffer,
                                                                                std::size_t size) {
    const std::ptrdiff_t n =
        spill->empty() ? read_retrying(fd, buffer, size) : spill->take(buffer, size);
    if (n > 0) *bytes += static_cast<std::uint64_t>(n);
    return n;
  };
  if (unpack) {
    char head[4] = {};
    const ssize_t n = source.live ? 0 : pread(source.fd, head, sizeof head, 0);
    source.is_packed = n > 0 && is_packed({head, static_cast<std::size_t>(n)});
    read = unpack(std::move(read));
  }
  source.read = read;
  source.reader = std::make_unique<LineReader>(std::move(read), max_line);
  return source;
}

std::unique_ptr<LineWriter> output_to(int fd) {
  struct stat status {};
  if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode)) fcntl(fd, F_SETPIPE_SZ, kPipeSize);
  return std::make_unique<LineWriter>([fd](const char* data, std::size_t size) -> std::ptrdiff_t {
    return ::write(fd, data, size);
  });
}

MainOutput::MainOutput() : fd_(STDOUT_FILENO), writer_(output_to(fd_)) {}

bool MainOutput::open(const std::string& name, bool append) {
  name_ = name;
  fd_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0666);
  if (fd_ >= 0) writer_ = output_to(fd_);
  return fd_ >= 0;
}

Status MainOutput::sync() const {
  struct stat status {};
  if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if (fsync(fd_) != 0) return file_error(name_);
  std::error_code error;
  const auto path = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", fd_), error);
  // One that the shell has opened may have been removed, or its folder may not be ours to read.
  if (!error) static_cast<void>(sync_new_file(path.string()));
  return {};
}

int MainOutput::close() { return ::close(fd_) != 0 && errno != EBADF ? errno : 0; }

bool Source::reads(const struct stat& file) const {
  struct stat own {};
  return !live && fstat(fd, &own) == 0 && own.st_size > 0 && is_same_file(own, file);
}

bool Source::is_output_too() const {
  struct stat out {};
  return fstat(STDOUT_FILENO, &out) == 0 && reads(out);
}

bool Source::seek(std::uint64_t offset) {
  if (follow ? !follow->seek(offset) : is_packed && !skip(offset)) return false;
  if (!follow && !is_packed && lseek(fd, static_cast<off_t>(offset), SEEK_SET) < 0) return false;
  reader->start_at(offset);
  return true;
}

// What is packed has no offsets: it is read once more up to there.
bool Source::skip(std::uint64_t offset) {
  char block[1 << 14];
  while (offset > 0) {
    const std::ptrdiff_t n = read(block, std::min<std::uint64_t>(offset, sizeof block));
    if (n <= 0) return false;
    offset -= static_cast<std::uint64_t>(n);
  }
  return true;
}

bool SideFile::open(const std::string& name, std::optional<std::uint64_t> keep) {
  if (name.empty()) return true;
  name_ = name;
  *is_new_ = !file_exists(name);
  fd_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (keep ? 0 : O_TRUNC), 0666);
  if (fd_ < 0) return false;
  writer_ = output_to(fd_);
  if (!keep || !length()) return true;
  const auto end = static_cast<off_t>(*keep);
  return ftruncate(fd_, end) == 0 && lseek(fd_, end, SEEK_SET) == end;
}

std::optional<std::uint64_t> SideFile::length() const {
  struct stat status {};
  if (fd_ < 0 || fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

Status SideFile::sync() {
  if (!length()) return {};
  if (fsync(fd_) != 0) return file_error(name_);
  return is_new_->exchange(false) ? sync_new_file(name_) : Status();
}

bool SideFile::flush() {
  if (writer_) writer_->flush();
  return error() == 0;
}

Loop::Loop(LoopSettings settings, Driver& driver, std::vector<Source> sources, Outputs outputs)
    : settings_(std::move(settings)),
      driver_(driver),
      sources_(std::move(sources)),
      relief_(settings_.say),
      outputs_(std::move(outputs)),
      next_progress_(start_ + 1s) {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const Source& source = sources_[i];
    if (source.is_table) table_input_ = i;
    const bool has_pipe = source.live && source.spill && driver_.inputs_wait();
    relief_.add(source.name, has_pipe ? source.fd : -1, source.spill);
  }
  const bool unasked = isatty(STDERR_FILENO) != 0 && isatty(STDOUT_FILENO) == 0 && !settings_.quiet;
  shows_progress_ = settings_.progress || unasked;
  if (settings_.shows_table) table_.emplace(outputs_.out.fd());
  // A block of input may make more output than a disk can hold.
  outputs_.out.writer().set_after_block([this] {
    if (outputs_.out.error() != 0 || ending_signal() != 0) driver_.leave_block();
  });
}

int Loop::run() {
  watch_files();
  driver_.catch_up();
  pump();
  return finish();
}

void Loop::pump() {
  while (true) {
    if (std::exchange(has_new_names_, false)) look_for_files();
    const auto index = driver_.next_input();
    look_at_signals();
    if (!index && !waits_for_files()) return;
    if (!index) {
      if (wait_for_files() == Wait::stop) return;
      continue;
    }
    Source& source = sources_[*index];
    if (must_stop(source)) return;
    if (consume(source, *index)) {
      if (outputs_.out.error() != 0) return;
      if (sides_failed()) return;
      if (outputs_.files && outputs_.files->error() != 0) return;
      continue;
    }
    const Wait wait = this->wait(source, *index);
    if (wait == Wait::stop) return;
    if (wait == Wait::readable && !read(source, *index)) return;
  }
}

// Hands what is buffered to the driver; false if nothing was.
bool Loop::consume(Source& source, std::size_t index) {
  LineReader& reader = *source.reader;
  if (const std::string_view lines = reader.lines(); !lines.empty()) {
    const std::size_t taken = driver_.feed_block(index, lines, reader.offset());
    reader.consume(taken);
    return taken > 0 || wait_until_due();
  }
  if (const std::string_view head = reader.too_long(); !head.empty()) {
    driver_.feed_too_long(index, head, reader.too_long_offset());
    reader.consume_too_long();
    return true;
  }
  return false;
}

bool Loop::read(Source& source, std::size_t index) {
  LineReader& reader = *source.reader;
  const LineReader::State state = reader.refill();
  driver_.set_now(wall_clock());
  tick();
  if (shows_progress_ && Clock::now() >= next_progress_) show_progress();
  if (table_) show_table();
  if (watch_ && !table_input_) look_at_files();
  if (state == LineReader::State::open) {
    source.quiet = Duration::zero();
    if (table_input_ && table_input_ != index) look_at_table();
    return true;
  }
  if (state == LineReader::State::end && source.follow) return go_on(source, index), true;
  if (state == LineReader::State::end) {
    if (table_input_ == index) table_has_ended();
    if (reader.rest().empty()) {
      driver_.end_input(index);
    } else {
      const bool taken = driver_.feed_unterminated(index, reader.rest(), reader.offset());
      if (taken && !driver_.left_rest(index)) source.rest = reader.rest().size();
    }
    return true;
  }
  settings_.say(fmt::format(
      "{}: {}", source.name == "-" ? "standard input" : source.name,
      errno == EBADMSG ? "the packed data is damaged or cut off" : std::strerror(errno)));
  failed_ = true;
  return false;
}

// The pace of a replay.  Always true: the driver is to be asked again.
bool Loop::wait_until_due() {
  if (driver_.pause() > Duration::zero() && flush()) {
    const Duration pause = std::min<Duration>(driver_.pause(), kProgressStep);
    pollfd fds[] = {{signal_fd(), POLLIN, 0}, {outputs_.watched(), 0, 0}};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(pause);
    const timespec timeout{seconds.count(), (pause - seconds).count()};
    if (ppoll(fds, 2, &timeout, nullptr) > 0 && (fds[1].revents & (POLLERR | POLLHUP)) != 0) {
      leave_with_reader();
    }
  }
  driver_.set_now(wall_clock());
  return true;
}

bool Loop::relieve(std::size_t waited_for) {
  const Status status = relief_.run(waited_for);
  if (status) return true;
  settings_.say(status.error().message);
  failed_ = true;
  return false;
}

bool Loop::is_readable(const Source& source) {
  if (source.spill && !source.spill->empty()) return true;
  pollfd fd{source.fd, POLLIN, 0};
  return poll(&fd, 1, 0) > 0;
}

// Returns when the source can be read without waiting, when something else has to be looked at, or
// when the tool must end.
Loop::Wait Loop::wait(const Source& source, std::size_t index) {
  if (source.follow) return source.dry ? wait_for_files() : Wait::readable;
  if (!source.live || is_readable(source)) return Wait::readable;
  if (table_input_ == index && source.loaded) return rest_table(), Wait::again;
  Duration quiet = Duration::zero();
  while (true) {
    Duration timeout = tick();
    if (driver_.is_done()) return Wait::again;
    // What is flushed may be the last that somebody wanted.
    if (!flush() || must_stop(source)) return Wait::stop;
    const auto idle = driver_.idle_after(index);
    if (idle) timeout = std::min(timeout, quiet < *idle ? *idle - quiet : Duration(kIdleStep));
    if (shows_progress_) timeout = std::min(timeout, kProgressStep);
    if (table_ && shown_ != driver_.counts().in) timeout = std::min(timeout, kTableStep);
    if (interrupted_) timeout = std::min(timeout, kInterruptGrace / 20);
    if (outputs_.exec) timeout = std::min(timeout, outputs_.exec->tick());
    if (outputs_.sides) timeout = std::min(timeout, outputs_.sides->pause());

    timeout = std::min(timeout, relief_.pause());
    const bool sees_table = table_input_ && table_input_ != index;
    if (sees_table && watch_) timeout = std::min(timeout, watch_->pause());

    std::vector<pollfd> fds = {
        {source.fd, POLLIN, 0}, {signal_fd(), POLLIN, 0}, {outputs_.watched(), 0, 0}};
    if (sees_table) fds.push_back(table_news());
    if (outputs_.sides) {
      for (const pollfd& fd : outputs_.sides->wants()) fds.push_back(fd);
    }
    const Clock::time_point before = Clock::now();
    const int n =
        poll(fds.data(), fds.size(), timeout == Duration::max() ? -1 : milliseconds(timeout));
    // A tool that was stopped, or a machine that slept, has not seen the input quiet for so long.
    const Duration waited = std::min<Duration>(Clock::now() - before, timeout);
    if (n > 0 && (fds[2].revents & (POLLERR | POLLHUP)) != 0) leave_with_reader();
    if (n > 0 && outputs_.sides) outputs_.sides->attend();
    if (n > 0 && fds[0].revents != 0) return Wait::readable;
    if (sees_table && look_at_table()) return Wait::again;
    if (!relieve(index)) return Wait::stop;
    look_at_signals();
    if (must_stop(source)) return Wait::stop;
    if (shows_progress_ && Clock::now() >= next_progress_) show_progress();
    if (table_) show_table();
    quiet += waited;
    if (!idle || quiet < *idle || is_readable(source)) continue;
    driver_.set_now(wall_clock());
    if (table_input_ == index) rest_table();
    driver_.on_quiet(index, quiet);
    if (driver_.next_input() != index) return Wait::again;
  }
}

// Side files first: what the main output says of them must already be there.
bool Loop::flush() {
  const bool sides = outputs_.bad_to.flush() && outputs_.late_to.flush() && outputs_.side.flush();
  if (outputs_.sides) outputs_.sides->flush();
  outputs_.out.writer().flush();
  const bool files = (!outputs_.files || outputs_.files->flush()) && outputs_.dead_to.flush();
  return sides && files && !sides_failed() && outputs_.out.error() == 0;
}

// What the recovery has to do from time to time; when it wants to be asked again.
Duration Loop::tick() {
  return settings_.recovery == nullptr ? Duration::max() : settings_.recovery->tick();
}

std::vector<InputPosition> Loop::positions() const {
  std::vector<InputPosition> all;
  for (std::size_t i = 0; i < sources_.size(); ++i) all.push_back(position_of(i));
  return all;
}

// Of a file that was deleted there is nothing left but its place among the others.
InputPosition Loop::position_of(std::size_t index) const {
  const Source& source = sources_[index];
  if (source.fd < 0) return {};
  const std::uint64_t offset = source.position();
  return {source.name, identify(source.fd, offset), offset, driver_.lines_read(index)};
}

std::vector<InputPosition> Loop::files_read() const {
  return settings_.patterns == nullptr ? std::vector<InputPosition>() : settings_.patterns->read();
}

Result<std::vector<FileLength>> Loop::side_files() {
  std::vector<FileLength> all;
  if (outputs_.files && !outputs_.staged && !outputs_.files->flush()) {
    return Error{
        fmt::format("{}: {}", outputs_.files->failed(), std::strerror(outputs_.files->error()))};
  }
  for (SideFile* file : {&outputs_.bad_to, &outputs_.late_to, &outputs_.side}) {
    if (!file->flush())
      return Error{fmt::format("{}: {}", file->name(), std::strerror(file->error()))};
    if (const auto length = file->length()) all.push_back({file->name(), *length});
  }
  return all;
}

Status Loop::sync_side_files() {
  for (SideFile* file : {&outputs_.bad_to, &outputs_.late_to, &outputs_.side}) {
    if (Status synced = file->sync(); !synced) return synced;
  }
  return {};
}

Result<std::vector<FileLength>> Loop::cut_output(const std::string& name, bool goes_on) {
  if (outputs_.staged != nullptr) return outputs_.staged->cut(name, goes_on);
  const std::string& current = outputs_.out.name();
  LineWriter& writer = outputs_.out.writer();
  writer.flush();
  errno = writer.error();
  struct stat status {};
  if (errno != 0 || stat(current.c_str(), &status) != 0) return file_error(current);
  if (rename(current.c_str(), name.c_str()) != 0) return file_error(name);
  std::vector<FileLength> lengths{{name, static_cast<std::uint64_t>(status.st_size), true}};
  if (!goes_on) return lengths;
  const int fd = ::open(current.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0 || dup3(fd, outputs_.out.fd(), O_CLOEXEC) < 0) return file_error(current);
  ::close(fd);
  return lengths;
}

bool Loop::is_between_lines() const {
  return std::none_of(sources_.begin(), sources_.end(),
                      [](const Source& s) { return s.reader && s.reader->is_skipping(); });
}

void Loop::look_at_signals() {
  if (!take_wake_up()) return;
  if (take_statistics_request()) print_stats(settings_.stats == "json");
  if (ending_signal() != 0 && !interrupted_) interrupted_ = Clock::now();
}

// After an interrupt a pipe is read to its end, since its writer is ending too; but not for ever.
bool Loop::must_stop(const Source& source) {
  if (outputs_.sides && outputs_.sides->is_done()) return true;
  if (!interrupted_) return false;
  const bool stops_at_once = !source.live || (source.follow && !source.loaded);
  return stops_at_once || Clock::now() - *interrupted_ > kInterruptGrace;
}

// Whoever read our output has gone: nobody wants more.
void Loop::leave_with_reader() {
  outputs_.bad_to.flush();
  outputs_.late_to.flush();
  outputs_.side.flush();
  if (settings_.recovery != nullptr) settings_.recovery->reader_has_left();
  die_of(SIGPIPE);
}

void Loop::clear_progress() {
  if (table_) table_->wipe();
  if (progress_stands_) std::fputs("\r\033[K", stderr);
  progress_stands_ = false;
}

void Loop::show_progress() {
  next_progress_ = Clock::now() + kProgressStep;
  std::uint64_t bytes = 0;
  std::uint64_t size = 0;
  bool sized = true;
  for (const Source& source : sources_) {
    bytes += *source.bytes;
    size += source.size;
    sized &= !source.live;
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  std::string line = fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  if (sized && size > 0 && bytes > 0) {
    const double part = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(size));
    line += fmt::format(" {:.0f}% {:.0f}s left", 100 * part, seconds / part - seconds);
  }
  line += fmt::format(" {:.0f} events/s", static_cast<double>(driver_.counts().in) / seconds);
  const Timestamp w = driver_.watermark();
  if (w != kMinTime && w != kMaxTime) line += fmt::format(" W {}", format_time(w));
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
  progress_stands_ = true;
}

// At most five times a second and a tenth of the time, and not if it would look the same.
void Loop::show_table() {
  if (Clock::now() < next_table_ || shown_ == driver_.counts().in) return;
  const Clock::time_point begin = Clock::now();
  driver_.preview(*table_);
  table_->show();
  shown_ = driver_.counts().in;
  const Clock::time_point end = Clock::now();
  next_table_ = end + std::max<Clock::duration>(kTableStep, 10 * (end - begin));
}

void Loop::print_stats(bool json) {
  clear_progress();
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const std::string text = driver_.stats(json, seconds);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void Loop::save_before_end(Ending ending) {
  if (settings_.recovery == nullptr) return;
  if (Status saved = settings_.recovery->before_end(ending); !saved) {
    settings_.say(saved.error().message);
    failed_ = true;
  }
}

// The end mark says that all is done: it leaves when what stands beside the stream is durable.
void Loop::keep_side_files() {
  const auto lengths = side_files();
  const Status kept = lengths ? sync_side_files() : lengths.error();
  if (kept) return;
  if (lengths) settings_.say(kept.error().message);
  failed_ = true;
  outputs_.out.writer().discard();
}

void Loop::save_after_end() {
  if (settings_.recovery == nullptr) return;
  Status saved = settings_.recovery->after_end();
  if (saved && outputs_.sides) saved = outputs_.sides->state_is_saved();
  if (saved) return;
  settings_.say(saved.error().message);
  failed_ = true;
}

void Loop::report_failed_commands() {
  settings_.say(fmt::format("the command of {} of {} events has failed for good",
                            outputs_.exec->failed(), driver_.counts().out));
  if (driver_.status() == ExitStatus::done) driver_.fail(ExitStatus::lossy);
}

int Loop::finish() {
  if (table_) table_->wipe();
  const int signal = ending_signal();
  const bool files_failed = outputs_.files && outputs_.files->error() != 0;
  const bool stopped_reading =
      outputs_.out.error() != 0 || files_failed || failed_ || sides_failed();
  const bool cut_short = signal != 0 || (outputs_.sides && outputs_.sides->is_done());
  const bool interrupted = cut_short && !driver_.is_complete();
  if (!stopped_reading) {
    save_before_end(driver_.ending(interrupted));
    driver_.finish(interrupted);
    failed_ = failed_ || driver_.status() == ExitStatus::io;
    if (settings_.recovery != nullptr) keep_side_files();
  }
  if (outputs_.exec) outputs_.exec->finish();
  std::optional<int> sides_status;
  if (outputs_.sides) sides_status = outputs_.sides->finish(signal);
  flush();
  clear_progress();
  auto tell = [&](std::string_view what, int error) {
    if (error == 0) return;
    settings_.say(fmt::format("{}: {}", what, std::strerror(error)));
    failed_ = true;
  };
  tell(outputs_.bad_to.name(), outputs_.bad_to.error());
  tell(outputs_.late_to.name(), outputs_.late_to.error());
  tell(outputs_.side.name(), outputs_.side.error());
  tell(outputs_.dead_to.name(), outputs_.dead_to.error());
  if (outputs_.files) {
    outputs_.files->close();
    tell(outputs_.files->failed(), outputs_.files->error());
  }
  // A reader behind a socket that left without having read everything resets it.
  const int error = outputs_.out.error();
  if (error == EPIPE || error == ECONNRESET) leave_with_reader();
  if (sides_failed()) {
    settings_.say(outputs_.sides->problem());
    failed_ = true;
  }
  tell(outputs_.out.name(), outputs_.out.error());
  // What the state says has been written must be there when the state is.
  if (!failed_ && settings_.recovery != nullptr) {
    Status synced = outputs_.files ? outputs_.files->sync() : outputs_.out.sync();
    if (!synced) settings_.say(synced.error().message);
    failed_ = !synced;
  }
  if (!failed_) tell(outputs_.out.name(), outputs_.out.close());
  const bool is_kept = !outputs_.sides || outputs_.sides->has_kept_state();
  if (!failed_ && !stopped_reading && is_kept) save_after_end();
  if (!is_kept && settings_.recovery != nullptr) {
    settings_.say("not all copies have saved their state: it stays that of the run before");
  }
  if (!settings_.stats.empty()) print_stats(settings_.stats == "json");
  if (signal != 0) die_of(signal);
  if (outputs_.exec && outputs_.exec->failed() > 0) report_failed_commands();
  if (sides_status) return *sides_status;
  return static_cast<int>(failed_ ? ExitStatus::io : driver_.status());
}

}  // namespace streamutils
