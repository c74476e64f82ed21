// What session windows keep: sessions, and those of each key.  Inside of window_session.cc.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "ops/keyed_states.h"

namespace streamutils {

struct Session {
  Timestamp start;
  Timestamp last;
  std::uint64_t first_seen;
  Group* group;
  std::byte* block = nullptr;   // null: the session is not in use
  Timestamp untold = kMaxTime;  // the least time of the events that no row has told of
  Timestamp timer = kMinTime;   // the end for which it was set last, kMinTime: none
  // Of the same key, by start.
  Session* newer = nullptr;
  Session* older = nullptr;
  // Numbers of images: of the last that has no need of it any more, and of the last that was begun
  // before it changed.
  std::uint32_t image = 0;
  std::uint32_t changed = 0;
};

// Sessions of one key, and events of it that wait.  Most events belong to the newest session.
struct KeyState {
  Session* newest = nullptr;
  std::size_t waiting = 0;
};

inline KeyState& state_of(Group* group) { return KeyedStates<KeyState>::of(group); }

}  // namespace streamutils
