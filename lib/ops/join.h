// sjoin: events of two streams that have the same key, and belong together in time.
//
// Input 0 is LEFT, input 1 is RIGHT.  The driver reads whichever is behind in event time, so what
// leaves does not depend on how the two arrive.
//
//   interval   an event of RIGHT matches if its time lies between two bounds around that of LEFT
//   unbounded  every pair of one key, in time: both sides are kept for ever
//   table      RIGHT is read first and kept by key; events of LEFT are enriched and go on
//   asof       the newest version of RIGHT that is not younger than the event
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "ops/join_args.h"
#include "stream/operator.h"

namespace streamutils {

enum class JoinType : std::uint8_t { inner, left, right, full, semi, anti };

struct JoinOptions {
  JoinArguments arguments;
  JoinType type = JoinType::inner;
  std::string as = "right";                     // the member that holds the event of RIGHT
  std::optional<std::string> flat_prefix = {};  // merge its members instead, under this prefix
  std::optional<std::uint64_t> max_keys = {};   // an event with one more is refused
  TimeSyntax time_syntax = {};                  // of bounds that are expressions
};

// Refuses what does not go together.
Result<OperatorPtr> make_join(JoinOptions options);

}  // namespace streamutils
