// Control lines: what the driver believes, and what it forwards.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "run/driver_input.h"

namespace streamutils {

bool Driver::may_write_control() const {
  using Control = CommonSettings::Control;
  if (settings_.common.control == Control::never) return false;
  return settings_.output_is_stream || settings_.common.control == Control::always;
}

void Driver::on_control(Input& input, std::string_view line) {
  auto message = decode_control(line);
  using What = Message::Kind;
  auto refuse = [&](std::string_view reason) {
    ++counts_.in;
    on_bad(input, reason, line);
  };
  if (settings_.data_only) return refuse("a control line in the data (--replay obeys it)");
  if (!message) return refuse("control line: " + message.error().message);
  if (message->kind == What::begin) {
    if (input.begun) return refuse("control line: a begin line that is not the first line");
    return on_begin(input, *message);
  }
  if (message->kind == What::clock && settings_.common.stream_clock) on_clock(message->time);
  const bool speaks_of_stream = message->kind == What::watermark || message->kind == What::end ||
                                message->kind == What::suspend;
  if (speaks_of_stream && !input.controlled) {
    return refuse("control line: no begin line stands before it");
  }
  if (message->kind == What::watermark) {
    if (input.clock.is_derived()) return;
    input.clock.on_watermark(message->time);
    return advance(false);
  }
  if (message->kind == What::barrier) {
    // One that was kept has been seen when it came.
    if (!input.info.plan.table && !from_ahead_) on_barrier(input, std::move(*message));
    return;
  }
  if (message->kind == What::suspend) {
    input.suspended = true;
    return;
  }
  if (message->kind == What::end) {
    input.end_mark = true;
    return align();
  }
  // What else a table's stream says is not about the events that leave.
  if (controlled_out_ && !input.info.plan.table) write_control(line);
}

void Driver::on_begin(Input& input, const Message& message) {
  input.controlled = true;
  if (input.info.plan.table) return;
  if (!from_ahead_ && !has_right_epoch(input, message)) return;
  controlled_out_ = may_write_control();
  if (message.epoch && !from_ahead_) epoch_ = message.epoch;
  if (settings_.by_arrival) return;  // its watermarks speak of another time
  const auto& own = input.own_path;
  if (own && message.member && own->text() != *message.member) {
    warn(fmt::format("{}the stream's watermarks speak of '{}'; with -t {} they are derived anew",
                     place(input), *message.member, own->text()));
    return;
  }
  input.clock.trust_lines();
  if (message.member) {
    if (auto path = Path::parse(*message.member)) input.time.set_path(std::move(*path));
    tell_time_member(input);
  }
  ask_about_time(input);
  if (input.reads_output) {
    input.clock.derive();
    const auto& member = input.time.path();
    warn(
        fmt::format("{}the stream's watermarks speak of '{}', which is {} here: they are derived "
                    "anew, from the times that are written",
                    place(input), *message.member, member ? "set" : "dropped"));
    return;
  }
  if (controlled_out_) ensure_begin();
}

void Driver::on_clock(Timestamp now) {
  now_ = std::max(now_, now);
  for (Input& input : inputs_) {
    if (input.active != kMinTime || settings_.by_arrival)
      input.clock.on_quiet(difference(now_, input.active), now_);
  }
  advance(true);
}

Timestamp Driver::lowest(Timestamp (InputClock::*of)() const) const {
  Timestamp lowest = kMaxTime;
  for (const Input& input : inputs_) {
    if (!input.info.plan.table) lowest = std::min(lowest, (input.clock.*of)());
  }
  // Nobody holds it back, but not all have ended: it stays where it is.
  return lowest == kMaxTime ? watermark_ : lowest;
}

void Driver::advance(bool forced) {
  const Timestamp w = inputs_.size() == 1 && !inputs_.front().clock.has_ended() &&
                              !inputs_.front().clock.has_given_up()
                          ? inputs_.front().clock.watermark()
                          : lowest(&InputClock::watermark);
  if (w <= watermark_) return;
  watermark_ = w;
  op_->on_watermark(w, *out_);
  if (controlled_out_ && !stopped_) forward_watermark(forced);
}

// Whoever derives watermarks writes one at each multiple of --watermark-every; whoever has them
// from upstream hands on each that moves his own.
void Driver::forward_watermark(bool forced) {
  const Timestamp w = std::min(watermark_, op_->least_time_to_come(watermark_));
  if (w <= written_watermark_) return;
  const bool derived = std::any_of(inputs_.begin(), inputs_.end(), [](const Input& input) {
    return input.clock.is_derived() && !input.clock.has_ended();
  });
  if (derived && !forced && written_watermark_ != kMinTime) {
    const Duration every = settings_.common.watermark_every;
    if (floor_to(w, every) <= written_watermark_) return;
  }
  write_control(encode_watermark(w));
  written_watermark_ = w;
}

std::optional<std::string> Driver::output_member() const {
  if (auto member = op_->output_time()) return member;
  for (const Input& input : inputs_) {
    if (input.time.path() && !input.info.plan.table) return input.time.path()->text();
  }
  return std::nullopt;
}

// Writes the begin line if its member is known.  A source does not wait for a record that has one:
// it is there to hand on lines at once.
void Driver::ensure_begin() {
  if (begin_written_) return;
  const auto member = output_member();
  const bool from_upstream = std::any_of(inputs_.begin(), inputs_.end(), [](const Input& input) {
    return input.controlled && !input.clock.is_derived() && !input.info.plan.table;
  });
  if (member || from_upstream || settings_.role == Role::source) write_begin();
}

// The begin line, with the member if it is known, and the output that waited for it.
void Driver::write_begin() {
  begin_written_ = true;
  settings_.out->write(encode_begin(output_member(), epoch_));
  if (settings_.repeats_watermark && written_watermark_ != kMinTime) {
    settings_.out->write(encode_watermark(written_watermark_));
  }
  for (const std::string& line : held_) settings_.out->write(line);
  held_.clear();
  held_bytes_ = 0;
}

void Driver::write_control(std::string_view line) {
  if (!begin_written_) write_begin();
  settings_.out->write(line);
}

}  // namespace streamutils
