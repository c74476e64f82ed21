// SPDX-License-Identifier: Apache-2.0
#include "run/jobs_merge.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "json/record.h"
#include "stream/message.h"

namespace streamutils {
namespace {

Result<Message> decode(std::string_view line) {
  std::string padded(line);
  padded.append(Record::kPadding, ' ');
  return decode_control(std::string_view(padded).substr(0, line.size()));
}

}  // namespace

JobsMerge::JobsMerge(std::size_t copies, Sink& out, std::function<bool()> forwards, bool controlled)
    : out_(out),
      forwards_(std::move(forwards)),
      has_to_be_controlled_(controlled),
      copies_(copies) {}

void JobsMerge::add(std::size_t index, std::string_view line) {
  Copy& copy = copies_[index];
  if (!copy.begun) {
    copy.begun = true;
    copy.controlled = is_control(line);
  }
  if (!problem_.empty()) return;
  if (!copy.controlled && has_to_be_controlled_) {
    problem_ = "the copies write no control lines, so what they write carries no checkpoints";
    return;
  }
  if (!copy.controlled) return out_.write(line);
  if (!copy.lines.push(line)) return fail();
  if (!is_control(line)) return;
  ++copy.marks;
  advance();
}

void JobsMerge::end(std::size_t index) {
  Copy& copy = copies_[index];
  copy.closed = true;
  if (!copy.controlled) copy.ended = true;
  advance();
}

void JobsMerge::advance() {
  if (!all_have_begun()) return;
  while (problem_.empty()) {
    Copy* copy = lowest();
    if (copy == nullptr) {
      if (pass_barrier()) continue;
      return forward_end();
    }
    if (copy->marks == 0 && !copy->closed) return;
    take_segment(*copy);
  }
}

bool JobsMerge::all_have_begun() const {
  return std::all_of(copies_.begin(), copies_.end(),
                     [](const Copy& copy) { return copy.begun || copy.closed; });
}

// The copy whose segment is next; null if all wait or have ended.
JobsMerge::Copy* JobsMerge::lowest() {
  Copy* lowest = nullptr;
  for (Copy& copy : copies_) {
    if (!copy.controlled || copy.ended || copy.waits) continue;
    if (lowest == nullptr || copy.watermark < lowest->watermark) lowest = &copy;
  }
  return lowest;
}

// Up to its next control line, or to its end.
void JobsMerge::take_segment(Copy& copy) {
  while (!copy.lines.empty()) {
    std::string_view line;
    if (!copy.lines.front(line)) return fail();
    if (is_control(line)) return take_control(copy, line);
    out_.write(line);
    copy.lines.pop();
  }
  copy.ended = true;
  forward_watermark();
}

void JobsMerge::take_control(Copy& copy, std::string_view line) {
  const auto message = decode(line);
  const auto kind = message ? message->kind : Message::Kind::unknown;
  if (kind == Message::Kind::begin) {
    if (!std::exchange(begin_written_, true)) write_control(line);
  } else if (kind == Message::Kind::watermark) {
    copy.watermark = std::max(copy.watermark, message->time);
    forward_watermark();
  } else if (kind == Message::Kind::end) {
    copy.end_mark = copy.ended = true;
    forward_watermark();
  } else {
    copy.waits = true;
    return;
  }
  copy.lines.pop();
  --copy.marks;
}

void JobsMerge::fail() {
  problem_ = std::string("what a copy has written cannot be kept until it is due: ") +
             std::strerror(errno);
}

// All copies that have not ended wait: the line leaves once, for all.
bool JobsMerge::pass_barrier() {
  const bool any_waits =
      std::any_of(copies_.begin(), copies_.end(), [](const Copy& copy) { return copy.waits; });
  if (!any_waits) return false;
  const std::optional<std::string> joint = joint_line();
  if (!joint) return false;
  write_control(*joint);
  for (Copy& copy : copies_) {
    if (!std::exchange(copy.waits, false)) continue;
    copy.lines.pop();
    --copy.marks;
  }
  return true;
}

// True if a copy has come to its end without saying so: it has died, or is to go on in another run.
bool JobsMerge::lacks_end() const {
  return std::any_of(copies_.begin(), copies_.end(), [](const Copy& copy) {
    return copy.ended && !copy.end_mark && (copy.controlled || !copy.begun);
  });
}

// What the lines at which the copies wait come to: the first of them, a barrier with the stages of
// all.  nullopt: nothing leaves, for there is a problem, or the state of a copy would be missing.
std::optional<std::string> JobsMerge::joint_line() {
  std::optional<std::string> first;
  std::optional<std::uint64_t> epoch;
  for (Copy& copy : copies_) {
    if (!copy.waits) continue;
    std::string_view line;
    if (!copy.lines.front(line)) return fail(), std::nullopt;
    const auto message = decode(line);
    const bool is_barrier = message && message->kind == Message::Kind::barrier;
    const auto barrier = is_barrier ? message->epoch : std::nullopt;
    if (first && barrier != epoch) {
      problem_ = "the copies wait at different control lines: their barriers are not of one run";
      return std::nullopt;
    }
    if (!first) first = line;
    epoch = barrier;
    if (is_barrier) copy.via = message->via;
  }
  if (!epoch) return first;
  if (lacks_end()) return std::nullopt;
  std::vector<std::string> via;
  for (const Copy& copy : copies_) {
    for (const std::string& stage : copy.via) add_passed_stage(stage, !copy.waits, via);
  }
  return encode_barrier(*epoch, via);
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
  if (complete && !std::exchange(finished_, true)) write_control(encode_end());
}

void JobsMerge::write_control(std::string_view line) {
  if (forwards_()) out_.write(line);
}

}  // namespace streamutils
