// The idle rule, and why it is as it is.
//
// A live stream that falls quiet must still close its windows, or an alert waits for the next
// event.  The obvious rule, "after a while believe the wall clock", loses data when a producer is
// merely slow or bursty: what it delivers late was in time by its own clock.  So event time goes on
// at the pace of the wall clock, from where it stood, and it never passes now - disorder - L, where
// L is the largest delay between an event's own time and its arrival seen lately: a producer that
// writes every 20 seconds has L = 20 s, and its windows wait for it.  Where L is a minute or more
// the stream is a replay, and no clock says anything of it.
// SPDX-License-Identifier: Apache-2.0
#include "stream/watermark.h"

#include <algorithm>

#include "stream/snapshot.h"

namespace streamutils {
namespace {

constexpr Duration kReplayDelay = std::chrono::minutes(1);

std::int64_t minute_of(Timestamp t) {
  return std::chrono::floor<std::chrono::minutes>(t).time_since_epoch().count();
}

}  // namespace

Duration difference(Timestamp a, Timestamp b) {
  const std::int64_t x = to_nanos(a);
  const std::int64_t y = to_nanos(b);
  std::int64_t result = 0;
  if (__builtin_sub_overflow(x, y, &result)) return x < y ? Duration::min() : Duration::max();
  return Duration(result);
}

void InputClock::Delays::note(Duration delay, Timestamp now) {
  const std::int64_t minute = minute_of(now);
  const std::size_t slot = static_cast<std::uint64_t>(minute) % kMinutes;
  if (minute_[slot] != minute) {
    minute_[slot] = minute;
    delay_[slot] = delay;
  }
  delay_[slot] = std::max(delay_[slot], delay);
}

Duration InputClock::Delays::largest(Timestamp now) const {
  const std::int64_t oldest = minute_of(now) - static_cast<std::int64_t>(kMinutes) + 1;
  Duration largest = Duration::zero();
  for (std::size_t i = 0; i < kMinutes; ++i) {
    if (minute_[i] >= oldest) largest = std::max(largest, delay_[i]);
  }
  return largest;
}

void InputClock::Delays::save(SnapshotWriter& out) const {
  for (std::size_t i = 0; i < kMinutes; ++i) {
    if (minute_[i] == 0) continue;
    out.entry("delay")
        .field("minute", minute_[i])
        .field("largest", std::int64_t{delay_[i].count()});
  }
}

void InputClock::Delays::restore(SnapshotReader& in) {
  while (in.next_is("delay")) {
    const std::int64_t minute = in.integer("minute");
    const std::size_t slot = static_cast<std::uint64_t>(minute) % kMinutes;
    minute_[slot] = minute;
    delay_[slot] = Duration(in.integer("largest"));
  }
}

// Notes the delay of what is not.
bool InputClock::is_too_far_ahead(Timestamp t, Timestamp now) {
  if (live_ && t > plus(now, options_.max_ahead)) return true;
  if (idle_applies()) delays_.note(difference(now, t), now);
  return false;
}

void InputClock::on_quiet(Duration quiet, Timestamp now) {
  if (by_arrival_) idle_ = std::max(idle_, now);
  if (!idle_applies() || quiet < *options_.idle) return;
  if (max_ == kMinTime) {
    given_up_ = true;
    return;
  }
  const Duration delay = delays_.largest(now);
  if (delay >= kReplayDelay) {
    given_up_ = may_be_over_;
    return;
  }
  const Timestamp paced = plus(minus(max_, options_.disorder), quiet - *options_.idle);
  const Timestamp ceiling = minus(minus(now, options_.disorder), delay);
  idle_ = std::max(idle_, std::min(paced, ceiling));
}

void InputClock::use_window_ends(bool disorder_given) {
  if (!disorder_given) options_.disorder = Duration::zero();
  if (!options_.idle_given) options_.idle = std::nullopt;
}

void InputClock::use_arrival() {
  by_arrival_ = true;
  options_.disorder = Duration::zero();
  options_.idle = std::nullopt;
}

std::optional<Duration> InputClock::idle_after() const {
  if (by_arrival_ && !ended_) return Duration::zero();
  if (!idle_applies() || ended_ || given_up_) return std::nullopt;
  return options_.idle;
}

void InputClock::save(SnapshotWriter& out) const {
  out.entry("clock").field("derived", derived_).field("ended", ended_);
  out.field("suspended", suspended_).field("given_up", given_up_);
  out.field("max", max_).field("line", line_).field("idle", idle_);
  delays_.save(out);
}

void InputClock::restore(SnapshotReader& in) {
  if (!in.next_is("clock")) return in.fail("expected a clock");
  derived_ = in.boolean("derived");
  ended_ = in.boolean("ended");
  suspended_ = in.boolean("suspended");
  given_up_ = in.boolean("given_up");
  max_ = in.time("max");
  line_ = in.time("line");
  idle_ = in.time("idle");
  delays_.restore(in);
}

}  // namespace streamutils
