// SpillTools: what all states of one operator spill with.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "ops/aggregate_list.h"
#include "ops/spill_room.h"

namespace streamutils {

struct SpillTools {
  // memory: --mem.
  SpillTools(const AggregateList& the_aggregates, MakeScratch make_scratch,
             std::optional<std::size_t> memory)
      : aggregates(the_aggregates), room(std::move(make_scratch)), buffer(memory.value_or(0) / 4) {}

  const AggregateList& aggregates;
  SpillRoom room;
  std::size_t buffer;  // how many bytes of what is on disk are sorted in memory
};

}  // namespace streamutils
