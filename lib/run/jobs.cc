// SPDX-License-Identifier: Apache-2.0
#include "run/jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <deque>
#include <utility>

#include "run/copy_process.h"
#include "run/jobs_merge.h"
#include "run/jobs_state.h"
#include "run/merge_state.h"

namespace streamutils {
namespace {

constexpr std::size_t kMostPending = 1 << 20;  // for one copy, in bytes
constexpr int kPatience = 1000;                // milliseconds for a copy that is to stop

std::vector<std::string> command_of(const JobsOptions& options, std::size_t index) {
  const std::string number = fmt::format("{}-of-{}", index + 1, options.copies);
  std::vector<std::string> command = options.command;
  for (std::string& word : command) {
    for (std::size_t at = 0; (at = word.find("{copy}", at)) != word.npos; at += number.size()) {
      word.replace(at, 6, number);
    }
  }
  return command;
}

class Jobs final : public SideOutputs {
 public:
  Jobs(JobsOptions options, const SideContext& context)
      : options_(std::move(options)),
        checkpoint_(context.checkpoint),
        merge_state_(keeper_of(context)),
        merge_(
            options_.copies, context.out, [context] { return forwards_control(context); },
            merge_state_.get()),
        to_all_(*this) {}

  // What waits in the merge, under --checkpoint.
  Status restore(ExitStatus& status);
  // state: of the copies; null: they have none.
  Status start(std::optional<JobsState> state);

  Sink* stream() override { return &to_all_; }
  void write(std::string_view name, std::string_view line) override;
  void flush() override { attend(); }
  std::string problem() const override { return problem_; }
  bool is_done() const override;
  std::vector<pollfd> wants() override;
  void attend() override;
  Duration pause() const override;
  std::optional<int> finish(int signal) override;
  bool has_kept_state() const override { return has_kept_state_; }
  Status state_is_saved() override { return state_ ? state_->commit() : Status(); }

 private:
  // What goes to every copy.
  class ToAll final : public Sink {
   public:
    explicit ToAll(Jobs& jobs) : jobs_(jobs) {}
    void write(std::string_view line) override {
      for (std::size_t i = 0; i < jobs_.copies_.size(); ++i) jobs_.put(i, line);
    }

   private:
    Jobs& jobs_;
  };

  static bool forwards_control(const SideContext& context) {
    if (context.control == "never") return false;
    if (context.control == "auto" && !context.out_is_stream) return false;
    return context.originates || context.control == "always" || context.input_is_controlled();
  }

  static std::unique_ptr<MergeState> keeper_of(const SideContext& context) {
    if (context.checkpoint.empty()) return nullptr;
    return std::make_unique<MergeState>(context.checkpoint, context.name, context.tool,
                                        context.options);
  }

  void put(std::size_t index, std::string_view line);
  void receive(std::size_t index);
  void fail(std::string problem, int status);
  void fail(std::string problem, ExitStatus status) {
    fail(std::move(problem), static_cast<int>(status));
  }
  void look_after(std::size_t index);
  void wait_for_any();
  bool all_have_ended() const;
  int stop_all();
  // What a copy's status makes of ours.
  int status_of(int status) const {
    const bool was_killed = status > 128;
    return was_killed && !checkpoint_.empty() ? static_cast<int>(ExitStatus::try_again) : status;
  }

  // True if a copy that ends with it has come to the end of its input, and saved what it knows.
  static bool leaves_state(int status) {
    return status == static_cast<int>(ExitStatus::done) ||
           status == static_cast<int>(ExitStatus::lossy) ||
           status == static_cast<int>(ExitStatus::try_again);
  }

