// SPDX-License-Identifier: Apache-2.0
#include "run/checkpoint_sink.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <thread>

#include "run/committed_files.h"
#include "run/exec_epoch.h"
#include "run/signals.h"
#include "run/snapshot_write.h"
#include "stream/message.h"

namespace streamutils {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatienceAtTheEnd = 5s;
constexpr Duration kLookAtSignals = 100ms;

// Of "sdedup:HASH", of "!sfilter", which saves nothing, of "?tool", which keeps its state
// elsewhere, and of all of these where the stream has ended (stream/message.h).
bool saves(std::string_view via) { return !via.starts_with('!') && !has_ended(via); }

std::string stage_name(std::string_view via) {
  via = without_end(via);
  return std::string(via.substr(0, via.find(':')));
}

bool is_same_pipeline(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return without_end(x) == without_end(y); });
}

}  // namespace

// --- The start ----------------------------------------------------------------------------------

Status SinkCheckpoints::open(ExitStatus& status) {
  status = ExitStatus::io;
  if (Status made = make_folder(folder_.path()); !made) return made;
  if (Status locked = lock("COMMIT", status); !locked) return locked;
  if (Status read = read_commit(); !read) return read;
  if (!commit_) return begin(status);
  if (Status read = read_saved(status); !read) return read;
  return go_on(status);
}

// The first COMMIT.
Status SinkCheckpoints::begin(ExitStatus& status) {
  if (Status opened = open_notes(); !opened) return opened;
  Commit first;
  first.output = output_.name;
  first.several = output_.several;
  if (!output_.several && !output_.exec) {
    const std::uint64_t length = length_of(output_.name).value_or(0);
    status = ExitStatus::usage;
    if (length > 0 && !output_.append) {
      return is_unknown(output_.name, length,
                        fmt::format("{} has no COMMIT that knows of them", folder_.path()));
    }
    first.files.push_back({output_.name, length, length});
    lengths_.set(output_.name, {length});
  }
  status = ExitStatus::io;
  commit_ = std::move(first);
  return folder_.write_commit(*commit_);
}

// Where the stream is complete, nobody asks for them any more.
Status SinkCheckpoints::open_notes() {
  if (!output_.notes || is_complete()) return {};
  static const std::vector<FileLength> kNone;
  return output_.notes->open(folder_.file(notes_name()), saved_ ? saved_->side_files : kNone);
}

// Puts the visible files into the state of COMMIT.
Status SinkCheckpoints::go_on(ExitStatus& status) {
  status = ExitStatus::usage;
  if (commit_->output != output_.name || commit_->several != output_.several) {
    return Error{fmt::format("{} is of {}{}, and this is to write {}", folder_.file("COMMIT"),
                             commit_->several ? "files named by " : "", commit_->output,
                             output_.name)};
  }
  status = ExitStatus::io;
  if (Status opened = open_notes(); !opened) return opened;
  const bool has_lines = !commit_->lines.empty() && file_exists(lines_of(*commit_));
  std::set<std::string_view> committed;
  for (const CommittedFile& file : commit_->files) {
    committed.insert(file.name);
    if (Status fits = check_committed(file, has_lines, status); !fits) return fits;
  }
  if (saved_) {
    for (const FileLength& file : saved_->side_files) {
      if (!file.is_output || committed.contains(file.name)) continue;
      if (Status fits = check_known(file, status); !fits) return fits;
    }
  }
  status = ExitStatus::io;
  if (!has_lines) return {};
  return output_.exec ? run_commands(*commit_, getppid())
                      : append_committed(lines_of(*commit_), *commit_);
}

// One that has lines of the last epoch: appending them may have been cut short.
Status SinkCheckpoints::check_committed(const CommittedFile& file, bool can_append,
                                        ExitStatus& status) {
  lengths_.set(file.name, {file.after});
  const std::uint64_t found = length_of(file.name).value_or(0);
  if (found > file.after) return cut_back(file.name, found, file.after, status);
  status = ExitStatus::usage;
  if (found < (can_append ? file.before : file.after)) {
    return was_cut(file.name, found, file.after);
  }
  return {};
}

// One of the others is complete, or has been taken away.
Status SinkCheckpoints::check_known(const FileLength& file, ExitStatus& status) {
  const auto found = length_of(file.name);
  if (!found) return {};
  lengths_.set(file.name, {file.length});
  if (*found > file.length) return cut_back(file.name, *found, file.length, status);
  status = ExitStatus::usage;
  return *found < file.length ? was_cut(file.name, *found, file.length) : Status();
}

