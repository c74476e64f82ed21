// HeldKeys: which keys have a session that is open, where sessions are on disk and --max-keys has
// to count them (window_session_spill.h).
//
// Which sessions a key has is not known before a sweep, but when the last of them ends is: GAP
// after the latest event that has come for it.  Of each key a fingerprint is kept, as sdedup keeps
// them (fingerprint.h), and that time; about 60 bytes, with the timer that forgets it. An inside
// header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/siphash.h"
#include "base/time.h"
#include "ops/fingerprint_table.h"
#include "ops/time_buckets.h"

namespace streamutils {

class HeldKeys {
 public:
  explicit HeldKeys(Duration gap) : gap_(gap), timers_(gap / kBuckets) {}

  // A session of the key holds an event of time t.
  void note(std::string_view key, Timestamp t) {
    const Fingerprint print = print_of(key);
    const auto [slot, is_new] = keys_.find_or_insert(print);
    if (is_new) timers_.push({plus(t, gap_), print});
    slot->last = is_new ? t : std::max(slot->last, t);
  }

  // The same for an event; false if its key would be one more of `most`.
  bool admit(std::string_view key, Timestamp t, std::size_t most) {
    if (keys_.size() >= most && !keys_.find(print_of(key))) return false;
    note(key, t);
    return true;
  }

  // Forgets the keys whose last session has closed: it ends before `now`.
  void forget(Timestamp now) {
    while (!timers_.empty() && (timers_.top().due < now || now == kMaxTime)) {
      const Fingerprint print = timers_.top().what;
      timers_.pop();
      auto* const slot = keys_.find(print);
      const Timestamp end = plus(slot->last, gap_);
      if (end >= now && now != kMaxTime) {
        timers_.push({end, print});
      } else {
        keys_.erase(slot);
      }
    }
  }

 private:
  static constexpr int kBuckets = 256;  // of timers, in a gap
  struct Last {
    Timestamp last;
  };
  using Timer = TimerFor<Fingerprint>;

  Fingerprint print_of(std::string_view key) const { return storable(siphash128(secret_, key)); }

  Duration gap_;
  SipKey secret_ = SipKey::random();
  FingerprintTable<Last> keys_;
  TimeBuckets<Timer> timers_;
};

}  // namespace streamutils
