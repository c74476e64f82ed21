// sdedup --keep last: repeats as groups, of which the last event is held until it is proven.
//
// What a repeat is does not change (ops/dedup_seen.h): an event belongs to the group of the first
// one that it repeats.  With `within`, a group is complete when the watermark has passed its first
// one by more than D (with refresh: its latest one); else at the end of the stream.
//
//     event time   0    5    8    10   15   20   25
//     group a      a----a---------a                     --keep last --within 10s
//     group b                b---------b                 a of 10 leaves when W > 10,
//                                                        b of 15 when W > 18: in order of time
//
// The last of a group is that of the greatest time, of equal times the one that came last.  It
// leaves when its group is complete and no older one is held: so the output is in order of event
// time.
//
// Memory.  A line that is held (ops/held_lines.h) holds its key, so that beside it stands little: a
// fingerprint and where the line is, in a table, and what of the group's times the line does not
// say.  Groups that take events are more than D apart, so that a table for each slice of time of
// length D + 1ns has at most one of each key: by its first time, or with refresh by its latest. Who
// has a line and looks for its slot reads the key again.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/dedup.h"

namespace streamutils {

// REQUIRES: options.keep_last; they have been checked.
OperatorPtr make_dedup_last(DedupOptions options);

}  // namespace streamutils
