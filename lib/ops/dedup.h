// sdedup: drop repeats.
//
// An event is a repeat if one with an equal key came before it; with `within`, if such a one is
// near it in event time.  What "near" means out of order, and why forgetting never changes the
// answer, is told in ops/dedup_seen.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/path.h"
#include "stream/operator.h"

namespace streamutils {

struct DedupOptions {
  std::vector<Path> fields;               // the key
  std::optional<Duration> within;         // nullopt: for ever
  bool refresh = false;                   // repeats count like first ones
  bool keep_last = false;                 // the last of each key leaves, when it is known
  bool counts = false;                    // Emitter::emit_aside gets how often each key repeats
  std::optional<double> approx;           // a share of false repeats, in bounded memory
  std::optional<std::uint64_t> max_keys;  // forget the oldest beyond
  std::size_t warn_bytes = std::size_t{1} << 30;  // without `within`, say so beyond
};

// True if the operator takes time.
bool dedup_takes_time(const DedupOptions& options);

// An error if the options contradict each other.
Result<OperatorPtr> make_dedup(DedupOptions options);

}  // namespace streamutils
