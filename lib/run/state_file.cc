// SPDX-License-Identifier: Apache-2.0
#include "run/state_file.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

namespace streamutils {

Result<std::unique_ptr<StateFile>> StateFile::open(const std::string& path,
                                                   RecoverySettings settings, ExitStatus& status) {
  std::unique_ptr<StateFile> file(new StateFile(path, std::move(settings)));
  status = ExitStatus::io;
  if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty()) {
    if (Status made = make_folder(folder.string()); !made) return made.error();
  }
  if (Status locked = file->lock(status); !locked) return locked.error();
  if (Status read = file->read(status); !read) return read.error();
  return file;
}

Status StateFile::lock(ExitStatus& status) {
  const std::string name = path_ + ".lock";
  const FileLock::Outcome outcome = lock_.take(name);
  if (outcome == FileLock::Outcome::taken) return {};
  status = ExitStatus::io;
  if (outcome == FileLock::Outcome::failed) return file_error(name);
  return Error{
      fmt::format("{}: process {} is at work with this state; two at once would lose what "
                  "one of them knows",
                  path_, lock_.holder())};
}

Status StateFile::read(ExitStatus& status) {
  if (!file_exists(path_)) {
    tell(fmt::format("{}: there is no state yet, it begins empty", path_));
    return {};
  }
  auto content = read_state(path_, {}, settings().tool, settings().options, status);
  if (!content) return content.error();
  if (content->header.complete) {
    tell(fmt::format("{}: the stream before was complete, this one begins anew", path_));
  }
  saved_ = std::move(*content);
  return {};
}

Duration StateFile::tick() {
  if (Status saved = saver_.advance(); !saved) {
    driver().stop(ExitStatus::io, saved.error().message);
  }
  return saver_.pause();
}

// The state of this stage is not one of those that the pipeline can go back to: it says so.
Result<std::string> StateFile::take(std::uint64_t, const std::vector<std::string>&, ExitStatus&) {
  const Status started =
      run_ > 0 ? Status() : saver_.start(path_, header(std::nullopt), driver(), files());
  if (!started) return started.error();
  return "?" + stage_entry(settings().name, settings().options);
}

Status StateFile::before_end(Ending ending) {
  if (ending == Ending::stopped || ending == Ending::interrupted) return {};
  if (Status status = saver_.complete(); !status) return status;
  last_ = std::make_unique<TwoPartSnapshot>(path_);
  const bool goes_on = ending != Ending::complete || driver().outlives_end();
  const auto run = run_ > 0 ? std::optional(run_) : std::nullopt;
  return last_->take_image(header(run), driver(), goes_on);
}

Status StateFile::after_end() {
  if (Status status = saver_.complete(); !status) return status;
  return last_ ? last_->commit(files()) : Status();
}

}  // namespace streamutils
