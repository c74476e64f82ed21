// The operator of `sgroup FIELDS --split 'out/{region}.ndjson'`: one file for each key, named as
// ops/file_name.h says.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/path.h"
#include "stream/operator.h"

namespace streamutils {

// Refuses a name that does not hold each of the fields.
Result<OperatorPtr> make_split(const std::vector<Path>& fields, std::string_view name);

}  // namespace streamutils
