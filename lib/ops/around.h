// sfilter --around: the matches, and the events near them in event time.
//
// An event leaves iff a match of the same key is at most the distance away, before or after.
// Whether one comes after is known when the watermark has passed; so events are held, and leave in
// input order.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "json/path.h"
#include "ops/selector.h"
#include "stream/operator.h"

namespace streamutils {

struct AroundOptions {
  Selector selector;                   // what a match is
  Duration distance;                   // not negative; both ends count
  std::vector<Path> by;                // the key; empty: all events have one
  std::optional<std::uint64_t> limit;  // done when so many matches, and their context, have left
};

// The operator takes time.
OperatorPtr make_around(AroundOptions options);

}  // namespace streamutils
