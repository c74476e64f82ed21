// sdedup --keep last and --count-to: repeats as groups that are kept until they are complete.
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
// This costs more than the fingerprint: a group is a node in a tree, with the line that is held.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/dedup.h"

namespace streamutils {

// REQUIRES: options.keep_last or options.counts; they have been checked.
OperatorPtr make_dedup_groups(DedupOptions options);

}  // namespace streamutils