  JobsOptions options_;
  std::string checkpoint_;  // the folder; empty: there are none
  std::optional<JobsState> state_;
  bool has_kept_state_ = true;
  std::unique_ptr<MergeState> merge_state_;  // null without checkpoints
  JobsMerge merge_;
  ToAll to_all_;
  std::deque<CopyProcess> copies_;
  std::string problem_;
  int status_ = 0;  // of the copy that died, or of the failure
};

Status Jobs::restore(ExitStatus& status) {
  if (!merge_state_) return {};
  auto saved = merge_state_->open(status);
  if (!saved) return saved.error();
  if (!*saved) return {};
  SnapshotReader in(std::move(**saved));
  return merge_.restore(in);
}

Status Jobs::start(std::optional<JobsState> state) {
  state_ = std::move(state);
  std::signal(SIGPIPE, SIG_IGN);  // a copy that has left is noticed where it is written to
  for (std::size_t i = 0; i < options_.copies; ++i) {
    std::vector<std::string> settings{
        fmt::format("STREAMUTILS_COPY={}/{}", i + 1, options_.copies)};
    if (!checkpoint_.empty()) settings.push_back("STREAMUTILS_CHECKPOINT=" + checkpoint_);
    if (state_) {
      settings.push_back("STREAMUTILS_STATE=" + state_->folder());
      settings.emplace_back("STREAMUTILS_CHECKPOINT=");
    }
    auto copy = CopyProcess::start(command_of(options_, i), settings, state_.has_value());
    if (!copy) {
      stop_all();
      return copy.error();
    }
    copies_.push_back(std::move(*copy));
  }
  return {};
}

void Jobs::write(std::string_view name, std::string_view line) {
  std::size_t index = 0;
  std::from_chars(name.data(), name.data() + name.size(), index);
  put(index, line);
}

void Jobs::put(std::size_t index, std::string_view line) {
  CopyProcess& copy = copies_[index];
  copy.put(line);
  if (copy.pending() < kMostPending) return;
  while (copy.pending() > kMostPending / 2 && problem_.empty()) wait_for_any();
}

std::vector<pollfd> Jobs::wants() {
  std::vector<pollfd> fds;
  for (CopyProcess& copy : copies_) {
    if (copy.pending() > 0 && copy.input() >= 0) fds.push_back({copy.input(), POLLOUT, 0});
    if (copy.output() >= 0) fds.push_back({copy.output(), POLLIN, 0});
    if (copy.process() >= 0) fds.push_back({copy.process(), POLLIN, 0});
  }
  return fds;
}

void Jobs::wait_for_any() {
  std::vector<pollfd> fds = wants();
  if (!fds.empty()) poll(fds.data(), fds.size(), -1);
  attend();
}

void Jobs::attend() {
  for (std::size_t i = 0; i < copies_.size(); ++i) look_after(i);
  if (!merge_state_) return;
  if (Status saved = merge_state_->collect(); !saved) fail(saved.error().message, ExitStatus::io);
}

// A state that cannot be saved must not wait for the next line to be told.
Duration Jobs::pause() const {
  constexpr Duration kPoll = std::chrono::milliseconds(50);
  return merge_state_ && merge_state_->is_busy() ? kPoll : Duration::max();
}

// The first problem counts.
void Jobs::fail(std::string problem, int status) {
  if (!problem_.empty()) return;
  problem_ = std::move(problem);
  status_ = status;
}

void Jobs::look_after(std::size_t index) {
  CopyProcess& copy = copies_[index];
  copy.send();
  receive(index);
  const auto status = copy.status();
  if (!status || *status == 0 || !copy.ended_early()) return;
  const bool was_killed = *status > 128;
  fail(fmt::format("copy {} of {} ({}) has died with {} {}", index + 1, copies_.size(),
                   options_.command[0], was_killed ? "signal" : "exit status",
                   was_killed ? *status - 128 : *status),
       status_of(*status));
}

void Jobs::receive(std::size_t index) {
  if (copies_[index].output() < 0) return;
  const bool open = copies_[index].receive([&](std::string_view line) { merge_.add(index, line); });
  if (!open) merge_.end(index);
  if (merge_.problem().empty()) return;
  fail(merge_.problem(), merge_.may_try_again() ? ExitStatus::try_again : ExitStatus::io);
}

bool Jobs::all_have_ended() const {
  return std::all_of(copies_.begin(), copies_.end(),
                     [](const CopyProcess& copy) { return copy.output() < 0; });
}

// All copies have had enough (head -1).
bool Jobs::is_done() const {
  return !problem_.empty() || std::all_of(copies_.begin(), copies_.end(), [](const auto& copy) {
    return copy.ended_early() && copy.output() < 0;
  });
}

int Jobs::stop_all() {
  for (CopyProcess& copy : copies_) {
    copy.close_pipes();
    copy.send_signal(SIGTERM);
  }
  for (CopyProcess& copy : copies_) {
    pollfd fd{copy.process(), POLLIN, 0};
    if (!copy.status() && poll(&fd, 1, kPatience) == 0) copy.send_signal(SIGKILL);
    copy.status(true);
  }
  return status_;
}

std::optional<int> Jobs::finish(int signal) {
  if (!problem_.empty()) return stop_all();
  // A terminal has sent its interrupt to the copies, too.
  for (CopyProcess& copy : copies_) {
    if (signal == SIGTERM && !state_) copy.send_signal(signal);
    copy.close_input();
  }
  while (!all_have_ended() && problem_.empty()) wait_for_any();
  if (!problem_.empty()) return stop_all();
  int worst = 0;
  for (CopyProcess& copy : copies_) {
    const int status = copy.status(true).value_or(0);
    has_kept_state_ = has_kept_state_ && leaves_state(status);
    worst = std::max(worst, status_of(status));
  }
  return worst == 0 ? std::nullopt : std::optional<int>(worst);
}

}  // namespace

Result<std::unique_ptr<SideOutputs>> start_jobs(const JobsOptions& options,
                                                const SideContext& context, ExitStatus& status) {
  std::optional<JobsState> state;
  if (!context.state.empty()) {
    auto begun = JobsState::begin(context.state, context.run, options.copies, options.is_ours);
    if (!begun) return begun.error();
    state = std::move(*begun);
  }
  auto jobs = std::make_unique<Jobs>(options, context);
  if (Status restored = jobs->restore(status); !restored) return restored.error();
  if (Status started = jobs->start(std::move(state)); !started) return started.error();
  return std::unique_ptr<SideOutputs>(std::move(jobs));
}

}  // namespace streamutils
