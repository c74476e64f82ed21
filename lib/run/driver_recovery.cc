// What the driver does for recovery: barriers, and the ends of a run from which another one goes
// on.
//
// A barrier cuts the stream into what a checkpoint holds and what comes after it (Chandy and
// Lamport, "Distributed Snapshots", 1985; Carbone et al., "Lightweight Asynchronous Snapshots for
// Distributed Dataflows", 2015).  With several inputs the cut must be the same on all of them:
// nothing behind the barrier of one is worked on until it has come on the others.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "run/driver_input.h"

namespace streamutils {

void Driver::stop(ExitStatus status, std::string_view message) {
  if (stopped_) return;
  say(message);
  stopped_ = true;
  status_ = status;
}

// --- Barriers ------------------------------------------------------------------------------------

// With checkpoints, a stream that does not say which epoch it begins with cannot be joined to one.
bool Driver::is_first_line_right(Input& input, std::string_view line) {
  if (settings_.role == Role::source || line.empty()) return true;
  if (!input.info.live || input.info.plan.table) return true;
  if (is_control(line)) {
    const auto message = decode_control(line);
    if (message && message->kind == Message::Kind::begin) return true;
  }
  stop(
      ExitStatus::usage,
      fmt::format("{}the stream has no begin line, so it carries no checkpoints: does it come from "
                  "sread with the same --checkpoint, and do all stages between hand on the control "
                  "lines?",
                  place(input)));
  return false;
}

bool Driver::has_right_epoch(const Input& input, const Message& message) {
  if (!settings_.epoch || settings_.role == Role::source || !input.info.live) return true;
  if (!message.epoch) {
    stop(ExitStatus::usage,
         fmt::format("{}the stream carries no checkpoints: sread needs the same --checkpoint",
                     place(input)));
  } else if (*message.epoch != *settings_.epoch) {
    stop(ExitStatus::try_again,
         fmt::format("the stream begins at epoch {}, and this stage at {}: another run was still "
                     "alive. Run again",
                     *message.epoch, *settings_.epoch));
  }
  return !stopped_;
}

void Driver::on_barrier(Input& input, Message message) {
  // A source that replays a recorded stream has barriers of its own.
  if (settings_.role == Role::source) return;
  input.barrier = std::move(message);
  align();
}

// One that has ended brings none, nor does a file, nor a table, which is read before the others.
bool Driver::brings_barrier(const Input& input) const {
  return input.info.live && !input.info.plan.table && !input.clock.has_ended() && !input.end_mark &&
         !input.ends_ahead;
}

// The barrier passes once it has come on every input that is still to bring one.
void Driver::align() {
  const Input* first = nullptr;
  aligning_ = std::any_of(inputs_.begin(), inputs_.end(),
                          [](const Input& input) { return input.barrier.has_value(); });
  for (const Input& input : inputs_) {
    if (has_died(input) || (brings_barrier(input) && !input.barrier)) return;
    if (!input.barrier) continue;
    if (first == nullptr) first = &input;
    if (*input.barrier->epoch == *first->barrier->epoch) continue;
    return stop(ExitStatus::try_again,
                fmt::format("barrier {} has come on {}, and barrier {} on {}: the two streams are "
                            "not of one run (the sread of one needs --follow-epochs). Run again",
                            *first->barrier->epoch, first->info.name, *input.barrier->epoch,
                            input.info.name));
  }
  if (first == nullptr) return;
  const std::uint64_t epoch = *first->barrier->epoch;
  aligning_ = false;
  pass_barrier(epoch, gather_via());
}

// The stages in front of all inputs.  Those of an input that has ended need not save any more, but
// are a part of the pipeline all the same.  A stage in front of several inputs is named once.
std::vector<std::string> Driver::gather_via() {
  std::vector<std::string> via;
  for (Input& input : inputs_) {
    const bool has_ended = !input.barrier.has_value();
    if (!has_ended) input.passed = std::move(input.barrier);
    input.barrier.reset();
    if (!input.passed) continue;
    for (const std::string& stage : input.passed->via) add_passed_stage(stage, has_ended, via);
  }
  return via;
}

// Until the first barrier nobody knows which stages stand in front of this one.  If it left before,
// and one of them was killed before it noticed, no epoch would tell that it may begin anew.
bool Driver::owes_barrier() const {
  return settings_.checkpoints != nullptr && settings_.epoch == 0 && !has_passed_barrier_;
}

bool Driver::waits_for_barrier() const {
  return owes_barrier() && std::any_of(inputs_.begin(), inputs_.end(), [this](const Input& input) {
           return brings_barrier(input);
         });
}

void Driver::pass_barrier(std::uint64_t epoch, std::vector<std::string> via) {
  has_passed_barrier_ = true;
  if (settings_.checkpoints != nullptr) {
    ExitStatus status = ExitStatus::io;
    auto entry = settings_.checkpoints->take(epoch, via, status);
    if (!entry) return stop(status, entry.error().message);
    via.push_back(std::move(*entry));
  } else if (op_->has_state()) {
    return stop(ExitStatus::usage,
                fmt::format("barrier {} has come, and this stage keeps state: it needs the "
                            "--checkpoint folder of the pipeline (or STREAMUTILS_CHECKPOINT)",
                            epoch));
  } else if (derives_time()) {
    return stop(ExitStatus::usage,
                "this stage derives event time of its own, and a restart must not lose how far it "
                "has come: name its member by -t, so that it is saved at barriers");
  } else {
    via.push_back("!" + settings_.tool);
  }
  if (controlled_out_) write_control(encode_barrier(epoch, via));
}

bool Driver::derives_time() const {
  return controlled_out_ && std::any_of(inputs_.begin(), inputs_.end(), [](const Input& input) {
           return input.controlled && input.clock.is_derived();
         });
}

bool Driver::insert_barrier(std::uint64_t epoch) {
  current_ = nullptr;
  pass_barrier(epoch, {});
  return !stopped_;
}

// --- The end -------------------------------------------------------------------------------------

// What is open has left.  If what came in goes on in another run, so does what leaves.
void Driver::complete() {
  watermark_ = kMaxTime;
  if (!settings_.is_over) {
    op_->on_watermark(kMaxTime, *out_);
    op_->on_end(*out_);
  }
  if (stopped_) return;
  const bool goes_on = std::any_of(inputs_.begin(), inputs_.end(),
                                   [](const Input& input) { return input.suspended; });
  if (controlled_out_) write_control(goes_on ? encode_suspend() : encode_end());
}

// Has ended for this run, and another one brings more.  Of several files that are merged each is
// taken for whole: else those of today would wait for an end of those of yesterday.
bool Driver::goes_on(const Input& input) const {
  if (settings_.keeping != Keeping::state || input.end_mark || input.info.plan.table) return false;
  if (input.suspended) return true;
  return !settings_.common.drain && (input.info.live || input.info.plan.side);
}

// It is part of a controlled stream, so that without the end mark a part of it is missing.  With
// checkpoints, also if it ends before it has begun.
bool Driver::has_to_end(const Input& input) const {
  const bool is_kept_current = input.info.plan.follow && !input.clock.has_ended();
  if (is_kept_current) return false;
  return input.controlled ||
         (settings_.keeping == Keeping::checkpoints && input.info.live && !input.begun);
}

// Its writer has.
bool Driver::has_died(const Input& input) const {
  return input.clock.has_ended() && has_to_end(input) && !input.end_mark && !input.suspended &&
         !settings_.common.drain;
}

bool Driver::upstream_died() const {
  if ((op_->is_done() && !owes_barrier()) || settings_.common.drain) return false;
  return std::any_of(inputs_.begin(), inputs_.end(), [this](const Input& input) {
    return has_to_end(input) && !input.end_mark && !input.suspended;
  });
}

Ending Driver::ending(bool interrupted) const {
  if (stopped_) return Ending::stopped;
  const bool keeps_state = settings_.keeping == Keeping::state;
  if (interrupted && keeps_state) return Ending::suspended;
  if (interrupted && settings_.keeping == Keeping::checkpoints) return Ending::held;
  if (interrupted) return Ending::interrupted;
  if (upstream_died()) return Ending::held;
  const bool rests = std::any_of(inputs_.begin(), inputs_.end(),
                                 [](const Input& input) { return input.suspended; });
  if (keeps_state && rests) return Ending::suspended;
  const bool ends = is_complete() || settings_.common.drain || op_->is_done();
  return keeps_state && !ends ? Ending::suspended : Ending::complete;
}

void Driver::suspend() {
  if (op_->outlives_end()) op_->on_end(*out_);
  if (controlled_out_) write_control(encode_suspend());
}

void Driver::report_death() {
  const std::string_view fate = settings_.keeping == Keeping::state         ? "is kept in the state"
                                : settings_.keeping == Keeping::checkpoints ? "is not written"
                                                                            : "is held back";
  say(
      fmt::format("the stream ended without its end mark: its writer has died. What is open {}; "
                  "--drain takes the end of the file as the end",
                  fate));
  status_ = ExitStatus::try_again;
}

void Driver::reopen(const std::vector<bool>& resumed) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    Input& input = inputs_[i];
    input.clock.reopen();
    if (i < resumed.size() && resumed[i]) continue;
    input.is_anew = !input.ahead.empty();
    if (!input.is_anew) begin_anew(input);
  }
  if (settings_.keeping == Keeping::state) forget_counts();
  epoch_ = settings_.epoch;
  begin_written_ = false;
  controlled_out_ = settings_.common.originate && may_write_control();
}

// What comes next on the input comes from another process.  Whether its watermarks are believed is
// known once it begins; until then it stands where it stood.
void Driver::begin_anew(Input& input) {
  forget_foreseen(input);
  input.lines = input.offset = 0;
  input.begun = input.controlled = input.end_mark = input.suspended = false;
  input.asked = input.reads_output = input.is_anew = false;
  input.ends_ahead = input.ends_ahead && !input.ahead.empty();
  input.barrier.reset();
}

// Statistics and exit status are of one run: last night's bad record is not tonight's.
void Driver::forget_counts() {
  counts_ = {};
  reasons_.clear();
  lateness_ = {};
  needed_disorder_ = needed_idle_ = Duration::zero();
}

std::uint64_t Driver::lines_read(std::size_t input) const { return inputs_[input].lines; }

bool Driver::left_rest(std::size_t input) const { return inputs_[input].left_rest; }

}  // namespace streamutils