Status SinkCheckpoints::cut_back(const std::string& file, std::uint64_t found, std::uint64_t known,
                                 ExitStatus& status) const {
  status = ExitStatus::usage;
  if (!output_.rollback) {
    return Error{
        fmt::format("{} is {} bytes long, and {} knows of {}: somebody else has written to "
                    "it; --rollback cuts it to what was committed",
                    file, found, folder_.file("COMMIT"), known)};
  }
  status = ExitStatus::io;
  const bool done = truncate(file.c_str(), static_cast<off_t>(known)) == 0;
  return done ? Status() : file_error(file);
}

Error SinkCheckpoints::was_cut(const std::string& file, std::uint64_t found,
                               std::uint64_t known) const {
  return Error{
      fmt::format("{} is {} bytes long, and {} says that {} were written: it was moved, replaced "
                  "or cut",
                  file, found, folder_.file("COMMIT"), known)};
}

Error SinkCheckpoints::is_unknown(const std::string& file, std::uint64_t found,
                                  std::string_view what) const {
  return Error{
      fmt::format("{} holds {} bytes, and {}: --append goes on behind them", file, found, what)};
}

// --- Barriers -----------------------------------------------------------------------------------

Result<std::string> SinkCheckpoints::take(std::uint64_t epoch, const std::vector<std::string>& via,
                                          ExitStatus& status) {
  if (Status fits = check_pipeline(via, status); !fits) return fits.error();
  first_ = false;
  if (Status before = wait_for_last(status); !before) return before.error();
  count_failures();
  auto known = outputs();
  if (!known) return known.error();
  auto save = snapshot_in_child(folder_.file(name(), epoch), header(epoch), driver(), files(),
                                std::move(*known));
  if (!save) return save.error();
  auto added = files().cut_output(folder_.file(name(), epoch) + ".out", true);
  if (!added) return added.error();
  auto next = next_commit(epoch, *added, status);
  if (!next) return next.error();
  next->via = via;
  const std::uint64_t before_last = commit_->epoch;
  const int parent = getpid();
  auto work = [this, next = *next, before_last, parent, save = *save]() -> Status {
    if (Status synced = sync_file(lines_of(next)); !synced) return synced;
    if (Status noted = output_.notes ? output_.notes->sync() : Status(); !noted) return noted;
    if (Status saved = save(); !saved) return saved;
    if (Status waited = wait_for_stages(next, parent); !waited) return waited;
    return commit(next, before_last, parent);
  };
  if (Status started = background_.start(work); !started) return started.error();
  commit_ = std::move(*next);
  return entry();
}

// Until the epoch before is done.  Commands may take long: told to end, it does not wait for them.
Status SinkCheckpoints::wait_for_last(ExitStatus& status) {
  status = ExitStatus::io;
  if (!output_.exec) return background_.collect(Duration::max());
  while (background_.is_busy() && ending_signal() == 0) {
    if (Status done = background_.collect(kLookAtSignals); !done) return done;
  }
  if (!background_.is_busy()) return {};
  status = ExitStatus::try_again;
  return Error{"told to end while commands are to be run: the next run goes on with them"};
}

// added: how many bytes each file has got.
Result<Commit> SinkCheckpoints::next_commit(std::uint64_t epoch,
                                            const std::vector<FileLength>& added,
                                            ExitStatus& status) {
  Commit next = *commit_;
  next.epoch = epoch;
  next.files.clear();
  next.lines = fmt::format("{}.{}.out", name(), epoch);
  status = ExitStatus::io;
  if (output_.exec) return next;
  for (const FileLength& more : added) {
    const std::string& file = output_.several ? more.name : output_.name;
    auto before = length_before(file, status);
    if (!before) return before.error();
    next.files.push_back({file, *before, *before + more.length});
    lengths_.set(file, {*before + more.length});
  }
  status = ExitStatus::io;
  return next;
}

// All lines of the epochs before are there by now.
Result<std::uint64_t> SinkCheckpoints::length_before(const std::string& file, ExitStatus& status) {
  const auto found = length_of(file);
  const NameFacts* const facts = lengths_.find(file);
  status = ExitStatus::usage;
  if (facts == nullptr) {
    if (found.value_or(0) == 0 || output_.append) return found.value_or(0);
    return is_unknown(file, *found,
                      fmt::format("{} does not know of them", folder_.file("COMMIT")));
  }
  const std::uint64_t known = facts->front();
  if (!found && known > 0) {
    settings().say(fmt::format("{} was taken away and begins anew", file));
    return std::uint64_t{0};
  }
  const std::uint64_t length = found.value_or(0);
  if (length < known) return was_cut(file, length, known);
  if (length == known) return length;
  if (Status cut = cut_back(file, length, known, status); !cut) return cut.error();
  return known;
}

