// Watermarks: how far event time has come.
//
// A watermark W is a half-open promise: no later record has a time < W.  An input either carries
// watermark lines, which are believed, or W is derived from its data as max(time) - disorder.
// Several inputs have the minimum of theirs.  W never goes back.
//
// Two clocks' worth of trouble live here as well.  A live stream that falls quiet must still close
// its windows (the idle rule); one broken clock must not close everybody's (the future guard).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace streamutils {

class SnapshotWriter;
class SnapshotReader;

// a - b, stopping at the ends of what a Duration holds.
Duration difference(Timestamp a, Timestamp b);

struct WatermarkOptions {
  Duration disorder = std::chrono::seconds(1);
  std::optional<Duration> idle = std::chrono::seconds(1);  // nullopt: off
  bool idle_given = false;                                 // by hand: then it applies to any input
  Duration max_ahead = std::chrono::minutes(5);
};

// The event time of one input.
class InputClock {
 public:
  // live: not a regular file; the idle rule and the future guard apply.
  InputClock(WatermarkOptions options, bool live) : options_(options), live_(live) {}

  // From now on watermark lines are believed and nothing is derived.  An input that was given up
  // before its begin line came holds back again.
  void trust_lines() { derived_ = given_up_ = false; }
  void derive() { derived_ = true; }
  bool is_derived() const { return derived_; }

  // The times are window ends: those of one stage come in order and speak for themselves, so there
  // is no disorder and no idle rule but by hand.
  void use_window_ends(bool disorder_given);

  // The times are those of arrival, in order by themselves: the watermark is the wall clock as far
  // as it has been looked at.
  void use_arrival();

  // The input may have had its last event (a log of yesterday): once it has been quiet for the idle
  // time, and no clock says anything of it, it holds nothing back until its next event.
  void may_be_over() { may_be_over_ = true; }

  // A record of time t, read when the wall clock was `now`.  True if t is so far ahead that it does
  // not move the watermark.
  bool on_time(Timestamp t, Timestamp now) {
    if (now != kMinTime && watches_arrival() && is_too_far_ahead(t, now)) return true;
    max_ = std::max(max_, t);
    given_up_ = false;
    return false;
  }
  // A watermark line.
  void on_watermark(Timestamp w) { line_ = std::max(line_, w); }
  // The input has been empty for `quiet`, and it is `now`.  Moves the idle part of the watermark.
  void on_quiet(Duration quiet, Timestamp now);
  // The input has ended: it holds nothing back any more.
  void end() { ended_ = true; }
  // It has ended for now, and goes on in another run: it holds back what that may bring.
  void suspend() { ended_ = suspended_ = true; }
  bool has_ended() const { return ended_; }
  // What ended is to go on, in another process.
  void reopen() { ended_ = suspended_ = given_up_ = false; }

  // Has been quiet for longer than the idle time, and never had an event or may be over: it holds
  // nothing back.
  bool has_given_up() const { return given_up_; }

  // kMaxTime once it has ended or given up.
  Timestamp watermark() const { return std::max(data_watermark(), idle_); }
  // Without what the idle rule has added.
  Timestamp data_watermark() const {
    if (ended_ ? !suspended_ : given_up_) return kMaxTime;
    if (!derived_) return line_;
    return max_ == kMinTime ? kMinTime : std::max(line_, minus(max_, options_.disorder));
  }
  // The greatest time that moved the watermark, kMinTime before the first.
  Timestamp max_time() const { return max_; }

  // When on_quiet should be called next, as a quiet time; nullopt: never (the rule is off here).
  std::optional<Duration> idle_after() const;

  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

 private:
  // The largest delay between event time and arrival in the last ten minutes, by minute of arrival.
  class Delays {
   public:
    void note(Duration delay, Timestamp now);
    Duration largest(Timestamp now) const;
    void save(SnapshotWriter& out) const;
    void restore(SnapshotReader& in);

   private:
    static constexpr std::size_t kMinutes = 10;
    std::array<std::int64_t, kMinutes> minute_{};
    std::array<Duration, kMinutes> delay_{};
  };

  bool watches_arrival() const { return live_ || options_.idle_given; }
  bool is_too_far_ahead(Timestamp t, Timestamp now);
  bool idle_applies() const { return options_.idle && derived_ && watches_arrival(); }

  WatermarkOptions options_;
  bool live_;
  bool by_arrival_ = false;
  bool may_be_over_ = false;
  bool derived_ = true;
  bool ended_ = false;
  bool suspended_ = false;
  bool given_up_ = false;
  Timestamp max_ = kMinTime;
  Timestamp line_ = kMinTime;
  Timestamp idle_ = kMinTime;
  Delays delays_;
};

}  // namespace streamutils
