// swrite's side of --checkpoint: what makes an epoch count.
//
//     lines of the epoch durable   NAME.N.out
//     state of this stage          NAME.N
//     all others have saved        every NAME.N of `via`
//     COMMIT                       by rename: from here on epoch N counts
//     append to the visible file   from `before` to `after`; a restart does it again
//     delete                       what lies below the epoch before
//
// All of it happens in a child, while the lines of the next epoch come in.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "run/checkpoint.h"

namespace streamutils {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatienceAtTheEnd = 5s;
constexpr std::size_t kBlock = 1 << 18;

std::uint64_t length_of(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::string stage_name(std::string_view via) { return std::string(via.substr(0, via.find(':'))); }

Status sync_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return file_error(path);
  const bool synced = fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  errno = error;
  return synced ? Status() : file_error(path);
}

// Room for the lines, so that a full disk is met before they count.  Not every file system can.
Status reserve(const std::string& path, const Commit& next) {
  if (next.after == next.before) return {};
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return file_error(path);
  const bool full = fallocate(fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(next.before),
                              static_cast<off_t>(next.after - next.before)) != 0 &&
                    (errno == ENOSPC || errno == EFBIG || errno == EDQUOT);
  const int error = errno;
  ::close(fd);
  errno = error;
  return full ? file_error(path) : Status();
}

// Copies all of `from` to this place of `to`.
bool copy_to(int from, int to, off_t place) {
  std::string block(kBlock, '\0');
  while (true) {
    const ssize_t n = ::read(from, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    for (ssize_t done = 0; done < n;) {
      const ssize_t m = pwrite(to, block.data() + done, static_cast<std::size_t>(n - done), place);
      if (m < 0 && errno == EINTR) continue;
      if (m < 0) return false;
      done += m;
      place += m;
    }
  }
}

}  // namespace

Status SinkCheckpoints::open(ExitStatus& status) {
  status = ExitStatus::io;
  if (Status made = make_folder(folder_.path()); !made) return made;
  if (Status locked = lock("COMMIT", status); !locked) return locked;
  if (Status read = read_commit(); !read) return read;
  if (Status prepared = prepare_output(status); !prepared) return prepared;
  return read_saved(status);
}

// Puts the visible file into the state of COMMIT, and writes the first COMMIT.
Status SinkCheckpoints::prepare_output(ExitStatus& status) {
  const std::uint64_t length = length_of(output_.name);
  if (!commit_) {
    status = ExitStatus::usage;
    if (length > 0 && !output_.append) {
      return Error{
          fmt::format("{} holds {} bytes, and {} has no COMMIT that knows of them: "
                      "--append goes on behind them",
                      output_.name, length, folder_.path())};
    }
    status = ExitStatus::io;
    commit_.emplace();
    commit_->file = output_.name;
    commit_->before = commit_->after = length;
    return folder_.write_commit(*commit_);
  }
  if (Status fits = check_length(length, status); !fits) return fits;
  status = ExitStatus::io;
  if (length > commit_->after &&
      truncate(output_.name.c_str(), static_cast<off_t>(commit_->after)) != 0) {
    return file_error(output_.name);
  }
  const bool has_lines = !commit_->lines.empty() && file_exists(folder_.file(commit_->lines));
  return has_lines ? append_lines(*commit_) : Status();
}

Status SinkCheckpoints::check_length(std::uint64_t length, ExitStatus& status) const {
  status = ExitStatus::usage;
  if (commit_->file != output_.name) {
    return Error{fmt::format("{} is of {}, and this is to write {}", folder_.file("COMMIT"),
                             commit_->file, output_.name)};
  }
  if (length > commit_->after && !output_.rollback) {
    return Error{
        fmt::format("{} is {} bytes long, and {} knows of {}: somebody else has written to "
                    "it; --rollback cuts it to what was committed",
                    output_.name, length, folder_.file("COMMIT"), commit_->after)};
  }
  const bool can_append = !commit_->lines.empty() && file_exists(folder_.file(commit_->lines));
  if (length < (can_append ? commit_->before : commit_->after)) {
    return Error{
        fmt::format("{} is {} bytes long, and {} says that {} were written: it was replaced "
                    "or cut",
                    output_.name, length, folder_.file("COMMIT"), commit_->after)};
  }
  return {};
}

Result<std::string> SinkCheckpoints::take(std::uint64_t epoch, const std::vector<std::string>& via,
                                          ExitStatus& status) {
  if (Status fits = check_pipeline(via, status); !fits) return fits.error();
  first_ = false;
  status = ExitStatus::io;
  if (Status before = background_.collect(Duration::max()); !before) return before.error();
  auto save = saving(epoch);
  if (!save) return save.error();
  auto size = files().cut_output(folder_.file(name(), epoch) + ".out", open_lines());
  if (!size) return size.error();
  Commit next = next_commit(epoch, *size);
  next.via = via;
  const std::uint64_t before_last = commit_->epoch;
  const int parent = getpid();
  auto work = [this, next, before_last, parent, save = *save]() -> Status {
    if (Status synced = sync_file(folder_.file(next.lines)); !synced) return synced;
    if (Status saved = save(); !saved) return saved;
    if (Status waited = wait_for_stages(next, parent); !waited) return waited;
    return commit(next, before_last);
  };
  if (Status started = background_.start(work); !started) return started.error();
  commit_ = std::move(next);
  return entry();
}

Commit SinkCheckpoints::next_commit(std::uint64_t epoch, std::uint64_t size) const {
  Commit next = *commit_;
  next.epoch = epoch;
  next.before = commit_->after;
  next.after = next.before + size;
  next.lines = fmt::format("{}.{}.out", name(), epoch);
  return next;
}

// The pipeline must be the one that COMMIT is of.
Status SinkCheckpoints::check_pipeline(const std::vector<std::string>& via,
                                       ExitStatus& status) const {
  status = ExitStatus::usage;
  for (const std::string& stage : via) {
    if (!stage.starts_with('?')) continue;
    return Error{
        fmt::format("{} keeps its state in a file of its own (--state), which cannot go "
                    "back to an epoch: give it --checkpoint {}",
                    stage_name(stage).substr(1), folder_.path())};
  }
  for (std::size_t i = 0; i < via.size(); ++i) {
    const bool twice = !via[i].starts_with('!') &&
                       std::any_of(via.begin(), via.begin() + static_cast<std::ptrdiff_t>(i),
                                   [&](const std::string& other) {
                                     return stage_name(other) == stage_name(via[i]);
                                   });
    if (!twice) continue;
    return Error{
        fmt::format("two stages of the pipeline save under the name {}: they need names of "
                    "their own (--name)",
                    stage_name(via[i]))};
  }
  if (!first_ || epoch_ == 0 || via == commit_->via) return {};
  return Error{
      fmt::format("the pipeline is not the one of epoch {}: then it was `{}`, now it is "
                  "`{}`; go on with the same, or begin anew with another folder",
                  epoch_, describe(commit_->via, epoch_), describe(via, 0))};
}

// The command lines of the stages, as far as they are known.
std::string SinkCheckpoints::describe(const std::vector<std::string>& via,
                                      std::uint64_t epoch) const {
  std::string text;
  for (const std::string& stage : via) {
    const std::string name = stage_name(stage.starts_with('!') ? stage.substr(1) : stage);
    const std::uint64_t number =
        epoch != 0 ? epoch : folder_.next_epoch(name, epoch_).value_or(epoch_);
    auto file = read_whole_file(folder_.file(name, number));
    auto content = file ? read_snapshot_file(*file) : Result<SnapshotContent>(Error{});
    const bool known = content && !stage.starts_with('!');
    text += (text.empty() ? "" : " | ") + (known ? content->header.options : name);
  }
  return text;
}

// Until all have saved, or nobody needs the result any more.
Status SinkCheckpoints::wait_for_stages(const Commit& next, int parent) const {
  for (const std::string& stage : next.via) {
    const std::string path = folder_.file(stage_name(stage), next.epoch);
    while (!stage.starts_with('!') && !file_exists(path)) {
      if (getppid() != parent) return Error{"the pipeline has ended"};
      std::this_thread::sleep_for(1ms);
    }
  }
  return {};
}

Status SinkCheckpoints::commit(const Commit& next, std::uint64_t before_last) const {
  if (Status space = reserve(output_.name, next); !space) return space;
  if (Status written = folder_.write_commit(next); !written) return written;
  if (Status appended = append_lines(next); !appended) return appended;
  folder_.remove_below(before_last);
  return {};
}

// Also where it has been begun before: the bytes are the same, and come to the same place.
Status SinkCheckpoints::append_lines(const Commit& commit) const {
  const std::string lines = folder_.file(commit.lines);
  const int from = ::open(lines.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return file_error(lines);
  const int to = ::open(output_.name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  const bool done = to >= 0 && copy_to(from, to, static_cast<off_t>(commit.before)) &&
                    fsync(to) == 0 && ::close(to) == 0;
  const int error = errno;
  ::close(from);
  errno = error;
  if (!done) return file_error(output_.name);
  return commit.before == 0 ? sync_folder_of(output_.name) : Status();
}

Status SinkCheckpoints::before_end(Ending ending) {
  ending_ = ending;
  return {};
}

Status SinkCheckpoints::after_end() {
  if (ending_ != Ending::complete || is_complete()) {
    unlink(open_lines().c_str());
    Status done = background_.collect(kPatienceAtTheEnd);
    background_.abandon();
    return done;
  }
  if (Status done = background_.collect(Duration::max()); !done) return done;
  const std::uint64_t epoch = std::max(folder_.greatest_epoch(), commit_->epoch) + 1;
  Commit last = next_commit(epoch, length_of(open_lines()));
  last.complete = true;
  const std::string lines = folder_.file(last.lines);
  if (rename(open_lines().c_str(), lines.c_str()) != 0) return file_error(lines);
  if (Status synced = sync_file(lines); !synced) return synced;
  return commit(last, commit_->epoch);
}

}  // namespace streamutils
