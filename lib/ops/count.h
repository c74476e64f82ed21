// Count: how many records another operator writes, in place of the records.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stream/operator.h"

namespace streamutils {

// Behaves as `op` does, but what op writes is counted, and one record {"count":N} leaves at the end
// of the stream; if the user interrupts, it is marked "partial":true.  Counted records carry no
// time.
OperatorPtr make_count(OperatorPtr op);

}  // namespace streamutils
