// The operator of `sgroup FIELDS --jobs N`: sends each event to one of N outputs, named "0" to
// "N-1", each key always to the same.
//
// The output of a key is fixed_hash (ops/fixed_hash.h) of its canonical form (ops/group_key.h)
// modulo N.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "json/path.h"
#include "stream/operator.h"

namespace streamutils {

OperatorPtr make_partition(std::vector<Path> fields, std::size_t outputs);

}  // namespace streamutils
