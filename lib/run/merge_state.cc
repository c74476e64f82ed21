// SPDX-License-Identifier: Apache-2.0
#include "run/merge_state.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "run/recovery.h"
#include "stream/message.h"

namespace streamutils {

// Of a stream that had ended by then nothing waits.
Result<std::optional<std::string>> MergeState::open(ExitStatus& status) {
  auto commit = folder_.read_commit();
  if (!commit) return commit.error();
  if (!*commit) return std::optional<std::string>();
  epoch_ = (*commit)->epoch;
  const std::vector<std::string>& via = (*commit)->via;
  const bool has_saved = std::ranges::any_of(via, [this](const std::string& stage) {
    return !has_ended(stage) && stage.starts_with(name_ + ":");
  });
  if ((*commit)->complete || !has_saved) return std::optional<std::string>();
  auto content = read_state(folder_.file(name_, epoch_), epoch_, tool_, options_, status);
  if (!content) return content.error();
  return std::optional(std::move(content->entries));
}

// One at a time: who saves the next waits for the one before.
Result<std::string> MergeState::save(std::uint64_t epoch, const Write& write) {
  if (Status before = complete(); !before) return before.error();
  SnapshotHeader header;
  header.tool = tool_;
  header.options = options_;
  header.epoch = epoch;
  thread_ = std::make_unique<SnapshotThread>(folder_.file(name_, epoch), "", std::move(header),
                                             std::vector<FileLength>{}, [] { return Status(); });
  SnapshotWriter out([this](std::string_view lines) { thread_->write(std::string(lines)); });
  write(out);
  out.finish();
  if (!out.status()) {
    thread_.reset();
    return out.status().error();
  }
  thread_->finish();
  return stage_entry(name_, options_);
}

Status MergeState::complete() {
  if (!thread_) return {};
  Status status = thread_->join();
  thread_.reset();
  return status;
}

Status MergeState::collect() { return thread_ && thread_->is_done() ? complete() : Status(); }

}  // namespace streamutils
