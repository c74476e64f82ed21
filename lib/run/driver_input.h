// What the driver knows of one input.  Private to run/driver*.cc.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>

#include "json/record_batch.h"
#include "run/driver.h"
#include "run/lines_ahead.h"

namespace streamutils {

// The first line of an input without the byte order mark that may stand in front of it.
inline std::string_view without_mark(std::string_view line) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  return line.starts_with(kByteOrderMark) ? line.substr(kByteOrderMark.size()) : line;
}

struct Driver::Input {
  Input(std::size_t number, InputInfo the_info, const CommonSettings& common)
      : index(number),
        info(std::move(the_info)),
        own_path(info.plan.time_path ? info.plan.time_path : common.time_path),
        time(own_path, common.time_syntax),
        clock(common.watermark, info.live) {}

  std::string_view event_line() const {
    return std::string_view(event).substr(0, event.size() - Record::kPadding);
  }

  // The number of the line at `at`.  Blocks are not counted line by line while nobody asks.
  std::uint64_t line_number() {
    lines += static_cast<std::uint64_t>(std::count(counted, at, '\n'));
    counted = at;
    return lines + 1;
  }

  std::size_t index;
  InputInfo info;
  std::optional<Path> own_path;                 // -t
  std::unique_ptr<LineDecoder> decoder;         // null: NDJSON
  std::optional<LineDecoder::Decoded> decoded;  // the line that comes next, looked at already
  std::string event;                            // what it became, with padding behind it
  EventTime time;
  InputClock clock;
  std::uint64_t lines = 0;  // lines in front of `counted`
  const char* counted = nullptr;
  const char* at = nullptr;        // the first byte of the current line
  std::uint64_t offset = 0;        // of the current line
  std::optional<Timestamp> place;  // of the line that comes next, in the order of an exact merge
  Timestamp active = kMinTime;  // when the stream's clock stood at the last line (--clock=stream)
  bool dry = false;             // nothing can be read for now
  bool begun = false;           // a line has been seen
  bool controlled = false;      // it had a begin line
  bool end_mark = false;
  bool asked = false;         // the operator, what it does to the time
  bool reads_output = false;  // the time is that of the rows that are written, not of the records
  bool member_told = false;   // the operator knows where the time stands
  bool left_rest = false;     // see Driver::left_rest
  bool suspended = false;     // it said that it goes on in another run
  std::optional<Message> barrier;  // has come, and waits for the other inputs
  std::optional<Message> passed;   // the last one that has passed
  LinesAhead ahead;                // read, but not worked on yet; in front of what is read next
  bool ends_ahead = false;         // the end mark stands there
  bool is_anew = false;            // once they are worked on, another process's stream begins
  std::optional<RecordBatch> foreseen;  // the lines that the operator foresees, if it does
  // Where they begin, in memory and in the input, and where they end, while other inputs are read.
  // Null: there are none.
  const char* foreseen_begin = nullptr;
  const char* foreseen_end = nullptr;
  std::uint64_t foreseen_offset = 0;
};

}  // namespace streamutils
