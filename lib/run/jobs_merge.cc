// SPDX-License-Identifier: Apache-2.0
#include "run/jobs_merge.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "json/record.h"
#include "stream/message.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

Result<Message> decode(std::string_view line) {
  std::string padded(line);
  padded.append(Record::kPadding, ' ');
  return decode_control(std::string_view(padded).substr(0, line.size()));
}

}  // namespace

SpilledLines* JobsMerge::Copy::next_lines() {
  while (stretches.front().empty() && open_stretches() > 1) stretches.pop_front();
  return stretches.front().empty() ? nullptr : &stretches.front();
}

JobsMerge::JobsMerge(std::size_t copies, Sink& out, std::function<bool()> forwards, Keeper* keeper)
    : out_(out), forwards_(std::move(forwards)), keeper_(keeper), copies_(copies) {}

void JobsMerge::add(std::size_t index, std::string_view line) {
  Copy& copy = copies_[index];
  const bool is_first = !std::exchange(copy.begun, true);
  if (is_first) copy.controlled = is_control(line);
  if (!problem_.empty()) return;
  if (!copy.controlled && keeper_ != nullptr) {
    problem_ = "the copies write no control lines, so what they write carries no checkpoints";
    return;
  }
  if (!copy.controlled) return out_.write(line);
  if (!is_control(line)) return keep(copy, line);
  const auto message = decode(line);
  const auto kind = message ? message->kind : Message::Kind::unknown;
  copy.end_mark |= kind == Message::Kind::end;
  if (kind == Message::Kind::begin && is_first) {
    begin(copy, line, *message);
  } else if (kind == Message::Kind::barrier && message->epoch) {
    copy.barriers.push_back(*message);
    copy.stretches.emplace_back();
  } else {
    keep(copy, line);
  }
  advance();
}

// What waited when the run before was saved came before all that comes now.
void JobsMerge::begin(Copy& copy, std::string_view line, const Message& message) {
  if (keeper_ != nullptr && message.epoch.value_or(0) != keeper_->epoch()) {
    may_try_again_ = true;
    problem_ = "the copies begin at another epoch: another run was still alive. Run again";
    return;
  }
  copy.begin = line;
  is_timed_ |= message.member.has_value();
  for (const std::string& waiting : copy.restored) keep(copy, waiting);
  copy.restored.clear();
}

void JobsMerge::keep(Copy& copy, std::string_view line) {
  if (!copy.stretches.back().push(line)) fail();
}

void JobsMerge::end(std::size_t index) {
  Copy& copy = copies_[index];
  copy.closed = true;
  if (!copy.controlled) copy.ended = true;
  advance();
}

void JobsMerge::advance() {
  if (!all_have_begun()) return;
  write_begin();
  while (problem_.empty()) {
    Copy* const copy = lowest();
    const bool goes_on = copy != nullptr && (take_segment(*copy) || is_cut_off(*copy));
    if (goes_on || pass_barrier()) continue;
    if (copy != nullptr) return;
    if (!pass_joint_line()) return forward_end();
  }
}

bool JobsMerge::all_have_begun() const {
  return std::all_of(copies_.begin(), copies_.end(),
                     [](const Copy& copy) { return copy.begun || copy.closed; });
}

// True if it stands at a barrier, in front of which the records of all copies are to leave.
bool JobsMerge::is_cut_off(Copy& copy) const {
  const bool do_barriers_cut = keeper_ == nullptr || !is_timed_;
  return do_barriers_cut && copy.has_barrier() && copy.next_lines() == nullptr;
}

// The copy whose segment is next; null if all wait or have ended.
JobsMerge::Copy* JobsMerge::lowest() {
  Copy* lowest = nullptr;
  for (Copy& copy : copies_) {
    if (!copy.controlled || copy.ended || copy.waits || is_cut_off(copy)) continue;
    if (lowest == nullptr || copy.watermark < lowest->watermark) lowest = &copy;
  }
  return lowest;
}

// What there is of it, up to its next control line or to its end; false if neither has come.
bool JobsMerge::take_segment(Copy& copy) {
  while (SpilledLines* const lines = copy.next_lines()) {
    std::string_view line;
    if (!lines->front(line)) return fail(), false;
    if (is_control(line)) return take_control(copy, line), true;
    out_.write(line);
    lines->pop();
  }
  if (!copy.closed || !copy.barriers.empty()) return false;
  copy.ended = true;
  forward_watermark();
  return true;
}

void JobsMerge::take_control(Copy& copy, std::string_view line) {
  const auto message = decode(line);
  const auto kind = message ? message->kind : Message::Kind::unknown;
  if (kind == Message::Kind::watermark) {
    copy.watermark = std::max(copy.watermark, message->time);
    forward_watermark();
  } else if (kind == Message::Kind::end) {
    copy.ended = true;
    forward_watermark();
  } else if (kind != Message::Kind::begin) {
    copy.waits = true;
    return;
  }
  copy.stretches.front().pop();
}

void JobsMerge::fail() {
  problem_ = std::string("what a copy has written cannot be kept until it is due: ") +
             std::strerror(errno);
}

