// sdedup --count-to: the first of each key passes at once, and how many repeats it had is told when
// its group is complete.
//
// What a repeat is does not change (ops/dedup_seen.h), and groups are those of ops/dedup_last.h.  A
// group without repeats has nothing to tell: it is a fingerprint with a time beside it, in the
// table of a slice of time, and is forgotten with that.  Of one that has repeats the slot says
// where the rest stands: its times, how many repeats, and its key as it is told (in
// ops/held_lines.h, in the order in which they are told).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/dedup.h"

namespace streamutils {

// REQUIRES: options.counts, and not options.keep_last; they have been checked.
OperatorPtr make_dedup_counts(DedupOptions options);

}  // namespace streamutils