Result<std::vector<FileLength>> SinkCheckpoints::outputs() const {
  std::vector<FileLength> all;
  if (!output_.several) return all;
  lengths_.for_each([&](const std::string& name, const NameFacts& length) {
    all.push_back({.name = name, .length = length.front(), .is_output = true});
  });
  if (!output_.notes) return all;
  auto notes = output_.notes->save();
  if (!notes) return notes.error();
  all.insert(all.end(), notes->begin(), notes->end());
  return all;
}

// The pipeline must be the one that COMMIT is of.
Status SinkCheckpoints::check_pipeline(const std::vector<std::string>& via,
                                       ExitStatus& status) const {
  status = ExitStatus::usage;
  for (const std::string& stage : via) {
    if (!without_end(stage).starts_with('?')) continue;
    return Error{
        fmt::format("{} keeps its state in a file of its own (--state), which cannot go "
                    "back to an epoch: give it --checkpoint {}",
                    stage_name(stage).substr(1), folder_.path())};
  }
  for (std::size_t i = 0; i < via.size(); ++i) {
    const bool twice = !without_end(via[i]).starts_with('!') &&
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
  if (!first_ || epoch_ == 0 || is_same_pipeline(via, commit_->via)) return {};
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
    const std::string named = stage_name(stage);
    const std::string name = named.starts_with('!') ? named.substr(1) : named;
    const std::uint64_t number =
        epoch != 0 ? epoch : folder_.next_epoch(name, epoch_).value_or(epoch_);
    auto file = read_whole_file(folder_.file(name, number));
    auto content = file ? read_snapshot_file(*file, number) : Result<SnapshotContent>(Error{});
    const bool known = content && saves(stage);
    text += (text.empty() ? "" : " | ") + (known ? content->header.options : name);
  }
  return text;
}

// Until all have saved, or nobody needs the result any more.
Status SinkCheckpoints::wait_for_stages(const Commit& next, int parent) const {
  for (const std::string& stage : next.via) {
    const std::string path = folder_.file(stage_name(stage), next.epoch);
    while (saves(stage) && !file_exists(path)) {
      if (getppid() != parent) return Error{"the pipeline has ended"};
      std::this_thread::sleep_for(1ms);
    }
  }
  return {};
}

// parent: the process whose death ends the commands.
Status SinkCheckpoints::commit(const Commit& next, std::uint64_t before_last, int parent) const {
  if (Status space = reserve_room(next); !space) return space;
  if (Status written = folder_.write_commit(next); !written) return written;
  Status done = output_.exec ? run_commands(next, parent) : append_committed(lines_of(next), next);
  if (!done) return done;
  folder_.remove_below(before_last);
  return {};
}

Status SinkCheckpoints::run_commands(const Commit& commit, int parent) const {
  return run_epoch(
      output_.exec,
      {.lines = lines_of(commit),
       .progress = progress_of(commit),
       .is_told_to_end = [parent] { return ending_signal() != 0 || getppid() != parent; }},
      settings().say);
}

std::string SinkCheckpoints::progress_of(const Commit& commit) const {
  return fmt::format("{}.run", folder_.file(name(), commit.epoch));
}

void SinkCheckpoints::count_failures() {
  if (output_.exec) failed_ += read_progress(progress_of(*commit_)).failed;
}

void SinkCheckpoints::report_failures() {
  count_failures();
  if (failed_ == 0) return;
  settings().say(fmt::format("the command of {} events has failed for good", failed_));
  if (driver().status() == ExitStatus::done) driver().fail(ExitStatus::lossy);
}

// --- The end ------------------------------------------------------------------------------------

Status SinkCheckpoints::before_end(Ending ending) {
  ending_ = ending;
  return {};
}

Status SinkCheckpoints::after_end() {
  if (ending_ != Ending::complete || is_complete()) {
    unlink(open_lines().c_str());
    Status done = background_.collect(kPatienceAtTheEnd);
    background_.abandon();
    report_failures();
    return done;
  }
  if (Status done = background_.collect(Duration::max()); !done) return done;
  count_failures();
  const std::uint64_t epoch = std::max(folder_.greatest_epoch(), commit_->epoch) + 1;
  auto added = files().cut_output(fmt::format("{}.out", folder_.file(name(), epoch)), false);
  if (!added) return added.error();
  ExitStatus status = ExitStatus::io;
  auto last = next_commit(epoch, *added, status);
  if (!last) return last.error();
  last->complete = true;
  if (Status synced = sync_file(lines_of(*last)); !synced) return synced;
  const std::uint64_t before_last = commit_->epoch;
  commit_ = std::move(*last);
  Status done = commit(*commit_, before_last, getppid());
  report_failures();
  return done;
}

}  // namespace streamutils
