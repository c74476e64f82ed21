// Where in a pipeline a tool stands.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace streamutils {

enum class Role : std::uint8_t {
  filter,
  source,  // sread: begins the stream; merges its files exactly by time (run/driver_merge.cc)
  sink,    // swrite: ends it; control lines leave only with --control=always
};

}  // namespace streamutils
