// Bringing memory near before it is needed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace streamutils {

// Brings the cache line at `place` near by a load, for a loop that does little else: the loads wait
// together there, and each use later need not.  Between other work a prefetch instruction is
// better, because it holds up nothing behind it; but processors may drop that for a page whose
// address they do not have at hand, and in a loop like this one it did half of what a load does
// (AMD Zen 1; groups of sgroup).  REQUIRES: a readable byte there.
inline void bring_near(const void* place) {
  static_cast<void>(*static_cast<const volatile char*>(place));
}

}  // namespace streamutils
