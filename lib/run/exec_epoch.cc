// SPDX-License-Identifier: Apache-2.0
#include "run/exec_epoch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string_view>

#include "run/descriptor.h"
#include "run/durable_file.h"
#include "run/json_members.h"
#include "run/line_writer.h"

namespace streamutils {
namespace {

// A file of lines to append to.
class Appended {
 public:
  // False: errno tells.
  bool open(const std::string& name) {
    file_.emplace(name, O_WRONLY | O_CREAT | O_APPEND);
    if (!*file_) return false;
    writer_.emplace([fd = file_->fd()](const char* data, std::size_t size) -> std::ptrdiff_t {
      return ::write(fd, data, size);
    });
    return true;
  }

  Sink* sink() { return writer_ ? &*writer_ : nullptr; }
  // False: errno tells.
  bool sync() {
    if (!writer_) return true;
    writer_->flush();
    errno = writer_->error();
    return errno == 0 && (fsync(file_->fd()) == 0 || errno == EINVAL);
  }

 private:
  std::optional<Descriptor> file_;
  std::optional<LineWriter> writer_;
};

// Notes down how far it is, in place: a line of one length.
class Notes {
 public:
  Notes(const std::string& path, ExecProgress before)
      : file_(path, O_WRONLY | O_CREAT), noted_(before) {}

  bool is_new(ExecProgress now) const {
    return now.done != noted_.done || now.failed != noted_.failed;
  }
  // False: errno tells.
  bool note(ExecProgress now) {
    if (!file_) return false;
    const std::string line =
        fmt::format("{{\"done\":{:>20},\"failed\":{:>20}}}\n", now.done, now.failed);
    noted_ = now;
    return pwrite(file_.fd(), line.data(), line.size(), 0) == static_cast<ssize_t>(line.size());
  }
  bool sync() const { return file_ && fsync(file_.fd()) == 0; }

 private:
  Descriptor file_;
  ExecProgress noted_;
};

std::string_view behind(std::string_view lines, std::uint64_t count) {
  for (; count > 0 && !lines.empty(); --count) lines.remove_prefix(lines.find('\n') + 1);
  return lines;
}

}  // namespace

ExecProgress read_progress(const std::string& path) {
  auto text = read_whole_file(path);
  if (!text) return {};
  JsonMembers members(std::string_view(*text).substr(0, text->find('\n')));
  const ExecProgress progress{members.number("done"), members.number("failed")};
  return members.ok() ? progress : ExecProgress{};
}

Status run_epoch(std::shared_ptr<const ExecOptions> options, const ExecEpoch& epoch,
                 const Say& say) {
  auto text = read_whole_file(epoch.lines);
  if (!text) return text.error();
  const ExecProgress before = read_progress(epoch.progress);
  std::string_view lines = behind(*text, before.done);
  if (lines.empty()) return {};
  Appended dead;
  if (!options->dead_to.empty() && !dead.open(options->dead_to)) {
    return file_error(options->dead_to);
  }
  const std::string dead_to = options->dead_to;
  Exec exec(std::move(options), dead.sink(), say);
  Notes notes(epoch.progress, before);
  while (!lines.empty() || !exec.is_idle()) {
    const bool ends = epoch.is_told_to_end();
    if (ends) exec.start_no_more();
    if (ends && exec.is_idle()) break;
    if (!ends && !lines.empty() && exec.has_room()) {
      exec.write(lines.substr(0, lines.find('\n')));
      lines.remove_prefix(lines.find('\n') + 1);
    } else {
      exec.wait();
    }
    const ExecProgress now{before.done + exec.done(), before.failed + exec.failed()};
    if (!notes.is_new(now)) continue;
    if (!dead.sync()) return file_error(dead_to);
    if (!notes.note(now)) return file_error(epoch.progress);
  }
  return notes.sync() ? Status() : file_error(epoch.progress);
}

}  // namespace streamutils
