// The options that all tools share: event time, the stream, malformed input, reports (contract 3).
//
// They are declared here once; declare_common_options puts them on a tool's CLI::App in named
// groups, and what comes from the command line is checked by the parse functions, so that a mistake
// ends with exit status 2 before any input is read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/path.h"
#include "stream/watermark.h"

namespace CLI {
class App;
}  // namespace CLI

namespace streamutils {

enum class TimeUse : std::uint8_t;

// What is particular to one input of a tool.
struct InputPlan {
  std::optional<Path> time_path = {};  // its own -t
  bool table = false;  // read to its end before the others; event time is nothing to it
  // A table that is kept current: once all of it that is there has been read, the others flow, and
  // what comes is read before them.  It does not keep the stream from ending.
  bool follow = false;
  // One of the two sides of a join: what it brings in another run meets what the other one has.
  bool side = false;
};

// As they stand on the command line.
struct CommonOptions {
  // Event time
  std::optional<std::string> time_field;
  std::string time_unit;
  std::string time_format;
  std::string time_zone;
  std::string disorder;
  std::string idle;
  std::string max_ahead;
  std::string late_to;
  std::string max_spill = "1G";
  // Stream
  bool watermarks = false;
  std::string watermark_every;
  std::string control = "auto";
  std::string clock = "system";
  // Recovery
  std::string state;
  std::string checkpoint;
  std::string name;
  bool drain = false;
  // Malformed input
  std::string bad = "skip";
  std::string bad_to;
  std::string max_bad;
  bool strict = false;
  std::string max_line = "16M";
  // Reports
  std::string stats;  // "", "text" or "json"
  bool progress = false;
  bool quiet = false;
  bool verbose = false;
  std::string color = "auto";
  bool ignored = false;  // --line-buffered, --unbuffered
};

void declare_common_options(CLI::App& app, CommonOptions& options, TimeUse time);

// A limit on bad records: a number, or a share of all records.
struct BadLimit {
  std::uint64_t count = UINT64_MAX;
  double percent = 100;
};

// What they mean.
struct CommonSettings {
  std::optional<Path> time_path;
  TimeSyntax time_syntax;
  WatermarkOptions watermark;
  bool disorder_given = false;
  Duration watermark_every = std::chrono::milliseconds(100);
  bool originate = false;
  enum class Control : std::uint8_t { automatic, always, never } control = Control::automatic;
  bool stream_clock = false;
  bool drain = false;
  bool stop_at_bad = false;
  BadLimit max_bad;
  bool strict = false;
  std::size_t max_line = 16 << 20;
  std::size_t max_spill = std::size_t{1} << 30;
  bool quiet = false;
  bool verbose = false;
};

Result<CommonSettings> parse_common(const CommonOptions& options);

// "16M", "64k", "1G", "4096": bytes, with powers of 1024.
Result<std::size_t> parse_size(std::string_view text);

}  // namespace streamutils
