// Report: what became of every record, and the words for it.
//
// Each input record is counted exactly once: in = used + dropped + bad + late.  The first few bad
// records are told one by one with file, line and reason, the rest as a total; late ones with how
// late they were and the command line that would have kept them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "stream/snapshot.h"

namespace streamutils {

// Where messages go: one whole line each, without "tool: " and line ending.
using Say = std::function<void(std::string_view message)>;

struct Counts {
  std::uint64_t in = 0;
  std::uint64_t used = 0;
  std::uint64_t dropped = 0;
  std::uint64_t bad = 0;
  std::uint64_t late = 0;
  std::uint64_t late_partly = 0;   // among `used`
  std::uint64_t late_by_idle = 0;  // among `late` and `late_partly`: only because of the idle rule
  std::uint64_t out = 0;
  std::uint64_t lost = 0;    // among `dropped`: wanted, but beyond a limit
  std::uint64_t absurd = 0;  // among all: too far in the future to move the watermark
};

// Quantiles of lengths of time, each within 1/32 of itself; the maximum is exact.
class LengthHistogram {
 public:
  void add(Duration d);
  Duration quantile(double q) const;
  Duration max() const { return max_; }
  std::uint64_t count() const { return count_; }

  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

 private:
  std::map<std::uint32_t, std::uint64_t> buckets_;
  Duration max_ = Duration::zero();
  std::uint64_t count_ = 0;
};

// d rounded up to what a person would type: 671.3s -> 12m, 3.21s -> 3.3s, 15.2ms -> 16ms.
Duration round_up_nicely(Duration d);

// The word as a shell reads it: in quotes where it needs them.
std::string shell_quote(std::string_view word);

// The words as one shell command line, quoted where needed, with `--option value` set or replaced.
std::string command_with(const std::vector<std::string>& argv, std::string_view option,
                         std::string_view value);

}  // namespace streamutils
