// What all kinds of sdedup say alike.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "stream/operator.h"

namespace streamutils {

inline constexpr const char* kNoKey = "no key: never a repeat";
inline constexpr const char* kPushedOut = "forgotten because of --max-keys";
inline constexpr const char* kLateOnes = "were dropped";  // none are

// Of an event of time t that passes because it is older than all that it could repeat.
inline Outcome passed_late(Timestamp t, Duration within) {
  return {.late_partly = true, .deadline = plus(plus(t, within), Duration(1))};
}

inline std::string words_of_pushed_out(std::uint64_t max_keys) {
  return "more than --max-keys " + std::to_string(max_keys) +
         " keys: the oldest are forgotten, and their repeats pass";
}

}  // namespace streamutils
