// sdedup --approx: repeats by a filter of bounded memory (ops/dedup_filter.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/dedup.h"

namespace streamutils {

// REQUIRES: options.approx; they have been checked.  An error if the rate is too small.
Result<OperatorPtr> make_dedup_approx(DedupOptions options);

}  // namespace streamutils