// All copies that have not ended wait: the line leaves once, for all.
bool JobsMerge::pass_joint_line() {
  bool is_first = true;
  for (Copy& copy : copies_) {
    if (!std::exchange(copy.waits, false)) continue;
    std::string_view line;
    if (!copy.stretches.front().front(line)) return fail(), false;
    if (std::exchange(is_first, false)) write_control(line);
    copy.stretches.front().pop();
  }
  return !is_first;
}

// --- Barriers ------------------------------------------------------------------------------------

// Out of all copies that have not ended.
bool JobsMerge::has_come_of_all() const {
  return std::ranges::any_of(copies_, &Copy::has_barrier) &&
         std::ranges::all_of(copies_, [](const Copy& copy) {
           return copy.has_barrier() || copy.end_mark || !copy.is_held();
         });
}

bool JobsMerge::pass_barrier() {
  if (!has_come_of_all()) return false;
  std::optional<std::uint64_t> epoch;
  for (const Copy& copy : copies_) {
    if (!copy.has_barrier()) continue;
    if (epoch.value_or(*copy.barriers.front().epoch) != *copy.barriers.front().epoch) {
      problem_ = "the copies are at different barriers: they are not of one run";
      return false;
    }
    epoch = copy.barriers.front().epoch;
  }
  std::vector<std::string> via;
  for (Copy& copy : copies_) {
    const bool has_ended = !copy.has_barrier();
    if (!has_ended) copy.via = std::move(copy.barriers.front().via);
    for (const std::string& stage : copy.via) add_passed_stage(stage, has_ended, via);
  }
  if (keeper_ != nullptr) {
    auto entry = keeper_->save(*epoch, [this](SnapshotWriter& out) { save(out); });
    if (!entry) return problem_ = entry.error().message, false;
    via.push_back(std::move(*entry));
  }
  write_control(encode_barrier(*epoch, via));
  for (Copy& copy : copies_) {
    if (copy.has_barrier()) copy.barriers.pop_front();
  }
  return true;
}

// What stands in front of the barrier, and the stages of the copies: one that has ended brings no
// other barrier.
void JobsMerge::save(SnapshotWriter& out) {
  out.entry("merge");
  if (written_ != kMinTime) out.field("watermark", written_);
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    Copy& copy = copies_[i];
    out.entry("copy").field("number", std::uint64_t{i});
    if (copy.watermark != kMinTime) out.field("watermark", copy.watermark);
    out.json("columns", R"(["passed"])");
    for (const std::string& stage : copy.via) save_bytes(out.row(), stage);
    out.entry("lines").json("columns", R"(["line"])");
    for (std::size_t n = 0; n < copy.open_stretches(); ++n) save_lines(copy.stretches[n], out);
  }
}

// A queue gives its lines away one by one: each goes to its end again.
void JobsMerge::save_lines(SpilledLines& lines, SnapshotWriter& out) {
  for (std::size_t n = lines.size(); n > 0; --n) {
    std::string_view line;
    if (!lines.front(line) || !lines.push(line)) return out.fail(std::strerror(errno));
    save_bytes(out.row(), line);
    lines.pop();
  }
}

Status JobsMerge::restore(SnapshotReader& in) {
  const auto watermark = [&in] {
    return in.json("watermark").exists() ? in.time("watermark") : kMinTime;
  };
  if (!in.next_is("merge")) return Error{"no entry 'merge'"};
  written_ = watermark();
  while (in.next_is("copy")) {
    const std::uint64_t number = in.unsigned_integer("number");
    if (number >= copies_.size()) return Error{"more copies than there are"};
    Copy& copy = copies_[number];
    copy.watermark = watermark();
    while (in.next_row()) copy.via.push_back(restore_bytes(in, 0));
    if (!in.next_is("lines")) return Error{"a copy has no entry 'lines'"};
    while (in.next_row()) copy.restored.push_back(restore_bytes(in, 0));
  }
  return in.status();
}

// --- What leaves ---------------------------------------------------------------------------------

// The first of them, for all.
void JobsMerge::write_begin() {
  const auto first =
      std::ranges::find_if(copies_, [](const Copy& copy) { return !copy.begin.empty(); });
  if (first != copies_.end() && !std::exchange(begin_written_, true)) write_control(first->begin);
}

void JobsMerge::forward_watermark() {
  Timestamp w = kMaxTime;
  for (const Copy& copy : copies_) {
    if (!copy.controlled) return;  // of whose times nothing is known
    if (!copy.ended) w = std::min(w, copy.watermark);
  }
  if (w == kMaxTime || w <= written_) return;
  written_ = w;
  write_control(encode_watermark(w));
}

void JobsMerge::forward_end() {
  const bool complete =
      std::all_of(copies_.begin(), copies_.end(), [](const Copy& copy) { return copy.end_mark; });
  if (!complete || std::exchange(finished_, true)) return;
  // Whoever saves the epoch of the whole pipeline waits for what is saved here.
  const Status saved = keeper_ != nullptr ? keeper_->complete() : Status();
  if (!saved) {
    problem_ = saved.error().message;
  } else {
    write_control(encode_end());
  }
}

void JobsMerge::write_control(std::string_view line) {
  if (forwards_()) out_.write(line);
}

}  // namespace streamutils
