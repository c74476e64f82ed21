// What smap's changes make of the member that holds the stream's time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "json/path.h"
#include "ops/map.h"
#include "stream/operator.h"

namespace streamutils {

// See Operator::change_of.  `assigned`: the targets of the assignments, which `options` need not
// hold any more.  An element of --each that has a member of that name is not thought of: it is
// data.
std::optional<MemberChange> change_of_time(const Path& member,
                                           const std::vector<const Path*>& assigned,
                                           const MapOptions& options);

}  // namespace streamutils
